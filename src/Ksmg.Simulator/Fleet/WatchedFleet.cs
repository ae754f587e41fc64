namespace Ksmg.Simulator;

/// <summary>What <see cref="FleetWatcher"/> saw.</summary>
public sealed record WatchedFleet
{
    /// <summary>What must not be, in the order of time. Empty when every limit was kept.</summary>
    public required IReadOnlyList<WatchedFinding> Findings { get; init; }

    /// <summary>The greatest number of clusters that were worked on at once.</summary>
    public required int GreatestAtOnce { get; init; }

    /// <summary>When each cluster was worked on; those that nobody touched are left out.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<WatchedSpan>> Work { get; init; }

    /// <summary>
    /// The installations of each node by cluster and node, less those that failed and those that a reverted snapshot undid. Nodes without any
    /// are left out.
    /// </summary>
    public required IReadOnlyDictionary<string, IReadOnlyDictionary<string, int>> Installations { get; init; }
}
