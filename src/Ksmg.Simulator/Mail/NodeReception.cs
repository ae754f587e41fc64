using System.Net.Sockets;
using Ksmg.Sdk;

namespace Ksmg.Simulator;

/// <summary>How a simulated node answers senders, as its switches are: over SMTP, or a caller that needs no socket.</summary>
internal sealed class NodeReception(IMailHost host, MailLedger ledger, NodeQueue queue, NodeHeaders headers, TimeProvider time, MailSettings settings)
    : ISmtpService
{
    private readonly Lock _gate = new();
    private readonly HashSet<Session> _sessions = [];

    /// <summary>Sessions open right now; a connection that only looks at the greeting is none.</summary>
    public int OpenSessions
    {
        get
        {
            lock (_gate)
            {
                return _sessions.Count;
            }
        }
    }

    string ISmtpService.HostName => host.HostName;

    /// <summary>Speaks with one sender to the end.</summary>
    public Task ServeAsync(Socket socket, CancellationToken cut) => SmtpSession.ServeAsync(this, settings, time, socket, cut);

    /// <summary>One whole SMTP transaction without a socket, as a sender would have it who comes to the node directly.</summary>
    public SmtpVerdict Offer(SimulatedMessage message)
    {
        SmtpVerdict verdict = Greet();
        verdict = verdict.IsPositive ? CheckRecipient() : verdict;
        return verdict.IsPositive ? Accept(message, "sender.example") : verdict;
    }

    /// <inheritdoc/>
    public SmtpVerdict Greet() => (host.IsSmtpUp, host.Receiving, settings.ReceivingOff) switch
    {
        (false, _, _) or (_, false, ReceivingOffAnswer.Refuse) => SmtpVerdict.Unreachable,
        (_, false, ReceivingOffAnswer.Reply421) => new(421, $"4.3.2 {host.HostName} Service not available"),
        _ => new(220, $"{host.HostName} ESMTP Postfix"),
    };

    /// <inheritdoc/>
    public SmtpVerdict CheckRecipient() => (host.Receiving, settings.ReceivingOff) switch
    {
        (false, ReceivingOffAnswer.Reply450) => new(450, "4.3.2 Receiving is switched off"),
        (false, ReceivingOffAnswer.Reply421) => new(421, "4.3.2 Receiving is switched off"),
        _ => new(250, "2.1.5 Ok"),
    };

    /// <summary>Takes a scanned message into the queue, with the node's headers in front. Until here nothing was promised.</summary>
    public SmtpVerdict Accept(SimulatedMessage message, string hello)
    {
        // Senders other than the generator do not report what they were answered: what the node accepts, it has answered.
        bool stranger = message.Attempt == 0;
        if (stranger)
        {
            message = message with { Attempt = ledger.Begin(message.MessageId) };
        }

        // Behind the queue, the scan and its headers come later.
        bool scanned = !settings.AfterQueueFilter;
        long id = queue.NewId();
        queue.Add(
            id,
            message with { Headers = [.. scanned ? headers.Scanned() : [], headers.Received(hello, id, message.Recipients[0]), .. message.Headers] },
            MessageQueueKind.Mta,
            scanned ? QueueHold.None : QueueHold.UntilScanned);
        if (stranger)
        {
            ledger.Answered(message.Attempt, new(250, "Ok"));
        }

        queue.Pump();
        return new(250, $"2.0.0 Ok: queued as {NodeHeaders.QueueId(id)}");
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

    /// <summary>The node has gone away under its senders.</summary>
    public void CutSessions()
    {
        Session[] cut;
        lock (_gate)
        {
            cut = [.. _sessions];
        }

        foreach (Session session in cut)
        {
            session.Cut();
        }
    }

    // A socket is cut by the listener.
    IDisposable? ISmtpService.OpenSession() => OpenSession(static () => { });

    async ValueTask<SmtpVerdict> ISmtpService.AcceptAsync(SimulatedMessage message, string hello, CancellationToken cut)
    {
        await Task.Delay(settings.AnswerDelay, time, cut).ConfigureAwait(false);
        return Accept(message, hello);
    }

    private sealed class Session(NodeReception owner, Action cut) : IDisposable
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
