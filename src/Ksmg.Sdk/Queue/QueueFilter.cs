namespace Ksmg.Sdk;

/// <summary>Narrows a listing of queued messages; what is not set does not narrow.</summary>
public sealed record QueueFilter
{
    /// <summary>Only this queue.</summary>
    public MessageQueueKind? Queue { get; init; }

    /// <summary>Only senders that contain this text.</summary>
    public string? Sender { get; init; }

    /// <summary>Only recipients that contain this text.</summary>
    public string? Recipient { get; init; }

    /// <summary>Only messages accepted before this time.</summary>
    public DateTimeOffset? ReceivedBefore { get; init; }
}
