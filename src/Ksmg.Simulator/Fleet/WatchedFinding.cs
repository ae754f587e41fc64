namespace Ksmg.Simulator;

/// <summary>Something that must not be in a fleet.</summary>
public sealed record WatchedFinding
{
    /// <summary>The rule: <c>installations</c>, <c>at-once</c>, <c>together</c>, <c>waves</c> or <c>window</c>.</summary>
    public required string Rule { get; init; }

    /// <summary>When it began to be so.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The clusters concerned.</summary>
    public required IReadOnlyList<string> Clusters { get; init; }

    /// <summary>One sentence.</summary>
    public required string Text { get; init; }
}
