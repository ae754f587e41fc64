using Ksmg.Sdk;

namespace Ksmg.Simulator;

/// <summary>The three queues on a node's disk, and the delivery of what is due to the next hop.</summary>
internal sealed class NodeQueue(IMailHost host, MailLedger ledger, IMailHop nextHop, NodeHeaders headers, TimeProvider time, MailSettings settings)
{
    /// <summary>Messages on their way to the next hop at a time.</summary>
    private const int MaxInFlight = 4;

    private readonly Lock _gate = new();
    private readonly SortedDictionary<long, QueueEntry> _entries = [];
    private readonly Queue<QueueEntry> _due = new();
    private bool _retryPlanned;
    private volatile bool _deferring;
    private bool _stopped;
    private int _inFlight;
    private long _lastId;

    /// <summary>While on, the next hop cannot be reached and every message is deferred.</summary>
    public bool Deferring
    {
        get => _deferring;
        set => _deferring = value;
    }

    /// <summary>How many messages wait in a queue, those being sent among them.</summary>
    public long Count(MessageQueueKind queue)
    {
        lock (_gate)
        {
            return _entries.Values.LongCount(e => e.Queue == queue);
        }
    }

    /// <summary>The queued messages, the oldest first.</summary>
    public IReadOnlyList<QueuedMessage> List()
    {
        lock (_gate)
        {
            return
            [
                .. _entries.Values.Select(e => new QueuedMessage
                {
                    Id = NodeHeaders.QueueId(e.Id),
                    Queue = e.Queue,
                    Sender = e.Message.Sender,
                    Recipients = e.Message.Recipients,
                    SizeBytes = e.Message.Body.Length + e.Message.Headers.Sum(h => h.Name.Length + h.Value.Length + 4),
                    ReceivedAt = e.ReceivedAt,
                    Reason = e.Reason,
                }),
            ];
        }
    }

    /// <summary>The number of the next message.</summary>
    public long NewId()
    {
        lock (_gate)
        {
            return ++_lastId;
        }
    }

    /// <summary>Takes a message; one that nothing holds leaves with the next <see cref="Pump"/>.</summary>
    public QueueEntry Add(long id, SimulatedMessage message, MessageQueueKind queue, QueueHold hold, string? reason = null)
    {
        lock (_gate)
        {
            return Enqueue(id, new QueueImage.Item(message, queue, time.GetUtcNow(), reason, hold));
        }
    }

    /// <summary>Makes waiting messages due at once.</summary>
    public void Free(Predicate<QueueEntry> which)
    {
        lock (_gate)
        {
            foreach (QueueEntry entry in _entries.Values.Where(e => which(e) && (e.Hold != QueueHold.None || e.Deferred)))
            {
                entry.Queue = MessageQueueKind.Mta;
                entry.Hold = QueueHold.None;
                entry.Deferred = false;
                _due.Enqueue(entry);
            }
        }

        Pump();
    }

    /// <summary>Sends what is due, as far as the node may and can.</summary>
    public void Pump()
    {
        if (!host.IsSmtpUp || !host.Sending)
        {
            return;
        }

        List<QueueEntry>? leaving = null;
        lock (_gate)
        {
            while (!_stopped && _inFlight < MaxInFlight && _due.TryDequeue(out QueueEntry? entry))
            {
                if (Deferring)
                {
                    PutOff(entry, "connect to next hop: Connection timed out");
                    continue;
                }

                entry.InFlight = true;
                _inFlight++;
                (leaving ??= []).Add(entry);
            }
        }

        foreach (QueueEntry entry in leaving ?? [])
        {
            nextHop.Send(entry.Message, verdict => Sent(entry, verdict));
        }
    }

    /// <summary>The queues as a snapshot of the disk sees them.</summary>
    public QueueImage Capture()
    {
        lock (_gate)
        {
            return new QueueImage([.. _entries.Values.Select(e => new QueueImage.Item(e.Message, e.Queue, e.ReceivedAt, e.Reason, e.Hold))]);
        }
    }

    /// <summary>The queues as they were then: what came since is lost, what left since is sent again. The ledger blames <paramref name="cause"/>.</summary>
    public void Restore(QueueImage image, string cause)
    {
        lock (_gate)
        {
            QueueEntry[] before = [.. _entries.Values];
            _entries.Clear();
            _due.Clear();
            foreach (QueueImage.Item item in image.Items)
            {
                ledger.Blame(item.Message, cause);
                Enqueue(++_lastId, item);
            }

            foreach (QueueEntry left in before)
            {
                ledger.Blame(left.Message, cause);

                // What is on its way to the next hop has left this disk: it ends by itself.
                if (!left.InFlight)
                {
                    ledger.Unqueued(left.Message);
                }
            }
        }

        Pump();
    }

    /// <summary>Nothing more leaves.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            _stopped = true;
        }
    }

    private QueueEntry Enqueue(long id, QueueImage.Item item)
    {
        QueueEntry entry = new(id, item.Message, item.ReceivedAt) { Queue = item.Queue, Reason = item.Reason, Hold = item.Hold };
        _entries.Add(id, entry);
        ledger.Queued(item.Message);
        switch (item.Hold)
        {
            case QueueHold.None:
                _due.Enqueue(entry);
                break;
            case QueueHold.UntilScanned:
                time.After(settings.ScanDelay, () => Scan(entry));
                break;
        }

        return entry;
    }

    /// <summary>The filter behind the queue: by the build that runs now, and not while the node is away.</summary>
    private void Scan(QueueEntry entry)
    {
        if (!host.IsSmtpUp)
        {
            time.After(TimeSpan.FromSeconds(1), () => Scan(entry));
            return;
        }

        IReadOnlyList<MailHeader> scanned = headers.Scanned();
        lock (_gate)
        {
            if (_stopped || !IsHere(entry))
            {
                return;
            }

            entry.Message = entry.Message with { Headers = [.. scanned, .. entry.Message.Headers] };
        }

        Free(e => e == entry);
    }

    private void Sent(QueueEntry entry, SmtpVerdict verdict)
    {
        lock (_gate)
        {
            _inFlight--;
            entry.InFlight = false;
            bool still = IsHere(entry);
            if (verdict.IsPositive || !still)
            {
                ledger.Unqueued(entry.Message);
                if (still)
                {
                    _entries.Remove(entry.Id);
                }
            }
            else
            {
                PutOff(entry, verdict.ToString());
            }
        }

        Pump();
    }

    /// <summary>A snapshot that was put back may have taken it away.</summary>
    private bool IsHere(QueueEntry entry) => _entries.TryGetValue(entry.Id, out QueueEntry? known) && known == entry;

    private void PutOff(QueueEntry entry, string reason)
    {
        entry.Reason = reason;
        entry.Deferred = true;
        if (!_retryPlanned)
        {
            _retryPlanned = true;
            time.After(settings.RetryDelay, Retry);
        }

        void Retry()
        {
            lock (_gate)
            {
                _retryPlanned = false;
            }

            Free(e => e.Deferred);
        }
    }
}
