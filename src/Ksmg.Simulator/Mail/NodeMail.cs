using Ksmg.Sdk;

namespace Ksmg.Simulator;

/// <summary>The mail part of one node: three queues, its SMTP listener, delivery to the next hop.</summary>
internal sealed class NodeMail(IMailHost host, MailLedger ledger, IMailHop nextHop, TimeProvider time, MailSettings settings) : IAsyncDisposable
{
    public object[] Parts => [host, ledger, nextHop, time, settings];

    /// <summary>Takes mail on loopback from now on. Not called in virtual mode.</summary>
    public void Listen(int port = 0) => throw new NotSupportedException();

    /// <summary>The port of the listener; 0 in virtual mode.</summary>
    public int Port => throw new NotSupportedException();

    /// <summary>To be called after anything <see cref="IMailHost"/> shows has changed.</summary>
    public void HostChanged() => throw new NotSupportedException();

    public int OpenSessions => throw new NotSupportedException();

    public long Count(MessageQueueKind queue) => throw new NotSupportedException();

    public IReadOnlyList<QueuedMessage> List(QueueFilter? filter = null) => throw new NotSupportedException();

    /// <summary>Asks for immediate delivery; <see langword="false"/>: this queue cannot be flushed.</summary>
    public bool Flush(MessageQueueKind queue) => throw new NotSupportedException();

    /// <summary>Puts <paramref name="count"/> accepted messages into a queue where they stay until <see cref="Release"/>, or a flush unless <paramref name="stubborn"/>.</summary>
    public void Hold(MessageQueueKind queue, int count, string reason, bool stubborn = false) => throw new NotSupportedException();

    /// <summary>While on, the next hop cannot be reached and every message is deferred.</summary>
    public void Defer(bool on) => throw new NotSupportedException();

    /// <summary>The MTA queue swings between 0 and 1 message at this period until <see cref="Release"/>.</summary>
    public void Oscillate(TimeSpan period) => throw new NotSupportedException();

    /// <summary>Ends hold, defer and oscillate: what waits is delivered.</summary>
    public void Release() => throw new NotSupportedException();

    public QueueImage Capture() => throw new NotSupportedException();

    /// <summary>The queues as they were; what came since is gone, what left since is back.</summary>
    public void Restore(QueueImage image, string cause) => throw new NotSupportedException();

    /// <summary>One whole SMTP transaction without a socket: the recipient check, then acceptance into the queue.</summary>
    public SmtpVerdict Offer(SimulatedMessage message) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => throw new NotSupportedException();
}
