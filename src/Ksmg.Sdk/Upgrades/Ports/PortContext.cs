using Microsoft.Extensions.DependencyInjection;

namespace Ksmg.Sdk.Upgrades;

/// <summary>What an adapter can be made with, beside its options.</summary>
public sealed class PortContext
{
    private readonly string _cluster;

    internal PortContext(string cluster, IServiceProvider services)
    {
        _cluster = cluster;
        Services = services;
    }

    /// <summary>The services.</summary>
    public IServiceProvider Services { get; }

    /// <summary>The cluster that the adapter stands beside.</summary>
    public KsmgCluster Cluster => Services.GetRequiredKeyedService<KsmgCluster>(_cluster);

    /// <summary>The clock.</summary>
    public TimeProvider TimeProvider => Services.GetRequiredService<TimeProvider>();
}
