namespace Ksmg.Simulator;

/// <summary>What the sink does to matching messages.</summary>
internal enum SinkFaultKind
{
    /// <summary>Answers 250 and throws the message away.</summary>
    Lose,

    /// <summary>The copy becomes visible only after <see cref="SinkFault.Delay"/>.</summary>
    Delay,

    /// <summary>Two copies arrive.</summary>
    Duplicate,

    /// <summary>451 the first time a message is seen.</summary>
    Greylist,

    /// <summary>The copy shows neither X-KSMG nor Received headers.</summary>
    StripHeaders,

    /// <summary>The copy's Received hop names <see cref="SinkFault.OtherHost"/> instead of the node.</summary>
    OtherHop,
}

/// <summary>A fault of the sink for the first <c>Times</c> messages whose Message-ID contains <c>MessageIdContains</c> (empty: all).</summary>
internal sealed record SinkFault(
    SinkFaultKind Kind, string MessageIdContains = "", TimeSpan Delay = default, string? OtherHost = null, int Times = int.MaxValue)
{
    /// <summary>Whether the messages of the constant load are left alone.</summary>
    public bool SparesLoad { get; init; }
}
