namespace Ksmg.Simulator;

/// <summary>A request a node has seen.</summary>
public sealed record SimulatedRequest
{
    /// <summary>The position in the log, from 1.</summary>
    public required long Seq { get; init; }

    /// <summary>When it arrived, on the simulator's clock.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The node that was asked.</summary>
    public required string Node { get; init; }

    /// <summary>The operation of docs/wire.md, such as <c>start-update</c>.</summary>
    public required string Operation { get; init; }

    /// <summary>The session it came in, if one was open.</summary>
    public string? Session { get; init; }

    /// <summary><c>ok</c>, the code of the refusal, or what happened to the connection.</summary>
    public required string Outcome { get; init; }
}
