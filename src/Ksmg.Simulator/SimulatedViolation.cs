namespace Ksmg.Simulator;

/// <summary>A finding of a watcher: the world shows something that must not be.</summary>
public sealed record SimulatedViolation
{
    /// <summary>The watcher, such as <c>W5</c>.</summary>
    public required string Watcher { get; init; }

    /// <summary>When it was seen, on the simulator's clock.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The node concerned, if one is.</summary>
    public string? Node { get; init; }

    /// <summary>Who is to blame. Only what a client caused counts.</summary>
    public required EffectCause Cause { get; init; }

    /// <summary>One sentence.</summary>
    public required string Text { get; init; }
}
