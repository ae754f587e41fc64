using System.Net;

namespace Ksmg.Simulator;

/// <summary>The mail part of a node without a mail server: the simulator takes and delivers its mail itself.</summary>
internal sealed class SimulatedNodeMail(IMailHost host, MailLedger ledger, IMailHop nextHop, TimeProvider time, MailSettings settings)
    : NodeMail(host, ledger, nextHop, time, settings)
{
    private LoopbackListener? _listener;

    public override IPEndPoint? EndPoint => _listener?.EndPoint;

    /// <summary>
    /// Its listener is open or not by this very answer, and a connection twice a second to each node of many clusters would be most of their work.
    /// </summary>
    public override bool? Greets => Reception.Greet().IsPositive;

    public override int OpenSessions => Reception.OpenSessions;

    public override void Listen(int port = 0)
    {
        _listener = new LoopbackListener(port, Reception.ServeAsync);
        HostChanged();
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync().ConfigureAwait(false);
        if (_listener is not null)
        {
            await _listener.DisposeAsync().ConfigureAwait(false);
        }
    }

    protected override void Follow()
    {
        if (Reception.Greet() == SmtpVerdict.Unreachable)
        {
            _listener?.Close(cut: !Host.IsSmtpUp);
        }
        else
        {
            _listener?.Open();
        }
    }
}
