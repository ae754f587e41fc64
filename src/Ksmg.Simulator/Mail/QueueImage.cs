using Ksmg.Sdk;

namespace Ksmg.Simulator;

/// <summary>What a snapshot of a node's disk keeps of its queues.</summary>
internal sealed record QueueImage(IReadOnlyList<QueueImage.Item> Items)
{
    /// <summary>One message as it lay there.</summary>
    public sealed record Item(SimulatedMessage Message, MessageQueueKind Queue, DateTimeOffset ReceivedAt, string? Reason, QueueHold Hold);
}

/// <summary>Whether a message is kept from being sent, and by what it gets free.</summary>
internal enum QueueHold
{
    /// <summary>Nothing keeps it.</summary>
    None,

    /// <summary>A flush frees it.</summary>
    UntilFlushed,

    /// <summary>Until the filter behind the queue has seen it.</summary>
    UntilScanned,

    /// <summary>Only the end of the fault frees it.</summary>
    UntilReleased,
}
