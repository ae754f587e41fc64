using System.Net;
using System.Net.Sockets;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary>The adapter against a real HAProxy in front of two simulated nodes.</summary>
public sealed class HaProxyServerTests
{
    /// <summary>None of these nodes ever goes: one that answers late on a busy machine is not to be taken out for a moment.</summary>
    private const string Checked = "check inter 500ms fall 20 rise 1";

    private static readonly TimeSpan Limit = Eventually.Limit;

    [ServerFact("haproxy")]
    public async Task A_drain_keeps_the_held_session_and_gets_no_other_until_the_session_is_closed()
    {
        await using SimulatedCluster nodes = await StartNodesAsync();
        await using HaProxyServer haproxy = await StartAsync(nodes);
        HaProxyLoadBalancer adapter = Adapter(haproxy.Runtime.ToString());
        await UntilAsync(adapter, states => states.Values.All(s => s is { Mode: LoadMode.Ready, Healthy: true, Sessions: 0 }));
        using TcpClient held = await GreetedAsync(haproxy);
        string node = (await UntilAsync(adapter, states => states.Values.Any(s => s.Sessions == 1))).Single(s => s.Value.Sessions == 1).Key;
        string other = node == "gw1" ? "gw2" : "gw1";

        await adapter.SetAsync(node, LoadMode.Drain);
        using TcpClient second = await GreetedAsync(haproxy);
        using TcpClient third = await GreetedAsync(haproxy);

        IReadOnlyDictionary<string, LoadState> states = await UntilAsync(adapter, s => s[other].Sessions == 2);
        Assert.Equal((LoadMode.Drain, 1), (states[node].Mode, states[node].Sessions));
        await adapter.CloseSessionsAsync(node);
        await UntilAsync(adapter, s => s[node].Sessions == 0);
        Assert.Equal(0, await held.GetStream().ReadAsync(new byte[1]).AsTask().WaitAsync(Limit));
        await adapter.SetAsync(node, LoadMode.Ready);
        await UntilAsync(adapter, s => s[node] is { Mode: LoadMode.Ready, Healthy: true });
    }

    /// <summary>HAProxy allows it, and means the frontend where counters are asked for by name.</summary>
    [ServerFact("haproxy")]
    public async Task A_frontend_may_be_called_as_the_backend_is()
    {
        await using SimulatedCluster nodes = await StartNodesAsync();
        string servers = string.Join('\n', nodes.Nodes.Select(node => $"  server {node.Name} {node.Smtp} {Checked}"));
        int port = ServerProcess.FreePort();
        await using HaProxyServer haproxy = await HaProxyServer.StartAsync(
            $"{servers}\nfrontend twin\n  bind 127.0.0.1:{port}\n  default_backend twin\nbackend twin\n{servers}\n");
        HaProxyLoadBalancer adapter = Adapter(haproxy.Runtime.ToString(), "twin");
        await UntilAsync(adapter, states => states.Values.All(s => s is { Mode: LoadMode.Ready, Healthy: true, Sessions: 0 }));
        using TcpClient held = new();
        await held.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
        await UntilAsync(adapter, states => states.Values.Sum(s => s.Sessions) == 1);

        await adapter.SetAsync("gw1", LoadMode.Drain);

        Assert.Equal(LoadMode.Drain, (await adapter.GetAsync())["gw1"].Mode);
    }

    [ServerFact("haproxy")]
    public async Task A_reload_forgets_the_drain_and_the_adapter_says_so()
    {
        await using SimulatedCluster nodes = await StartNodesAsync();
        await using HaProxyServer haproxy = await StartAsync(nodes);
        HaProxyLoadBalancer adapter = Adapter(haproxy.Runtime.ToString());
        await adapter.SetAsync("gw2", LoadMode.Maintenance);
        Assert.Equal(LoadMode.Maintenance, (await adapter.GetAsync())["gw2"].Mode);

        await haproxy.ReloadAsync();

        Assert.Equal(LoadMode.Ready, (await adapter.GetAsync())["gw2"].Mode);
    }

    [ServerFact("haproxy")]
    public async Task Two_instances_are_switched_together_and_a_node_they_disagree_about_is_neither_out_nor_back()
    {
        await using SimulatedCluster nodes = await StartNodesAsync();
        await using HaProxyServer one = await StartAsync(nodes);
        await using HaProxyServer two = await StartAsync(nodes);

        // The one that is reloaded is asked over TCP: in the middle of that its UNIX socket cannot always be reached.
        HaProxyLoadBalancer both = Adapter($"unix:{one.RuntimeSocket}, {two.Runtime}");

        await both.SetAsync("gw1", LoadMode.Drain);
        Assert.Equal(LoadMode.Drain, (await both.GetAsync())["gw1"].Mode);

        await two.ReloadAsync();
        LoadState state = (await both.GetAsync())["gw1"];
        Assert.Equal((LoadMode.Ready, false), (state.Mode, state.Healthy));
        await both.SetAsync("gw1", LoadMode.Ready);
        await UntilAsync(both, states => states["gw1"] is { Mode: LoadMode.Ready, Healthy: true });
    }

    [ServerFact("haproxy")]
    public async Task Too_few_rights_a_wrong_backend_and_a_balancer_that_is_gone_are_told()
    {
        await using SimulatedCluster nodes = await StartNodesAsync();
        string endpoint;
        await using (HaProxyServer haproxy = await StartAsync(nodes, level: "operator"))
        {
            endpoint = haproxy.Runtime.ToString();
            Assert.Equal(2, (await Adapter(endpoint).GetAsync()).Count);
            KsmgException rights = await Assert.ThrowsAsync<KsmgException>(() => Adapter(endpoint).SetAsync("gw1", LoadMode.Drain));
            Assert.Contains("level admin", rights.Message);
            KsmgException backend = await Assert.ThrowsAsync<KsmgException>(() => Adapter(endpoint, "nowhere").GetAsync());
            Assert.Contains("nowhere", backend.Message);
        }

        KsmgException gone = await Assert.ThrowsAsync<KsmgException>(() => Adapter(endpoint).GetAsync());
        Assert.Contains(endpoint, gone.Message);
    }

    [ServerTheory("haproxy")]
    [InlineData("admin", true)]
    [InlineData("operator", false)]
    [InlineData("user", false)]
    public async Task The_level_of_the_socket_is_told_before_the_first_server_is_to_be_drained(string level, bool works)
    {
        await using SimulatedCluster nodes = await StartNodesAsync();
        await using HaProxyServer haproxy = await StartAsync(nodes, level);
        IReadOnlyList<SelfTestResult> results = await Adapter(haproxy.Runtime.ToString()).TestAsync(["gw1", "gw2"]);

        SelfTestResult socket = results[0];
        Assert.Equal(($"HAProxy at {haproxy.Runtime}", $"its socket has level {level}", works), (socket.Subject, socket.Text, socket.Works));
        Assert.Equal(works ? null : "Its stats socket needs 'level admin'.", socket.Remedy);
        Assert.Equal([("gw1", true), ("gw2", true)], results.Skip(1).Select(r => (r.Subject, r.Works)));
        Assert.All((await Adapter(haproxy.Runtime.ToString()).GetAsync()).Values, state => Assert.Equal(LoadMode.Ready, state.Mode));
    }

    [ServerFact("haproxy")]
    public async Task Neighbours_that_are_no_stats_socket_of_this_backend_are_one_line_each_that_says_what_to_do()
    {
        await using SimulatedCluster nodes = await StartNodesAsync();
        await using HaProxyServer haproxy = await StartAsync(nodes);
        using TcpListener closes = new(IPAddress.Loopback, 0);
        closes.Start();
        _ = CloseEachAsync(closes);
        string endpoint = haproxy.Runtime.ToString();

        // The master's socket keeps the connection of whoever does not say goodbye. It is not there while the master starts its worker.
        const string Master = "This is the socket of the master process (option -S).";
        HaProxyLoadBalancer master = Adapter($"unix:{haproxy.MasterSocket}");
        await Eventually.TrueAsync(async () => (await master.TestAsync(["gw1"]))[0].Text.Contains(Master, StringComparison.Ordinal));
        await FailsAsync(master, "HAProxy", Master);
        await FailsAsync(Adapter(closes.LocalEndpoint.ToString()!), "HAProxy", "does a firewall or an access list stand in between?");
        await FailsAsync(Adapter($"unix:{haproxy.MasterSocket}.gone"), "HAProxy", "cannot be reached: there is no such file. Is it running");
        await FailsAsync(Adapter(haproxy.Mail.ToString()), "HAProxy", "it said only \"220 ");
        await FailsAsync(Adapter(endpoint, "nowhere"), "HAProxy", "Correct LoadBalancer:Backend ('nowhere').");
        await FailsAsync(Adapter(endpoint, server: "gw7"), "gw2", "has no server 'gw7' (node gw2); it has gw1, gw2.");
    }

    [Fact]
    public void A_socket_that_this_account_may_not_open_is_not_taken_for_one_that_is_not_there() => Assert.Equal(
        ["haproxy.may-not-open", "haproxy.says-nothing", "haproxy.is-it-running", "haproxy.is-it-running"],
        new[] { SocketError.AccessDenied, SocketError.ConnectionReset, SocketError.ConnectionRefused, SocketError.HostUnreachable }
            .Select(error => HaProxyLoadBalancer.Hint(new SocketException((int)error))));

    private static async Task FailsAsync(HaProxyLoadBalancer adapter, string subject, string says)
    {
        SelfTestResult result = Assert.Single(await adapter.TestAsync(["gw1", "gw2"]).WaitAsync(Limit));
        Assert.Equal((subject, SelfTestOutcome.Fails), (result.Subject, result.Outcome));
        Assert.True(result.Text.Contains(says, StringComparison.Ordinal), result.Text);
        Assert.NotNull(result.Remedy);
    }

    private static async Task CloseEachAsync(TcpListener listener)
    {
        while (listener.Server.IsBound)
        {
            try
            {
                (await listener.AcceptSocketAsync()).Dispose();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private static Task<SimulatedCluster> StartNodesAsync() =>
        SimulatedCluster.StartAsync(new SimulatedClusterOptions { Nodes = 2, PackageBytes = 1024 }).WaitAsync(Limit);

    private static Task<HaProxyServer> StartAsync(SimulatedCluster nodes, string level = "admin") =>
        HaProxyServer.StartAsync(nodes.Nodes.Select(node => KeyValuePair.Create(node.Name, IPEndPoint.Parse(node.Smtp!))), level, Checked);

    private static HaProxyLoadBalancer Adapter(string endpoint, string backend = HaProxyServer.Backend, string server = "gw2") =>
        new(new HaProxyOptions { Endpoint = endpoint, Backend = backend, Servers = { ["gw1"] = "gw1", ["gw2"] = server } });

    /// <summary>A session that a node has greeted, so that it stands on both sides of the balancer.</summary>
    private static async Task<TcpClient> GreetedAsync(HaProxyServer haproxy)
    {
        TcpClient client = new();
        await client.ConnectAsync(haproxy.Mail).WaitAsync(Limit);
        Assert.True(await client.GetStream().ReadAsync(new byte[512]).AsTask().WaitAsync(Limit) > 0);
        return client;
    }

    private static async Task<IReadOnlyDictionary<string, LoadState>> UntilAsync(
        HaProxyLoadBalancer adapter, Func<IReadOnlyDictionary<string, LoadState>, bool> condition)
    {
        IReadOnlyDictionary<string, LoadState> states = new Dictionary<string, LoadState>();
        await Eventually.TrueAsync(async () => condition(states = await adapter.GetAsync()), limit: Limit);
        return states;
    }
}
