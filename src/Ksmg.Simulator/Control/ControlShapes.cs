namespace Ksmg.Simulator;

internal sealed record WorldView(DateTimeOffset Time, BalancerView Balancer, IReadOnlyList<NodeView> Nodes);

internal sealed record BalancerView(string? Mail, string? Runtime, bool HasPassedMail, IReadOnlyList<BalancerServerView> Servers);

internal sealed record BalancerServerView(string Name, string Load, int Sessions, bool? Healthy, long? SessionsTotal);

internal sealed record NodeView(
    string Name,
    string Role,
    string Build,
    bool Receiving,
    bool Sending,
    string State,
    QueuesView Queues,
    DateTimeOffset? SynchronizedAt,
    string Load,
    IReadOnlyList<SnapshotView> Snapshots,
    string Url,
    string? Smtp,
    string? Fingerprint,
    string ClusterAddress);

internal sealed record QueuesView(long Mta, long Kata, long Antispam);

internal sealed record SnapshotView(string Name, DateTimeOffset CreatedAt, bool Complete);

internal sealed record FileView(string Path, string Mode, string Owner, string Sha256, long SizeBytes, string? LinkTarget);

internal sealed record ActOrder(string Node, string Act, string? Snapshot = null);

internal sealed record MailOrder(double PerSecond);

internal sealed record SnapshotOrder(string Name);
