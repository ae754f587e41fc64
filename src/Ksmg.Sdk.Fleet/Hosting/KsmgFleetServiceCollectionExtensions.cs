using Ksmg.Sdk.Fleet;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Fleets in a host.</summary>
public static class KsmgFleetServiceCollectionExtensions
{
    /// <summary>Adds a <see cref="KsmgFleet"/> by its file. Nothing is connected before it is used.</summary>
    /// <param name="services">The services.</param>
    /// <param name="file">The file.</param>
    /// <param name="configure">What the file does not say.</param>
    public static IServiceCollection AddKsmgFleet(this IServiceCollection services, FleetFile file, Action<KsmgFleetOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(file);
        KsmgFleetOptions options = new();
        configure?.Invoke(options);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(provider => KsmgFleet.Create(
            file, options, provider.GetService<ILoggerFactory>(), provider.GetRequiredService<TimeProvider>()));
        return services;
    }

    /// <summary>
    /// Makes this host one of any number of workers on the unfinished fleets of the <see cref="KsmgFleet"/>. A host that is stopped starts no new
    /// effect and gives its leases back; what it cannot within its shutdown limit another worker takes over.
    /// </summary>
    /// <param name="services">The services.</param>
    public static IServiceCollection AddKsmgFleetWorker(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        return services.AddHostedService<FleetWorkerService>();
    }
}
