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
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

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
        HaProxyLoadBalancer both = Adapter($"{one.Runtime}, unix:{two.RuntimeSocket}");

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

    private static Task<SimulatedCluster> StartNodesAsync() =>
        SimulatedCluster.StartAsync(new SimulatedClusterOptions { Nodes = 2, PackageBytes = 1024 }).WaitAsync(Limit);

    private static Task<HaProxyServer> StartAsync(SimulatedCluster nodes, string level = "admin") =>
        HaProxyServer.StartAsync(nodes.Nodes.Select(node => KeyValuePair.Create(node.Name, IPEndPoint.Parse(node.Smtp!))), level);

    private static HaProxyLoadBalancer Adapter(string endpoint, string backend = HaProxyServer.Backend) =>
        new(new HaProxyOptions { Endpoint = endpoint, Backend = backend, Servers = { ["gw1"] = "gw1", ["gw2"] = "gw2" } });

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
