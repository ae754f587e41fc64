namespace Ksmg.Web.Fleet;

/// <summary>The page of fleets: frame, styles and most words are those of the page of runs.</summary>
internal sealed class FleetPart(SeenFleets fleets, FleetClusters opened, WebClusters clusters, TimeProvider time) : IPagePart
{
    public string Name => "fleet";

    public void Map(Doors doors)
    {
        new PageFiles("/" + Name, ["page.js"], typeof(PageFiles).Assembly, typeof(FleetPart).Assembly).Map(doors);
        new FleetCalls(fleets, clusters, time).Map(doors);
    }

    public WebCluster? Find(string cluster) => opened.Find(cluster);
}
