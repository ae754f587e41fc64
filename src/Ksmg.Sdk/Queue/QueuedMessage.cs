namespace Ksmg.Sdk;

/// <summary>A message that waits in a queue.</summary>
public sealed record QueuedMessage
{
    /// <summary>The queue's id of the message.</summary>
    public required string Id { get; init; }

    /// <summary>The queue it waits in.</summary>
    public required MessageQueueKind Queue { get; init; }

    /// <summary>The envelope sender.</summary>
    public required string Sender { get; init; }

    /// <summary>The envelope recipients.</summary>
    public IReadOnlyList<string> Recipients { get; init; } = [];

    /// <summary>Size in bytes.</summary>
    public long SizeBytes { get; init; }

    /// <summary>When the node accepted it.</summary>
    public DateTimeOffset? ReceivedAt { get; init; }

    /// <summary>Why it waits, in the node's words.</summary>
    public string? Reason { get; init; }
}
