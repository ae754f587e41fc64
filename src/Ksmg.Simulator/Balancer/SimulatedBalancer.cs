using System.Net;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Simulator;

/// <summary>A TCP load balancer for SMTP with HAProxy's runtime API; in virtual mode only its state.</summary>
/// <remarks>Its servers are named after the nodes. <c>switched</c> is called with node, mode and cause whenever a mode really changed.</remarks>
internal sealed class SimulatedBalancer(IReadOnlyList<(IMailHost Host, NodeMail Mail)> nodes, TimeProvider time, MailSettings settings, Action<string, LoadMode, string> switched) : IMailHop, IAsyncDisposable
{
    public const string Backend = "smtp";

    public object[] Parts => [nodes, time, settings, switched];

    /// <summary>Opens the mail port and the runtime port on loopback. Not called in virtual mode.</summary>
    public void Listen(int mailPort = 0, int runtimePort = 0) => throw new NotSupportedException();

    public IPEndPoint MailEndPoint => throw new NotSupportedException();

    public IPEndPoint RuntimeEndPoint => throw new NotSupportedException();

    public BalancerFault Fault { get; set; }

    /// <summary>Whether mail has gone through it since the start.</summary>
    public bool HasPassedMail => throw new NotSupportedException();

    public LoadState StateOf(string node) => throw new NotSupportedException();

    public void Set(string node, LoadMode mode, string cause) => throw new NotSupportedException();

    /// <summary>A reload that forgets what was set at run time: every server is ready again.</summary>
    public void ForgetDrains() => throw new NotSupportedException();

    /// <summary>A session on a node that stays open until it is closed from outside or by <see cref="CloseSessions"/>.</summary>
    public IDisposable HoldSession(string node) => throw new NotSupportedException();

    public void CloseSessions(string node) => throw new NotSupportedException();

    /// <summary>One line of the runtime API, and its answer.</summary>
    public string Execute(string command) => throw new NotSupportedException();

    /// <summary>The port of the orchestrator straight on this model, for runs without sockets.</summary>
    public ILoadBalancer AsLoadBalancer() => throw new NotSupportedException();

    /// <summary>The way through this balancer in virtual mode.</summary>
    public void Send(SimulatedMessage message, Action<SmtpVerdict> done) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => throw new NotSupportedException();
}
