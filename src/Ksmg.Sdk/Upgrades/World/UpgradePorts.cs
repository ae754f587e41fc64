namespace Ksmg.Sdk.Upgrades;

/// <summary>The neighbours of a cluster. What is missing has to be consented to in the policy, by name.</summary>
public sealed record UpgradePorts
{
    /// <summary>The load balancer in front of the nodes.</summary>
    public ILoadBalancer? LoadBalancer { get; init; }

    /// <summary>The hypervisor that holds the nodes.</summary>
    public ISnapshotProvider? Snapshots { get; init; }

    /// <summary>Access to the nodes' configuration files.</summary>
    public IConfigurationFiles? Configuration { get; init; }

    /// <summary>Test messages.</summary>
    public IMailProbe? MailProbe { get; init; }

    /// <summary>What others say about the builds that nodes run; no upgrade needs it.</summary>
    public IBuildEvidence? BuildEvidence { get; init; }

    /// <summary>The monitoring, which is kept quiet about the node in hand; no upgrade needs it.</summary>
    public IMonitoringSilence? Silence { get; init; }

    /// <summary>Who is told.</summary>
    public IReadOnlyList<INotifier> Notifiers { get; init; } = [];

    /// <summary>What a run does around its own work, in the order in which it is done.</summary>
    public IReadOnlyList<IUpgradeHook> Hooks { get; init; } = [];

    /// <summary>What has to be green before a node is begun.</summary>
    public IReadOnlyList<IUpgradeGate> Gates { get; init; } = [];

    /// <summary>
    /// Asks every neighbour that can test itself (<see cref="ISelfTest"/>), side by side, as a plan does and the start of a run. Changes
    /// nothing. What fails, throws, says nothing or takes longer than 45 s is a result.
    /// </summary>
    /// <param name="nodes">The names of the cluster's nodes.</param>
    /// <param name="policy">Which nodes are no virtual machines, and whether snapshots are taken; <see langword="null"/>: the defaults.</param>
    /// <param name="timeProvider">The clock of the time limit; the system's by default.</param>
    /// <param name="cancellationToken">Ends the tests.</param>
    public Task<IReadOnlyList<PortSelfTest>> TestAsync(
        IReadOnlyList<string> nodes, UpgradePolicy? policy = null, TimeProvider? timeProvider = null, CancellationToken cancellationToken = default) =>
        SelfTests.AskAsync(this, nodes, nodes, policy ?? new UpgradePolicy(), timeProvider ?? TimeProvider.System, cancellationToken);
}
