namespace Ksmg.Simulator;

/// <summary>What <see cref="FleetWatcher"/> knows of a cluster.</summary>
public sealed record WatchedCluster
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Everything that changed on it, from the first effect on, by the clock that all clusters have.</summary>
    public required IReadOnlyList<SimulatedEffect> Effects { get; init; }

    /// <summary>Its labels. Default: none.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The position of its wave. Default: none, and no wave waits for it.</summary>
    public int? Wave { get; init; }

    /// <summary>Whether its nodes may be begun at an instant. Default: at any.</summary>
    public Func<DateTimeOffset, bool>? IsOpen { get; init; }

    /// <summary>
    /// When it began to wait for people: effects do not tell that from a slow step. From then on, until its next effect, nobody works on it;
    /// and its wave need not wait for what comes after the first of them. Default: never.
    /// </summary>
    public IReadOnlyList<DateTimeOffset> WaitsFrom { get; init; } = [];
}
