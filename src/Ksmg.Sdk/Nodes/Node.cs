namespace Ksmg.Sdk;

/// <summary>A row of the <em>Nodes</em> section: what one node's page says about a node of the cluster.</summary>
public sealed record Node
{
    /// <summary>The address under which the product names the node everywhere, <c>IP:port</c>.</summary>
    public required string Address { get; init; }

    /// <summary>The node's host name, where the page shows it.</summary>
    public string? HostName { get; init; }

    /// <summary>The administrator's comment.</summary>
    public string? Comment { get; init; }

    /// <summary>The role this page shows; the truth is what the node says of itself.</summary>
    public NodeRole Role { get; init; }

    /// <summary>The state this page shows.</summary>
    public NodeState State { get; init; }

    /// <summary>The build this page shows, if any.</summary>
    public BuildNumber? Build { get; init; }

    /// <summary>SHA-256 of the node's certificate, hex.</summary>
    public string? CertificateFingerprint { get; init; }

    /// <summary>The virtualization technology; <see langword="null"/> means "Not used": a physical machine.</summary>
    public string? Virtualization { get; init; }

    /// <summary>How many threads scan mail.</summary>
    public int? ScanThreads { get; init; }

    /// <summary>When settings last arrived from the Control node (<em>Synchronized</em>).</summary>
    public DateTimeOffset? SynchronizedAt { get; init; }

    /// <summary>When settings were last applied (<em>Applied</em>).</summary>
    public DateTimeOffset? AppliedAt { get; init; }

    /// <summary>The state of the databases.</summary>
    public DatabasesState Databases { get; init; }

    /// <summary>What the page complains about.</summary>
    public IReadOnlyList<NodeProblem> Problems { get; init; } = [];
}
