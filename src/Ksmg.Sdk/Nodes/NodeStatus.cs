namespace Ksmg.Sdk;

/// <summary>What a node says about itself, asked on its own session.</summary>
public sealed record NodeStatus
{
    /// <summary>The address under which the product names the node, <c>IP:port</c>.</summary>
    public required string Address { get; init; }

    /// <summary>The node's host name.</summary>
    public string? HostName { get; init; }

    /// <summary>The node's own view of its role.</summary>
    public NodeRole Role { get; init; }

    /// <summary>Whether the node sees two Control nodes at once.</summary>
    public bool EmergencyMode { get; init; }

    /// <summary>The state of the node as it sees itself.</summary>
    public NodeState State { get; init; }

    /// <summary>When settings last arrived from the Control node; on the Control node itself <see langword="null"/>.</summary>
    public DateTimeOffset? SynchronizedAt { get; init; }

    /// <summary>When settings were last applied.</summary>
    public DateTimeOffset? AppliedAt { get; init; }

    /// <summary>When somebody last changed settings, as far as this node knows.</summary>
    public DateTimeOffset? SettingsChangedAt { get; init; }

    /// <summary>The state of the databases.</summary>
    public DatabasesState Databases { get; init; }

    /// <summary>The node's clock when it answered.</summary>
    public DateTimeOffset? Clock { get; init; }

    /// <summary>The state of the license.</summary>
    public LicenseState License { get; init; }

    /// <summary>Free space per mount point.</summary>
    public IReadOnlyList<DiskSpace> Disks { get; init; } = [];

    /// <summary>The services of the node.</summary>
    public IReadOnlyList<ServiceStatus> Services { get; init; } = [];

    /// <summary>The outcome of the last integrity check.</summary>
    public IntegrityCheck Integrity { get; init; } = new(IntegrityState.NotRun, null);

    /// <summary>What the node complains about.</summary>
    public IReadOnlyList<NodeProblem> Problems { get; init; } = [];
}
