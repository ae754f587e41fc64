using Ksmg.Sdk.Fleet;
using Ksmg.Web;
using Ksmg.Web.Fleet;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds fleets to the live page.</summary>
public static class KsmgWebFleetServiceCollectionExtensions
{
    /// <summary>
    /// Shows the fleets of the <see cref="KsmgFleet"/> of the services on the live page, below <c>fleet/</c>: <c>app.MapKsmg()</c> maps it with the
    /// rest. Who may see it and who may decide is what <c>AddKsmgWeb</c> says. The runs of its clusters are shown as any others: a cluster is made for
    /// that as its file says, and while nobody drives its run, its nodes are asked how they are.
    /// </summary>
    /// <param name="services">The services.</param>
    public static IServiceCollection AddKsmgWebFleet(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddKsmgWeb();
        services.TryAddSingleton(provider => new SeenFleets(provider.GetRequiredService<KsmgFleet>(), provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton(provider => new FleetClusters(provider.GetRequiredService<KsmgFleet>(), provider.GetRequiredService<TimeProvider>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPagePart, FleetPart>());
        return services;
    }
}
