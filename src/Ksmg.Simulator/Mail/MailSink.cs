using System.Globalization;
using System.Net;

namespace Ksmg.Simulator;

/// <summary>Where all mail ends: takes it (over SMTP, or as a hop in virtual mode), tells the ledger, keeps copies to look at.</summary>
internal sealed class MailSink(MailLedger ledger, TimeProvider time, MailSettings settings) : IMailHop, ISmtpService, IAsyncDisposable
{
    private const string Host = "mx.recipient.example";
    private const int RoomForHeaders = 64 * 1024;

    /// <summary>Kept copies; the constant load has a small ring of its own so that it never pushes out a probe.</summary>
    private readonly Mailbox _mailbox = new(10_000);
    private readonly Mailbox _load = new(1_000);
    private readonly Lock _gate = new();
    private readonly List<ArmedFault> _faults = [];
    private LoopbackListener? _listener;

    /// <summary>The listener's address.</summary>
    public IPEndPoint EndPoint => _listener?.EndPoint ?? throw new InvalidOperationException("The sink has no listener in virtual mode.");

    /// <summary>Fault: nothing more is taken; queues keep what they have.</summary>
    public bool Down { get; set; }

    string ISmtpService.HostName => Host;

    /// <summary>Takes mail on loopback from now on. Not called in virtual mode.</summary>
    public void Listen(int port = 0)
    {
        // What a node has taken has become longer by the node's own headers.
        MailSettings wider = settings with { MaxMessageBytes = settings.MaxMessageBytes + RoomForHeaders };
        _listener = new LoopbackListener(port, (socket, cut) => SmtpSession.ServeAsync(this, wider, time, socket, cut));
        _listener.Open();
    }

    /// <summary>The visible copies of a message; the id with or without angle brackets.</summary>
    public IReadOnlyList<MailboxCopy> Find(string messageId)
    {
        string id = messageId.Trim('<', '>', ' ');
        DateTimeOffset now = time.GetUtcNow();
        lock (_gate)
        {
            return [.. _mailbox.Find(id).Concat(_load.Find(id)).Where(c => c.ReceivedAt <= now)];
        }
    }

    /// <summary>Arms a fault for messages to come.</summary>
    public void Arm(SinkFault fault)
    {
        lock (_gate)
        {
            _faults.Add(new ArmedFault(fault));
        }
    }

    /// <summary>Ends all faults; delayed copies keep their delay.</summary>
    public void ClearFaults()
    {
        lock (_gate)
        {
            _faults.Clear();
        }
    }

    /// <summary>The way to this sink in virtual mode.</summary>
    public void Send(SimulatedMessage message, Action<SmtpVerdict> done) => time.After(settings.DeliveryDelay, () =>
    {
        SmtpVerdict verdict = Greet();
        done(verdict.IsPositive ? Accept(message) : SmtpVerdict.Unreachable);
    });

    /// <inheritdoc/>
    public SmtpVerdict Greet() => Down ? new(421, $"4.3.2 {Host} Service not available") : new(220, $"{Host} ESMTP");

    /// <inheritdoc/>
    public SmtpVerdict CheckRecipient() => Down ? Greet() : new(250, "2.1.5 Ok");

    IDisposable? ISmtpService.OpenSession() => null;

    ValueTask<SmtpVerdict> ISmtpService.AcceptAsync(SimulatedMessage message, string hello, CancellationToken cut) => new(Accept(message));

    public async ValueTask DisposeAsync()
    {
        if (_listener is not null)
        {
            await _listener.DisposeAsync().ConfigureAwait(false);
        }
    }

    private SmtpVerdict Accept(SimulatedMessage message)
    {
        lock (_gate)
        {
            SinkFault[] faults = [.. _faults.Where(f => f.Hits(message)).Select(f => f.Fault)];
            if (faults.Any(f => f.Kind == SinkFaultKind.Greylist))
            {
                return new(451, "4.7.1 Greylisted, try again later");
            }

            DateTimeOffset now = time.GetUtcNow();
            List<MailHeader> headers = [
                new("Received", string.Create(CultureInfo.InvariantCulture, $"by {Host} with ESMTP; {now:ddd, dd MMM yyyy HH:mm:ss} +0000")),
                .. message.Headers,
            ];
            DateTimeOffset visible = now;
            int copies = 1;
            foreach (SinkFault fault in faults)
            {
                switch (fault.Kind)
                {
                    case SinkFaultKind.Lose:
                        copies = 0;
                        break;
                    case SinkFaultKind.Duplicate:
                        copies = 2;
                        break;
                    case SinkFaultKind.Delay:
                        visible += fault.Delay;
                        break;
                    case SinkFaultKind.StripHeaders:
                        headers.RemoveAll(h => h.Name == "Received" || h.Name.StartsWith("X-KSMG-", StringComparison.Ordinal));
                        break;
                    case SinkFaultKind.OtherHop:
                        headers = [
                            .. headers
                                .Select(
                                    h => h.Name == "Received" && h.Value.Contains("(Postfix)", StringComparison.Ordinal) ? OtherHop(h, fault.OtherHost!) : h)];
                        break;
                }
            }

            if (copies != 1)
            {
                ledger.Blame(message, "fault");
            }

            for (int i = 0; i < copies; i++)
            {
                ledger.Delivered(message);
                (MailGenerator.Made(message) ? _load : _mailbox).Add(new MailboxCopy(message.MessageId, visible, headers));
            }

            return new(250, "2.0.0 Ok");
        }
    }

    private static MailHeader OtherHop(MailHeader received, string host)
    {
        int start = received.Value.IndexOf(" by ", StringComparison.Ordinal) + 4;
        int end = received.Value.IndexOf(" (Postfix)", StringComparison.Ordinal);
        return received with { Value = received.Value[..start] + host + received.Value[end..] };
    }

    /// <summary>The last so many copies, found by id.</summary>
    private sealed class Mailbox(int capacity)
    {
        private readonly Queue<MailboxCopy> _order = new();
        private readonly Dictionary<string, List<MailboxCopy>> _byId = [];

        public void Add(MailboxCopy copy)
        {
            if (_order.Count == capacity)
            {
                MailboxCopy oldest = _order.Dequeue();
                List<MailboxCopy> rest = _byId[oldest.MessageId];
                rest.Remove(oldest);
                if (rest.Count == 0)
                {
                    _byId.Remove(oldest.MessageId);
                }
            }

            _order.Enqueue(copy);
            if (!_byId.TryGetValue(copy.MessageId, out List<MailboxCopy>? copies))
            {
                _byId[copy.MessageId] = copies = [];
            }

            copies.Add(copy);
        }

        public List<MailboxCopy> Find(string id) => _byId.GetValueOrDefault(id) ?? [];
    }

    private sealed class ArmedFault(SinkFault fault)
    {
        private readonly HashSet<string> _greylisted = [];
        private int _left = fault.Times;

        public SinkFault Fault { get; } = fault;

        public bool Hits(SimulatedMessage message)
        {
            string messageId = message.MessageId;
            if (_left == 0 || (Fault.SparesLoad && MailGenerator.Made(message)) || !messageId.Contains(Fault.MessageIdContains, StringComparison.Ordinal))
            {
                return false;
            }

            // Greylisting ends with the second try of the same message.
            if (Fault.Kind == SinkFaultKind.Greylist && !_greylisted.Add(messageId))
            {
                return false;
            }

            _left--;
            return true;
        }
    }
}
