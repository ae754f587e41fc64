namespace Ksmg.Simulator;

/// <summary>What a plan cannot know of the cluster it was made for: how long things take there, and which mail will not leave.</summary>
public sealed record RehearsalOptions
{
    /// <summary>An installation, up to the restart. Default: 20 minutes.</summary>
    public TimeSpan InstallTime { get; init; } = TimeSpan.FromMinutes(20);

    /// <summary>A restart, until the web interface answers again. Default: 5 minutes.</summary>
    public TimeSpan RestartTime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The creation of a snapshot. Default: 1 minute.</summary>
    public TimeSpan SnapshotTime { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How fast a package gets to a node, in bytes per second. Default: 20 MB/s.</summary>
    public long UploadBytesPerSecond { get; init; } = 20_000_000;

    /// <summary>Messages by node that wait in its queue and will not leave it during a drain. Default: none.</summary>
    public IReadOnlyDictionary<string, int> StuckMessages { get; init; } = new Dictionary<string, int>();
}
