using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Fleet;

/// <summary>Makes the clusters of a fleet, as this worker has them configured.</summary>
internal abstract class ClusterSource
{
    /// <summary>A cluster.</summary>
    /// <exception cref="FleetException">It is not configured here, or not so that it can be used; the message says what to do.</exception>
    public abstract ValueTask<OpenCluster> OpenAsync(string cluster, CancellationToken cancellationToken);
}

/// <summary>A cluster in somebody's hands.</summary>
/// <param name="Orchestrator">Its upgrades, over the runs of the fleet.</param>
/// <param name="Owned">What is closed with it.</param>
internal sealed record OpenCluster(RollingUpgradeOrchestrator Orchestrator, IAsyncDisposable? Owned = null) : IAsyncDisposable
{
    public ValueTask DisposeAsync() => Owned?.DisposeAsync() ?? ValueTask.CompletedTask;
}
