using System.Globalization;
using Ksmg.Sdk;

namespace Ksmg.Simulator;

/// <summary>What faults put into a node's queues: mail that a sender gave the node before anybody looked.</summary>
internal sealed class StuckMail(IMailHost host, MailLedger ledger, NodeQueue queue, TimeProvider time)
{
    private readonly Lock _gate = new();
    private ITimer? _oscillation;

    /// <summary>
    /// Messages stay until <see cref="Release"/>, a flush unless <paramref name="stubborn"/>, or until <paramref name="releaseAfter"/>.
    /// </summary>
    public void Hold(MessageQueueKind kind, int count, string reason, bool stubborn, TimeSpan? releaseAfter)
    {
        QueueHold hold = stubborn ? QueueHold.UntilReleased : QueueHold.UntilFlushed;
        QueueEntry[] held = [.. Enumerable.Range(0, count).Select(_ => Add(kind, hold, reason))];
        if (releaseAfter is { } delay)
        {
            time.After(delay, () => queue.Free(held.Contains));
        }
    }

    /// <summary>The MTA queue swings between 0 and 1 message, changing at this period, until <see cref="Release"/>.</summary>
    public void Oscillate(TimeSpan period)
    {
        QueueEntry? last = null;
        ITimer timer = time.CreateTimer(_ => Swing(), null, TimeSpan.Zero, period);
        lock (_gate)
        {
            _oscillation?.Dispose();
            _oscillation = timer;
        }

        void Swing()
        {
            if (last is null)
            {
                last = Add(MessageQueueKind.Mta, QueueHold.UntilReleased, "deferred for a moment");
            }
            else
            {
                QueueEntry free = last;
                last = null;
                queue.Free(entry => entry == free);
            }
        }
    }

    /// <summary>Ends both: what waits is delivered.</summary>
    public void Release()
    {
        Stop();
        queue.Free(entry => entry.Hold != QueueHold.UntilScanned);
    }

    /// <summary>Nothing more comes.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            _oscillation?.Dispose();
            _oscillation = null;
        }
    }

    private QueueEntry Add(MessageQueueKind kind, QueueHold hold, string reason)
    {
        long id = queue.NewId();
        string messageId = string.Create(CultureInfo.InvariantCulture, $"stuck-{id}@{host.HostName}");
        SimulatedMessage message = new()
        {
            Attempt = ledger.Begin(messageId),
            MessageId = messageId,
            Sender = "stuck@sender.example",
            Recipients = ["user@recipient.example"],
            Headers = [new("Message-ID", $"<{messageId}>")],
        };

        // Queued before answered: in between it would be one that is nowhere.
        QueueEntry entry = queue.Add(id, message, kind, hold, reason);
        ledger.Answered(message.Attempt, new(250, "Ok"));
        return entry;
    }
}
