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

    /// <summary>Who is told.</summary>
    public IReadOnlyList<INotifier> Notifiers { get; init; } = [];
}
