using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Ksmg.Sdk;

namespace Ksmg.Simulator;

/// <summary>
/// The mail part of a node with a real Postfix: it follows the node's switches, and its queue counts beside what faults put into the
/// simulated ones.
/// </summary>
internal sealed class PostfixNodeMail : NodeMail
{
    private readonly string _folder;
    private readonly Func<string> _nextHop;
    private readonly Channel<bool> _changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    // Bound but never listening: it keeps the port while Postfix is stopped, which else any outgoing connection could get.
    private Socket? _reservation;
    private PostfixInstance? _postfix;
    private Task _following = Task.CompletedTask;
    private volatile Exception? _failure;

    /// <param name="host">The node.</param>
    /// <param name="ledger">Where faults' own messages are counted.</param>
    /// <param name="simulatedHop">The way of faults' own messages.</param>
    /// <param name="time">The clock.</param>
    /// <param name="settings">The figures of the mail half.</param>
    /// <param name="folder">Where the instance lies.</param>
    /// <param name="nextHop">Where it delivers; asked for when it starts.</param>
    public PostfixNodeMail(
        IMailHost host, MailLedger ledger, IMailHop simulatedHop, TimeProvider time, MailSettings settings, string folder, Func<string> nextHop)
        : base(host, ledger, simulatedHop, time, settings)
    {
        (_folder, _nextHop) = (folder, nextHop);
    }

    public override IPEndPoint? EndPoint => _postfix?.EndPoint;

    public override int OpenSessions => Postfix.OpenSessions;

    /// <summary>The messages in Postfix alone, which the ledger does not hear of.</summary>
    public long CountInPostfix => Postfix.ListQueue().Count;

    protected override IEnumerable<QueuedMessage> Messages => [.. base.Messages, .. Postfix.ListQueue()];

    private PostfixInstance Postfix => _failure is { } failure
        ? throw new InvalidOperationException($"The Postfix of {Host.Name} failed: {failure.Message}", failure)
        : _postfix ?? throw new InvalidOperationException($"The Postfix of {Host.Name} was not started.");

    /// <summary>Starts the instance; it takes mail when this returns.</summary>
    public override void Listen(int port = 0)
    {
        _reservation = LoopbackListener.Bind(port);
        _postfix = new PostfixInstance(_folder, Host.HostName, (IPEndPoint)_reservation.LocalEndPoint!, _nextHop());
        PostfixState state = Wanted();
        _postfix.Configure(state);
        _postfix.Start();
        _following = Task.Run(() => FollowAsync(state));
    }

    public override long Count(MessageQueueKind queue) => base.Count(queue) + (queue == MessageQueueKind.Mta ? CountInPostfix : 0);

    public override bool Flush(MessageQueueKind queue)
    {
        if (queue == MessageQueueKind.Mta)
        {
            Postfix.Flush();
        }

        return base.Flush(queue);
    }

    public override async ValueTask DisposeAsync()
    {
        _changes.Writer.TryComplete();
        await _following.ConfigureAwait(false);
        _reservation?.Dispose();
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Follow() => _changes.Writer.TryWrite(true);

    private PostfixState Wanted() => new(Host.IsSmtpUp, Host.Receiving, Host.Sending && !IsDeferring, Host.AddsHeaders ? Host.Build : null);

    /// <summary>Postfix's commands take longer than a caller may be held up, who may hold the world's lock.</summary>
    private async Task FollowAsync(PostfixState applied)
    {
        try
        {
            await foreach (bool _ in _changes.Reader.ReadAllAsync().ConfigureAwait(false))
            {
                PostfixState wanted = Wanted();
                if (wanted != applied)
                {
                    Apply(wanted, applied);
                    applied = wanted;
                }
            }

            if (applied.IsUp)
            {
                _postfix!.Stop();
            }
        }
        catch (InvalidOperationException e)
        {
            _failure = e;
        }
    }

    private void Apply(PostfixState wanted, PostfixState applied)
    {
        _postfix!.Configure(wanted);
        switch (wanted.IsUp, applied.IsUp)
        {
            case (false, true):
                _postfix.Stop();
                break;
            case (true, false):
                _postfix.Start();
                break;
            case (true, true):
                _postfix.Reload();
                break;
            default:
                return;
        }

        if (wanted is { IsUp: true, Sending: true } && !applied.Sending)
        {
            _postfix.Flush();
        }
    }
}
