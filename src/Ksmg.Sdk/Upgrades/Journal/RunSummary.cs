namespace Ksmg.Sdk.Upgrades;

/// <summary>A run as a listing shows it.</summary>
public sealed record RunSummary
{
    /// <summary>The run's id.</summary>
    public required string RunId { get; init; }

    /// <summary>The cluster it belongs to; <see langword="null"/> when not even that can be read.</summary>
    public RunOwner? Owner { get; init; }

    /// <summary>The name of that cluster.</summary>
    public string? Cluster => Owner?.Cluster;

    /// <summary>When it was created.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>How it ended; <see langword="null"/> while it is active.</summary>
    public UpgradeEnd? End { get; init; }

    /// <summary>Who holds the lease, in words (host, process id), if somebody does.</summary>
    public string? Holder { get; init; }

    /// <summary>Why the run cannot be read.</summary>
    public string? Damage { get; init; }
}
