using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Ksmg.Web;

/// <summary>The clusters that the page shows: those of the services that can be upgraded, and those that were given by hand.</summary>
internal sealed class WebClusters(IServiceProvider services, IOptions<KsmgWebOptions> options)
{
    private readonly Lazy<IReadOnlyList<WebCluster>> _all = new(() =>
    [
        .. services.GetServices<RegisteredCluster>().Select(cluster => Of(services, cluster)).OfType<WebCluster>(),
        .. options.Value.Shown,
    ]);

    public IReadOnlyList<WebCluster> All => _all.Value;

    /// <summary>The one of a name: of those that are listed, otherwise of what another part of the page knows.</summary>
    public WebCluster? Find(string name) =>
        FindListed(name) ?? services.GetServices<IPagePart>().Select(part => part.Find(name)).FirstOrDefault(c => c is not null);

    public WebCluster? FindListed(string name) => All.FirstOrDefault(cluster => cluster.Name == name);

    private static WebCluster? Of(IServiceProvider services, RegisteredCluster cluster) =>
        services.GetKeyedService<RollingUpgradeOrchestrator>(cluster.Key) is { } orchestrator
            ? new WebCluster(cluster.Name ?? cluster.Key, orchestrator, services.GetRequiredKeyedService<UpgradeJournal>(cluster.Key))
            : null;
}
