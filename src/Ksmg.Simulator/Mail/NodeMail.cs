using System.Globalization;
using System.Net;
using Ksmg.Sdk;

namespace Ksmg.Simulator;

/// <summary>The mail part of one node: three queues on its disk, its SMTP listener, delivery to the next hop.</summary>
internal class NodeMail : ISmtpService, IAsyncDisposable
{
    /// <summary>Messages on their way to the next hop at a time.</summary>
    private const int MaxInFlight = 4;

    private readonly Lock _gate = new();
    private readonly IMailHost _host;
    private readonly MailLedger _ledger;
    private readonly IMailHop _nextHop;
    private readonly TimeProvider _time;
    private readonly MailSettings _settings;
    private readonly SortedDictionary<long, Entry> _entries = [];
    private readonly Queue<Entry> _due = new();
    private readonly HashSet<Session> _sessions = [];
    private LoopbackListener? _listener;
    private ITimer? _oscillation;
    private bool _retryPlanned;
    private bool _deferring;
    private bool _disposed;
    private int _inFlight;
    private int _changes;
    private long _lastId;

    public NodeMail(IMailHost host, MailLedger ledger, IMailHop nextHop, TimeProvider time, MailSettings settings)
    {
        (_host, _ledger, _nextHop, _time, _settings) = (host, ledger, nextHop, time, settings);
    }

    /// <summary>The listener's address; <see langword="null"/> in virtual mode.</summary>
    public virtual IPEndPoint? EndPoint => _listener?.EndPoint;

    /// <summary>SMTP sessions open right now; a connection that only looks at the greeting is none.</summary>
    public virtual int OpenSessions
    {
        get
        {
            lock (_gate)
            {
                return _sessions.Count;
            }
        }
    }

    string ISmtpService.HostName => _host.HostName;

    /// <summary>Takes mail on loopback, whenever the node does, from now on. Not called in virtual mode.</summary>
    public virtual void Listen(int port = 0)
    {
        _listener = new LoopbackListener(port, (socket, cut) => SmtpSession.ServeAsync(this, _settings, _time, socket, cut));
        HostChanged();
    }

    /// <summary>To be called after anything that <see cref="IMailHost"/> shows has changed.</summary>
    public virtual void HostChanged()
    {
        lock (_gate)
        {
            _changes++;
            if (_changes > 1)
            {
                // Whoever is at it looks again: the listener ends up as the host is, whatever the order of the callers.
                return;
            }
        }

        for (bool again = true; again;)
        {
            int seen;
            lock (_gate)
            {
                seen = _changes;
            }

            Follow();
            lock (_gate)
            {
                again = !_disposed && _changes != seen;
                _changes = again ? _changes : 0;
            }
        }

        Pump();
    }

    /// <summary>How many messages wait in a queue, those being sent among them.</summary>
    public virtual long Count(MessageQueueKind queue)
    {
        lock (_gate)
        {
            return _entries.Values.LongCount(e => e.Queue == queue);
        }
    }

    /// <summary>The queued messages, the oldest first.</summary>
    public virtual IReadOnlyList<QueuedMessage> List(QueueFilter? filter = null)
    {
        QueuedMessage[] messages;
        lock (_gate)
        {
            messages =
            [
                .. _entries.Values.Select(e => new QueuedMessage
                {
                    Id = QueueId(e.Id),
                    Queue = e.Queue,
                    Sender = e.Message.Sender,
                    Recipients = e.Message.Recipients,
                    SizeBytes = e.Message.Body.Length + e.Message.Headers.Sum(h => h.Name.Length + h.Value.Length + 4),
                    ReceivedAt = e.ReceivedAt,
                    Reason = e.Reason,
                }),
            ];
        }

        return [.. messages.Where(message => Matches(message, filter))];
    }

    /// <summary>Asks for immediate delivery; <see langword="false"/>: this queue empties by time, not by flush.</summary>
    public virtual bool Flush(MessageQueueKind queue)
    {
        if (queue == MessageQueueKind.AntiSpamQuarantine)
        {
            return false;
        }

        Free(e => e.Queue == queue && e.Hold is not (QueueHold.UntilReleased or QueueHold.UntilScanned));
        return true;
    }

    /// <summary>
    /// Puts messages, accepted from a sender earlier, into a queue. They stay until <see cref="Release"/>, a flush unless
    /// <paramref name="stubborn"/>, or until <paramref name="releaseAfter"/>.
    /// </summary>
    public void Hold(MessageQueueKind queue, int count, string reason, bool stubborn = false, TimeSpan? releaseAfter = null)
    {
        List<Entry> held = [];
        lock (_gate)
        {
            for (int i = 0; i < count; i++)
            {
                SimulatedMessage message = Stuck();
                held.Add(Enqueue(message, queue, _time.GetUtcNow(), reason, stubborn ? QueueHold.UntilReleased : QueueHold.UntilFlushed));
            }
        }

        if (releaseAfter is { } delay)
        {
            _time.After(delay, () => Free(held.Contains));
        }
    }

    /// <summary>While on, the next hop cannot be reached and every message is deferred.</summary>
    public virtual void Defer(bool on)
    {
        lock (_gate)
        {
            _deferring = on;
        }

        Pump();
    }

    /// <summary>The MTA queue swings between 0 and 1 message, changing at this period, until <see cref="Release"/>.</summary>
    public void Oscillate(TimeSpan period)
    {
        Entry? last = null;
        ITimer timer = _time.CreateTimer(_ => Swing(), null, TimeSpan.Zero, period);
        lock (_gate)
        {
            _oscillation?.Dispose();
            _oscillation = timer;
        }

        void Swing()
        {
            if (last is null)
            {
                lock (_gate)
                {
                    last = Enqueue(Stuck(), MessageQueueKind.Mta, _time.GetUtcNow(), "deferred for a moment", QueueHold.UntilReleased);
                }
            }
            else
            {
                Entry free = last;
                last = null;
                Free(e => e == free);
            }
        }
    }

    /// <summary>Ends hold, defer and oscillate: what waits is delivered.</summary>
    public virtual void Release()
    {
        lock (_gate)
        {
            _deferring = false;
            _oscillation?.Dispose();
            _oscillation = null;
        }

        Free(e => e.Hold != QueueHold.UntilScanned);
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
            Entry[] before = [.. _entries.Values];
            _entries.Clear();
            _due.Clear();
            foreach (QueueImage.Item item in image.Items)
            {
                _ledger.Blame(item.Message, cause);
                Entry entry = Enqueue(item.Message, item.Queue, item.ReceivedAt, item.Reason, item.Hold);
                if (item.Hold == QueueHold.UntilScanned)
                {
                    _time.After(_settings.ScanDelay, () => Scan(entry));
                }
            }

            foreach (Entry left in before)
            {
                _ledger.Blame(left.Message, cause);

                // What is on its way to the next hop has left this disk: it ends by itself.
                if (!left.InFlight)
                {
                    _ledger.Unqueued(left.Message);
                }
            }
        }

        Pump();
    }

    /// <summary>One whole SMTP transaction without a socket, as a sender would have it who comes to the node directly.</summary>
    public SmtpVerdict Offer(SimulatedMessage message)
    {
        SmtpVerdict verdict = Greet();
        verdict = verdict.IsPositive ? CheckRecipient() : verdict;
        return verdict.IsPositive ? Accept(message, "sender.example") : verdict;
    }

    /// <inheritdoc/>
    public SmtpVerdict Greet() => (_host.IsSmtpUp, _host.Receiving, _settings.ReceivingOff) switch
    {
        (false, _, _) or (_, false, ReceivingOffAnswer.Refuse) => SmtpVerdict.Unreachable,
        (_, false, ReceivingOffAnswer.Reply421) => new(421, $"4.3.2 {_host.HostName} Service not available"),
        _ => new(220, $"{_host.HostName} ESMTP Postfix"),
    };

    /// <inheritdoc/>
    public SmtpVerdict CheckRecipient() => (_host.Receiving, _settings.ReceivingOff) switch
    {
        (false, ReceivingOffAnswer.Reply450) => new(450, "4.3.2 Receiving is switched off"),
        (false, ReceivingOffAnswer.Reply421) => new(421, "4.3.2 Receiving is switched off"),
        _ => new(250, "2.1.5 Ok"),
    };

    /// <summary>Takes a scanned message into the queue, with the node's headers in front. Until here nothing was promised.</summary>
    public SmtpVerdict Accept(SimulatedMessage message, string hello)
    {
        // Behind the queue, the scan and its headers come later.
        List<MailHeader> headers = _settings.AfterQueueFilter ? [] : OwnHeaders();
        Entry entry;
        lock (_gate)
        {
            // Senders other than the generator do not report what they were answered: what the node accepts, it has answered.
            bool stranger = message.Attempt == 0;
            if (stranger)
            {
                message = message with { Attempt = _ledger.Begin(message.MessageId) };
            }

            string id = QueueId(_lastId + 1);
            headers.Add(
                new(
                    "Received",
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"from {hello} (unknown [127.0.0.1]) by {_host.HostName} (Postfix) with ESMTP id {id} for <{message.Recipients[0]}>; {_time.GetUtcNow():ddd, dd MMM yyyy HH:mm:ss} +0000")));
            message = message with { Headers = [.. headers, .. message.Headers] };
            entry = Enqueue(message, MessageQueueKind.Mta, _time.GetUtcNow(), null, _settings.AfterQueueFilter ? QueueHold.UntilScanned : QueueHold.None);
            if (stranger)
            {
                _ledger.Answered(message.Attempt, new(250, "Ok"));
            }
        }

        if (_settings.AfterQueueFilter)
        {
            _time.After(_settings.ScanDelay, () => Scan(entry));
        }
        else
        {
            Pump();
        }

        return new(250, $"2.0.0 Ok: queued as {QueueId(entry.Id)}");
    }

    /// <summary>The filter behind the queue: by the build that runs now, and not while the node is away.</summary>
    private void Scan(Entry entry)
    {
        if (!_host.IsSmtpUp)
        {
            _time.After(TimeSpan.FromSeconds(1), () => Scan(entry));
            return;
        }

        List<MailHeader> headers = OwnHeaders();
        lock (_gate)
        {
            if (_disposed || !_entries.TryGetValue(entry.Id, out Entry? known) || known != entry)
            {
                return;
            }

            entry.Message = entry.Message with { Headers = [.. headers, .. entry.Message.Headers] };
        }

        Free(e => e == entry);
    }

    /// <summary>A sender's session; <paramref name="cut"/> is called when the node goes away under it.</summary>
    public IDisposable OpenSession(Action cut)
    {
        Session session = new(this, cut);
        lock (_gate)
        {
            _sessions.Add(session);
        }

        return session;
    }

    // A socket is cut by the listener.
    IDisposable? ISmtpService.OpenSession() => OpenSession(static () => { });

    async ValueTask<SmtpVerdict> ISmtpService.AcceptAsync(SimulatedMessage message, string hello, CancellationToken cut)
    {
        await Task.Delay(_settings.AnswerDelay, _time, cut).ConfigureAwait(false);
        return Accept(message, hello);
    }

    public virtual async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _disposed = true;
            _oscillation?.Dispose();
        }

        if (_listener is not null)
        {
            await _listener.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Opens or closes the listener as the host is; asks the host outside the lock, since it has locks of its own.</summary>
    private void Follow()
    {
        bool up = _host.IsSmtpUp;
        if (Greet() == SmtpVerdict.Unreachable)
        {
            _listener?.Close(cut: !up);
        }
        else
        {
            _listener?.Open();
        }

        Session[] cut;
        lock (_gate)
        {
            cut = up ? [] : [.. _sessions];
        }

        foreach (Session session in cut)
        {
            session.Cut();
        }
    }

    protected static bool Matches(QueuedMessage message, QueueFilter? filter) =>
        (filter?.Queue is not { } queue || message.Queue == queue)
        && (filter?.Sender is not { } sender || message.Sender.Contains(sender, StringComparison.OrdinalIgnoreCase))
        && (filter?.Recipient is not { } recipient || message.Recipients.Any(r => r.Contains(recipient, StringComparison.OrdinalIgnoreCase)))
        && (filter?.ReceivedBefore is not { } before || message.ReceivedAt < before);

    private static string QueueId(long id) => id.ToString("X10", CultureInfo.InvariantCulture);

    private List<MailHeader> OwnHeaders()
    {
        if (!_host.AddsHeaders)
        {
            return [];
        }

        BuildNumber build = _host.Build;
        return
        [
            new(
                "X-KSMG-AntiVirus",
                string.Create(
                    CultureInfo.InvariantCulture, $"Kaspersky Secure Mail Gateway, version {build}, bases: {_time.GetUtcNow():yyyy/MM/dd HH}:00:00 #25324589")),

            // The word for "nothing found" changed between versions; nobody may rely on it.
            new("X-KSMG-AntiVirus-Status", build < new BuildNumber(2, 1, 0, 0) ? "Clean, skipped" : "NotDetected, skipped"),
        ];
    }
    /// <summary>Mail that a sender gave this node before anybody looked.</summary>
    private SimulatedMessage Stuck()
    {
        string id = string.Create(CultureInfo.InvariantCulture, $"stuck-{_lastId + 1}@{_host.HostName}");
        SimulatedMessage message = new()
        {
            Attempt = _ledger.Begin(id),
            MessageId = id,
            Sender = "stuck@sender.example",
            Recipients = ["user@recipient.example"],
            Headers = [new("Message-ID", $"<{id}>")],
        };
        _ledger.Answered(message.Attempt, new(250, "Ok"));
        return message;
    }

    private Entry Enqueue(SimulatedMessage message, MessageQueueKind queue, DateTimeOffset receivedAt, string? reason, QueueHold hold)
    {
        Entry entry = new(++_lastId, message, receivedAt) { Queue = queue, Reason = reason, Hold = hold };
        _entries.Add(entry.Id, entry);
        _ledger.Queued(message);
        if (hold == QueueHold.None)
        {
            _due.Enqueue(entry);
        }

        return entry;
    }

    /// <summary>Makes waiting messages due at once.</summary>
    private void Free(Predicate<Entry> which)
    {
        lock (_gate)
        {
            foreach (Entry entry in _entries.Values.Where(e => which(e) && (e.Hold != QueueHold.None || e.Deferred)))
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
    private void Pump()
    {
        if (!_host.IsSmtpUp || !_host.Sending)
        {
            return;
        }

        List<Entry>? leaving = null;
        lock (_gate)
        {
            while (!_disposed && _inFlight < MaxInFlight && _due.TryDequeue(out Entry? entry))
            {
                if (_deferring)
                {
                    PutOff(entry, "connect to next hop: Connection timed out");
                    continue;
                }

                entry.InFlight = true;
                _inFlight++;
                (leaving ??= []).Add(entry);
            }
        }

        foreach (Entry entry in leaving ?? [])
        {
            _nextHop.Send(entry.Message, verdict => Sent(entry, verdict));
        }
    }

    private void Sent(Entry entry, SmtpVerdict verdict)
    {
        lock (_gate)
        {
            _inFlight--;
            entry.InFlight = false;
            bool still = _entries.TryGetValue(entry.Id, out Entry? known) && known == entry;
            if (verdict.IsPositive || !still)
            {
                _ledger.Unqueued(entry.Message);
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

    private void PutOff(Entry entry, string reason)
    {
        entry.Reason = reason;
        entry.Deferred = true;
        if (!_retryPlanned)
        {
            _retryPlanned = true;
            _time.After(_settings.RetryDelay, Retry);
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

    private sealed class Entry(long id, SimulatedMessage message, DateTimeOffset receivedAt)
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

    private sealed class Session(NodeMail owner, Action cut) : IDisposable
    {
        public void Cut() => cut();

        public void Dispose()
        {
            lock (owner._gate)
            {
                owner._sessions.Remove(this);
            }
        }
    }
}
