using System.Net;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Simulator;

/// <summary>
/// A TCP load balancer for SMTP with HAProxy's runtime API: round robin over the servers that are ready and healthy.
/// Without sockets it is a hop: state, choice and sessions are the same, the bytes are left out.
/// </summary>
internal sealed class SimulatedBalancer : IMailHop, IAsyncDisposable
{
    /// <summary>The name of its only backend.</summary>
    public const string Backend = "smtp";

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly MailSettings _settings;
    private readonly Action<string, LoadMode, string> _switched;
    private readonly BalancerServer[] _servers;
    private readonly DateTimeOffset _startedAt;
    private BalancerProxy? _proxy;
    private BalancerFault _fault;
    private int _next;
    private bool _hasPassedMail;

    /// <summary>
    /// Creates a balancer whose servers are named after the nodes; <paramref name="switched"/> gets node, mode and cause of every real change.
    /// </summary>
    public SimulatedBalancer(
        IReadOnlyList<(IMailHost Host, NodeMail Mail)> nodes, TimeProvider time, MailSettings settings, Action<string, LoadMode, string> switched)
    {
        (_time, _settings, _switched) = (time, settings, switched);
        _startedAt = time.GetUtcNow();
        _servers = [.. nodes.Select((n, i) => new BalancerServer(i + 1, n.Host, n.Mail) { ChangedAt = _startedAt })];
    }

    /// <summary>Where mail goes in.</summary>
    public IPEndPoint MailEndPoint => Proxy.MailEndPoint;

    /// <summary>Where the runtime API listens.</summary>
    public IPEndPoint RuntimeEndPoint => Proxy.RuntimeEndPoint;

    /// <summary>What is wrong with it right now.</summary>
    public BalancerFault Fault
    {
        get
        {
            lock (_gate)
            {
                return _fault;
            }
        }

        set
        {
            BalancerSession[] cut;
            lock (_gate)
            {
                _fault = value;
                foreach (BalancerServer server in _servers)
                {
                    server.ShownMode = server.Mode;
                }

                cut = value == BalancerFault.Down ? [.. _servers.SelectMany(s => s.Sessions)] : [];
            }

            _proxy?.FaultChanged();
            Close(cut);
        }
    }

    /// <summary>Whether mail has gone through it since the start.</summary>
    public bool HasPassedMail
    {
        get
        {
            lock (_gate)
            {
                return _hasPassedMail;
            }
        }
    }

    private BalancerProxy Proxy => _proxy ?? throw new InvalidOperationException("The balancer has no ports in virtual mode.");

    /// <summary>Opens the mail port and the runtime port on loopback. Not called in virtual mode.</summary>
    public void Listen(int mailPort = 0, int runtimePort = 0) => _proxy = new BalancerProxy(this, _servers, _time, mailPort, runtimePort);

    /// <summary>The truth about a node, whatever the runtime API claims.</summary>
    public LoadState StateOf(string node)
    {
        lock (_gate)
        {
            BalancerServer server = Server(node);
            return StateOf(server, server.Mode);
        }
    }

    /// <summary>Sets what a node gets, for real.</summary>
    public void Set(string node, LoadMode mode, string cause)
    {
        lock (_gate)
        {
            BalancerServer server = Server(node);
            server.ShownMode = mode;
            if (server.Mode == mode)
            {
                return;
            }

            server.Mode = mode;
            server.ChangedAt = _time.GetUtcNow();
        }

        _switched(node, mode, cause);
    }

    /// <summary>A reload: what was set at run time is forgotten, counters start anew, open sessions go on where nobody sees them.</summary>
    public void ForgetDrains()
    {
        lock (_gate)
        {
            foreach (BalancerServer server in _servers)
            {
                server.Sessions.Clear();
                (server.SessionsTotal, server.SessionsMax, server.BytesIn, server.BytesOut) = (0, 0, 0, 0);
            }
        }

        foreach (BalancerServer server in _servers)
        {
            Set(server.Name, LoadMode.Ready, "fault");
        }
    }

    /// <summary>A session on a node that stays open until it is disposed, closed by the balancer or cut by the node.</summary>
    public IDisposable HoldSession(string node)
    {
        HeldSession held = new(this);
        lock (_gate)
        {
            held.Start(Server(node));
        }

        return held;
    }

    /// <summary>Closes the sessions a node has.</summary>
    public void CloseSessions(string node)
    {
        BalancerSession[] sessions;
        lock (_gate)
        {
            sessions = [.. Server(node).Sessions];
        }

        Close(sessions);
    }

    /// <summary>One line of the runtime API, and its answer as HAProxy 2.6 would print it.</summary>
    public string Execute(string line)
    {
        lock (_gate)
        {
            foreach (BalancerServer server in _servers.Where(_ => _proxy is null))
            {
                Check(server);
            }
        }

        return new BalancerRuntime(this, _servers, _gate, _time.GetUtcNow(), _startedAt).Execute(line);
    }

    /// <summary>A change that came over the runtime API: from here on the fault decides what becomes of it.</summary>
    public void SetByClient(string node, LoadMode mode)
    {
        switch (Fault)
        {
            case BalancerFault.ApiIgnores:
                break;
            case BalancerFault.ApiLies:
                lock (_gate)
                {
                    Server(node).ShownMode = mode;
                }

                break;
            default:
                Set(node, mode, "client");
                break;
        }
    }

    /// <summary>The port of the orchestrator straight on this model, for runs without sockets.</summary>
    public ILoadBalancer AsLoadBalancer() => new DirectLoadBalancer(this, [.. _servers.Select(s => s.Name)]);

    /// <summary>What the runtime API claims about a node.</summary>
    public LoadState ShownStateOf(string node)
    {
        lock (_gate)
        {
            BalancerServer server = Server(node);
            return StateOf(server, server.ShownMode);
        }
    }

    /// <summary>The way through this balancer in virtual mode.</summary>
    public void Send(SimulatedMessage message, Action<SmtpVerdict> done)
    {
        BalancerServer? server = Fault == BalancerFault.Down ? null : Choose([]);
        if (server is null)
        {
            _time.After(TimeSpan.Zero, () => done(SmtpVerdict.Unreachable));
            return;
        }

        bool over = false;
        IDisposable? inner = null;
        BalancerSession? session = null;
        session = Start(server, () => End(SmtpVerdict.Cut));
        inner = server.Mail.Reception.OpenSession(() => End(SmtpVerdict.Cut));
        SmtpVerdict verdict = server.Mail.Reception.CheckRecipient();
        _time.After(verdict.IsPositive ? _settings.AnswerDelay : TimeSpan.Zero, () =>
        {
            if (!over)
            {
                verdict = verdict.IsPositive ? server.Mail.Reception.Accept(message, "sender.example") : verdict;
                Passed(session, message.Body.Length, 100);
                End(verdict);
            }
        });

        void End(SmtpVerdict outcome)
        {
            if (!over)
            {
                over = true;
                inner?.Dispose();
                Stop(session!);
                done(outcome);
            }
        }
    }

    /// <summary>The next server in turn that may get a session; <see langword="null"/>: none.</summary>
    public BalancerServer? Choose(IReadOnlyCollection<BalancerServer> tried)
    {
        lock (_gate)
        {
            for (int i = 0; i < _servers.Length; i++)
            {
                BalancerServer server = _servers[(_next + i) % _servers.Length];
                if (server.Mode == LoadMode.Ready && IsUp(server) && !tried.Contains(server))
                {
                    _next = (_next + i + 1) % _servers.Length;
                    return server;
                }
            }

            return null;
        }
    }

    /// <summary>Counts a session that starts on a server.</summary>
    public BalancerSession Start(BalancerServer server, Action close)
    {
        lock (_gate)
        {
            BalancerSession session = new(server, _time.GetUtcNow(), close);
            server.Sessions.Add(session);
            server.SessionsTotal++;
            server.SessionsMax = Math.Max(server.SessionsMax, server.Sessions.Count);
            return session;
        }
    }

    /// <summary>A session has ended.</summary>
    public void Stop(BalancerSession session)
    {
        lock (_gate)
        {
            session.Server.Sessions.Remove(session);
        }
    }

    /// <summary>Bytes have gone through.</summary>
    public void Passed(BalancerSession session, long fromClient, long fromServer)
    {
        lock (_gate)
        {
            _hasPassedMail |= fromClient > 0;
            session.Server.BytesIn += fromClient;
            session.Server.BytesOut += fromServer;
        }
    }

    /// <summary>Takes the result of a health check.</summary>
    public void Checked(BalancerServer server, bool passed)
    {
        lock (_gate)
        {
            server.Checked(passed, _time.GetUtcNow());
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_proxy is not null)
        {
            await _proxy.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static void Close(BalancerSession[] sessions)
    {
        foreach (BalancerSession session in sessions)
        {
            session.Close();
        }
    }

    private BalancerServer Server(string node)
    {
        foreach (BalancerServer server in _servers)
        {
            if (server.Name == node)
            {
                return server;
            }
        }

        throw new ArgumentException($"The balancer has no server '{node}'.", nameof(node));
    }

    private LoadState StateOf(BalancerServer server, LoadMode told) =>
        new(told, server.Sessions.Count, server.Mode == LoadMode.Maintenance ? null : IsUp(server), server.SessionsTotal);

    /// <summary>With sockets the check loop knows; without, a look at the node is the check.</summary>
    private bool IsUp(BalancerServer server)
    {
        if (_proxy is null)
        {
            Check(server);
        }

        return server.IsUp;
    }

    private void Check(BalancerServer server)
    {
        bool passed = server.Mail.Reception.Greet().IsPositive;
        while (server.IsUp != passed)
        {
            server.Checked(passed, _time.GetUtcNow());
        }
    }

    private sealed class HeldSession(SimulatedBalancer owner) : IDisposable
    {
        private BalancerSession? _session;
        private IDisposable? _inner;

        public void Start(BalancerServer server)
        {
            _session = owner.Start(server, Dispose);
            _inner = server.Mail.Reception.OpenSession(Dispose);
        }

        public void Dispose()
        {
            _inner?.Dispose();
            owner.Stop(_session!);
        }
    }
}
