using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests;

/// <summary>A node as the mail half sees it, with every switch in the test's hand.</summary>
internal sealed class MailHost(string name) : IMailHost
{
    public string Name => name;

    public string HostName => name + ".example";

    public BuildNumber Build { get; set; } = new(2, 0, 1, 6960);

    public bool Receiving { get; set; } = true;

    public bool Sending { get; set; } = true;

    public bool IsSmtpUp { get; set; } = true;

    public bool AddsHeaders { get; set; } = true;
}

/// <summary>The mail half of a cluster put together without the nodes' web side: in virtual time, or on loopback sockets.</summary>
internal sealed class MailCluster : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _parts = [];

    public MailCluster(int nodes, TimeProvider time, bool sockets, MailSettings? settings = null)
    {
        settings ??= new MailSettings();
        Ledger = new MailLedger(time);
        Sink = Add(new MailSink(Ledger, time, settings));
        if (sockets)
        {
            Sink.Listen();
        }

        Hosts = [.. Enumerable.Range(1, nodes).Select(i => new MailHost($"gw{i}"))];
        Nodes = [
            .. Hosts
                .Select(
                    host => Add(
                        new SimulatedNodeMail(
                            host, Ledger, sockets ? Add(new SmtpHop(() => Sink.EndPoint, host.HostName, time, settings)) : Sink, time, settings)))];
        if (sockets)
        {
            foreach (NodeMail node in Nodes)
            {
                node.Listen();
            }
        }

        Balancer = Add(
            new SimulatedBalancer(
                [.. Hosts.Zip(Nodes, (h, n) => ((IMailHost)h, n))], time, settings, (node, mode, cause) => Switched.Add((node, mode, cause))));
        if (sockets)
        {
            Balancer.Listen();
        }

        Generator = Add(
            new MailGenerator(
                sockets ? Add(new SmtpHop(() => Balancer.MailEndPoint, "sender.example", time, settings, messagesPerConnection: 1)) : Balancer,
                Ledger,
                time,
                settings));
    }

    public MailLedger Ledger { get; }

    public MailSink Sink { get; }

    public MailHost[] Hosts { get; }

    public NodeMail[] Nodes { get; }

    public SimulatedBalancer Balancer { get; }

    public MailGenerator Generator { get; }

    public List<(string Node, LoadMode Mode, string Cause)> Switched { get; } = [];

    /// <summary>Without sockets, on one thread; nothing needs disposing of.</summary>
    public static MailCluster Virtual(int nodes, VirtualTimeProvider time, MailSettings? settings = null) => new(nodes, time, sockets: false, settings);

    public static SimulatedMessage Probe(string id = "probe-1@probe.example") => new()
    {
        MessageId = id,
        Sender = "probe@example.org",
        Recipients = ["probe@example.org"],
        Headers = [new MailHeader("Message-ID", $"<{id}>"), new MailHeader("Subject", "Test message")],
        Body = "A test.\r\n"u8.ToArray(),
    };

    /// <summary>What people and restarts do to a node while mail flows: one of six, 0 to 5.</summary>
    public void Meddle(int node, int what, Random random)
    {
        switch (what)
        {
            case 0 or 1:
                Change(node, h => h.IsSmtpUp = !h.IsSmtpUp);
                break;
            case 2:
                Change(node, h => h.Receiving = !h.Receiving);
                break;
            case 3:
                Change(node, h => h.Sending = !h.Sending);
                break;
            case 4:
                Balancer.Set($"gw{node + 1}", (LoadMode)random.Next(3), "human");
                break;
            case 5:
                Balancer.CloseSessions($"gw{node + 1}");
                break;
        }
    }

    public void Change(int node, Action<MailHost> change)
    {
        change(Hosts[node]);
        Nodes[node].HostChanged();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (IAsyncDisposable part in Enumerable.Reverse(_parts))
        {
            await part.DisposeAsync();
        }
    }

    private T Add<T>(T part)
        where T : IAsyncDisposable
    {
        _parts.Add(part);
        return part;
    }
}
