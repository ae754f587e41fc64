namespace Ksmg.Web;

/// <summary>A part of the page that another package brings: whoever adds it to the services has it mapped with the rest.</summary>
internal interface IPagePart
{
    /// <summary>Where it is below the prefix: a word.</summary>
    string Name { get; }

    void Map(Doors doors);

    /// <summary>A cluster whose runs the page shows without listing it; <see langword="null"/>: none of this part.</summary>
    WebCluster? Find(string cluster);
}
