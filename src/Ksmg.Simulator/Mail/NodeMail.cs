using System.Net;
using Ksmg.Sdk;

namespace Ksmg.Simulator;

/// <summary>
/// The mail part of one node, whoever takes and delivers its mail. What faults put into its queues is simulated in either case, and counts.
/// </summary>
internal abstract class NodeMail : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly NodeQueue _queue;
    private readonly StuckMail _stuck;
    private bool _disposed;
    private int _changes;

    protected NodeMail(IMailHost host, MailLedger ledger, IMailHop nextHop, TimeProvider time, MailSettings settings)
    {
        Host = host;
        NodeHeaders headers = new(host, time);
        _queue = new NodeQueue(host, ledger, nextHop, headers, time, settings);
        _stuck = new StuckMail(host, ledger, _queue, time);
        Reception = new NodeReception(host, ledger, _queue, headers, time, settings);
    }

    /// <summary>The listener's address; <see langword="null"/> in virtual mode.</summary>
    public abstract IPEndPoint? EndPoint { get; }

    /// <summary>SMTP sessions open right now; a connection that only looks at the greeting is none.</summary>
    public abstract int OpenSessions { get; }

    /// <summary>What a health check would find; <see langword="null"/>: only a connection can tell.</summary>
    public virtual bool? Greets => null;

    /// <summary>Its answers to senders that need no socket.</summary>
    public NodeReception Reception { get; }

    /// <summary>The node.</summary>
    protected IMailHost Host { get; }

    /// <summary>Whether a fault keeps it from delivering.</summary>
    protected bool IsDeferring => _queue.Deferring;

    /// <summary>All queued messages, the oldest first.</summary>
    protected virtual IEnumerable<QueuedMessage> Messages => _queue.List();

    /// <summary>Takes mail on loopback, whenever the node does, from now on. Not called in virtual mode.</summary>
    public abstract void Listen(int port = 0);

    /// <summary>To be called after anything that <see cref="IMailHost"/> shows has changed.</summary>
    public void HostChanged()
    {
        lock (_gate)
        {
            _changes++;
            if (_changes > 1)
            {
                // Whoever is at it looks again: all ends up as the host is, whatever the order of the callers.
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
            if (!Host.IsSmtpUp)
            {
                Reception.CutSessions();
            }

            lock (_gate)
            {
                again = !_disposed && _changes != seen;
                _changes = again ? _changes : 0;
            }
        }

        _queue.Pump();
    }

    /// <summary>How many messages wait in a queue, those being sent among them.</summary>
    public virtual long Count(MessageQueueKind queue) => _queue.Count(queue);

    /// <summary>The queued messages, the oldest first.</summary>
    public IReadOnlyList<QueuedMessage> List(QueueFilter? filter = null) => [.. Messages.Where(message => Matches(message, filter))];

    /// <summary>Asks for immediate delivery; <see langword="false"/>: this queue empties by time, not by flush.</summary>
    public virtual bool Flush(MessageQueueKind queue)
    {
        if (queue == MessageQueueKind.AntiSpamQuarantine)
        {
            return false;
        }

        _queue.Free(e => e.Queue == queue && e.Hold is not (QueueHold.UntilReleased or QueueHold.UntilScanned));
        return true;
    }

    /// <summary>
    /// Puts messages, accepted from a sender earlier, into a queue. They stay until <see cref="Release"/>, a flush unless
    /// <paramref name="stubborn"/>, or until <paramref name="releaseAfter"/>.
    /// </summary>
    public void Hold(MessageQueueKind queue, int count, string reason, bool stubborn = false, TimeSpan? releaseAfter = null) =>
        _stuck.Hold(queue, count, reason, stubborn, releaseAfter);

    /// <summary>The MTA queue swings between 0 and 1 message, changing at this period, until <see cref="Release"/>.</summary>
    public void Oscillate(TimeSpan period) => _stuck.Oscillate(period);

    /// <summary>While on, the next hop cannot be reached and every message is deferred.</summary>
    public void Defer(bool on)
    {
        _queue.Deferring = on;
        HostChanged();
    }

    /// <summary>Ends hold, defer and oscillate: what waits is delivered.</summary>
    public void Release()
    {
        Defer(on: false);
        _stuck.Release();
    }

    /// <summary>The queues as a snapshot of the disk sees them.</summary>
    public QueueImage Capture() => _queue.Capture();

    /// <summary>The queues as they were then: what came since is lost, what left since is sent again. The ledger blames <paramref name="cause"/>.</summary>
    public void Restore(QueueImage image, string cause) => _queue.Restore(image, cause);

    public virtual ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _disposed = true;
        }

        _stuck.Stop();
        _queue.Stop();
        return ValueTask.CompletedTask;
    }

    /// <summary>Takes mail, or does not, as the host is now; called by one at a time, outside every lock, since the host has locks of its own.</summary>
    protected abstract void Follow();

    private static bool Matches(QueuedMessage message, QueueFilter? filter) =>
        (filter?.Queue is not { } queue || message.Queue == queue)
        && (filter?.Sender is not { } sender || message.Sender.Contains(sender, StringComparison.OrdinalIgnoreCase))
        && (filter?.Recipient is not { } recipient || message.Recipients.Any(r => r.Contains(recipient, StringComparison.OrdinalIgnoreCase)))
        && (filter?.ReceivedBefore is not { } before || message.ReceivedAt < before);
}
