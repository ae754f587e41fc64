using System.Net;

namespace Ksmg.Simulator;

/// <summary>Where all mail ends: takes it (over SMTP, or as a hop in virtual mode), tells the ledger, keeps copies to look at.</summary>
internal sealed class MailSink(MailLedger ledger, TimeProvider time, MailSettings settings) : IMailHop, IAsyncDisposable
{
    public object[] Parts => [ledger, time, settings];

    /// <summary>Takes mail on loopback from now on. Not called in virtual mode.</summary>
    public void Listen(int port = 0) => throw new NotSupportedException();

    public IPEndPoint EndPoint => throw new NotSupportedException();

    /// <summary>Fault: nothing is taken; queues keep what they have.</summary>
    public bool Down { get; set; }

    /// <summary>The visible copies of a message; the id with or without angle brackets.</summary>
    public IReadOnlyList<MailboxCopy> Find(string messageId) => throw new NotSupportedException();

    public void Arm(SinkFault fault) => throw new NotSupportedException();

    public void ClearFaults() => throw new NotSupportedException();

    /// <summary>The way to this sink in virtual mode.</summary>
    public void Send(SimulatedMessage message, Action<SmtpVerdict> done) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => throw new NotSupportedException();
}
