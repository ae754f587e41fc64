namespace Ksmg.Sdk.Fleet;

/// <summary>All that a decision about a fleet rests on.</summary>
internal sealed record FleetInput
{
    public required FleetPlan Plan { get; init; }

    public required FleetState State { get; init; }

    public required DateTimeOffset Now { get; init; }

    /// <summary>How far the wall clock, which <see cref="Now"/> is of, is ahead of the clock that the times in the state are of: whole seconds.</summary>
    public TimeSpan Ahead { get; init; }

    /// <summary>The runs of the clusters that were begun, by cluster; a cluster that is missing has no run yet.</summary>
    public required IReadOnlyDictionary<string, RunGlance> Runs { get; init; }

    /// <summary>The last record that was written before the runs were looked at.</summary>
    public required long LookedAfter { get; init; }
}
