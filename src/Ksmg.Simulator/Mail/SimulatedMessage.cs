namespace Ksmg.Simulator;

/// <summary>A message on its way. Immutable: each hop puts its headers in front of a copy.</summary>
internal sealed record SimulatedMessage
{
    /// <summary>The header that carries <see cref="Attempt"/> over SMTP; never among <see cref="Headers"/>.</summary>
    public const string AttemptHeader = "X-Simulator-Attempt";

    /// <summary>The ledger's id of the delivery attempt; 0 until the ledger has given one.</summary>
    public long Attempt { get; init; }

    /// <summary>The Message-ID without angle brackets; empty if the message has none.</summary>
    public required string MessageId { get; init; }

    /// <summary>The envelope sender.</summary>
    public required string Sender { get; init; }

    /// <summary>The envelope recipients.</summary>
    public required IReadOnlyList<string> Recipients { get; init; }

    /// <summary>Header fields, unfolded, the last hop first.</summary>
    public required IReadOnlyList<MailHeader> Headers { get; init; }

    /// <summary>The text after the headers.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }
}
