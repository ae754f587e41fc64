namespace Ksmg.Simulator;

/// <summary>Something that really changed in the simulated world.</summary>
public sealed record SimulatedEffect
{
    /// <summary>The position in the log, from 1.</summary>
    public required long Seq { get; init; }

    /// <summary>When it happened, on the simulator's clock.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The node concerned, if one is.</summary>
    public string? Node { get; init; }

    /// <summary>What happened, such as <c>install-started</c>; docs/simulator.md lists the words.</summary>
    public required string Effect { get; init; }

    /// <summary>The session in which it happened, if one was open.</summary>
    public string? Session { get; init; }

    /// <summary>Who caused it.</summary>
    public required EffectCause Cause { get; init; }

    /// <summary>Figures and names; never a secret.</summary>
    public string? Detail { get; init; }
}
