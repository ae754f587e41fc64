using Ksmg.Sdk;

namespace Ksmg.Simulator;

/// <summary>A message that waits in a queue; its queue's lock guards it.</summary>
internal sealed class QueueEntry(long id, SimulatedMessage message, DateTimeOffset receivedAt)
{
    public long Id { get; } = id;

    public SimulatedMessage Message { get; set; } = message;

    public DateTimeOffset ReceivedAt { get; } = receivedAt;

    public required MessageQueueKind Queue { get; set; }

    public required string? Reason { get; set; }

    public required QueueHold Hold { get; set; }

    public bool Deferred { get; set; }

    public bool InFlight { get; set; }
}
