using System.Net;
using System.Net.Sockets;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary>The real adapter against the simulated balancer's runtime API over loopback.</summary>
public sealed class HaProxyLoadBalancerTests : IAsyncDisposable, IAsyncLifetime
{
    private readonly MailCluster _cluster = new(2, TimeProvider.System, sockets: true);

    public Task InitializeAsync() => Task.CompletedTask;

    [Fact]
    public async Task What_is_set_is_what_is_read()
    {
        HaProxyLoadBalancer adapter = Adapter();
        IReadOnlyDictionary<string, LoadState> states = await adapter.GetAsync();
        Assert.Equal(["gw1", "gw2"], states.Keys.Order());
        Assert.All(states.Values, s => Assert.Equal(new LoadState(LoadMode.Ready, 0, Healthy: true, 0, s.Address), s));
        Assert.All(states, s => Assert.StartsWith("127.0.0.1:", s.Value.Address, StringComparison.Ordinal));

        foreach (LoadMode mode in new[] { LoadMode.Drain, LoadMode.Maintenance, LoadMode.Ready })
        {
            await adapter.SetAsync("gw2", mode);
            states = await adapter.GetAsync();
            Assert.Equal(mode, states["gw2"].Mode);
            Assert.Equal(mode == LoadMode.Maintenance ? null : true, states["gw2"].Healthy);
            Assert.Equal(LoadMode.Ready, states["gw1"].Mode);
        }

        Assert.Equal([("gw2", LoadMode.Drain, "client"), ("gw2", LoadMode.Maintenance, "client"), ("gw2", LoadMode.Ready, "client")], _cluster.Switched);
    }

    [Fact]
    public async Task Sessions_are_counted_and_can_be_closed()
    {
        HaProxyLoadBalancer adapter = Adapter();
        using IDisposable held = _cluster.Balancer.HoldSession("gw1");
        await adapter.SetAsync("gw1", LoadMode.Drain);
        LoadState drained = (await adapter.GetAsync())["gw1"];
        Assert.Equal(new LoadState(LoadMode.Drain, 1, Healthy: true, 1, drained.Address), drained);
        await adapter.CloseSessionsAsync("gw1");
        Assert.Equal(0, (await adapter.GetAsync())["gw1"].Sessions);
    }

    [Fact]
    public async Task Mistakes_in_names_are_told_with_what_to_correct()
    {
        await FailsAsync(Adapter(o => o.Backend = "web"), a => a.GetAsync(), null, "Correct LoadBalancer:Backend ('web')");
        await FailsAsync(Adapter(o => o.Backend = "web"), a => a.SetAsync("gw1", LoadMode.Drain), "gw1", "Correct LoadBalancer:Backend ('web')");
        await FailsAsync(Adapter(o => o.Servers["gw1"] = "s7"), a => a.GetAsync(), "gw1", "it has gw1, gw2. Correct LoadBalancer:Servers");
        await FailsAsync(Adapter(o => o.Servers["gw1"] = "s7"), a => a.SetAsync("gw1", LoadMode.Drain), "gw1", "Correct LoadBalancer:Servers");
        await FailsAsync(Adapter(o => o.Servers["gw1"] = "s7"), a => a.CloseSessionsAsync("gw1"), "gw1", "Correct LoadBalancer:Servers");
        await FailsAsync(Adapter(), a => a.SetAsync("gw9", LoadMode.Drain), "gw9", "known are gw1, gw2");
        Assert.Empty(_cluster.Switched);
    }

    [Theory]
    [InlineData(BalancerFault.Down, "cannot be reached")]
    [InlineData(BalancerFault.ApiRefused, "cannot be reached")]
    [InlineData(BalancerFault.ApiGarbled, "did not answer as expected")]
    [InlineData(BalancerFault.ApiSilent, "gave no whole answer in time")]
    internal async Task A_balancer_that_does_not_answer_is_an_error_that_says_so(BalancerFault fault, string text)
    {
        HaProxyLoadBalancer adapter = Adapter(o => o.Timeout = TimeSpan.FromSeconds(fault == BalancerFault.ApiSilent ? 0.2 : 20));
        _cluster.Balancer.Fault = fault;
        await FailsAsync(adapter, a => a.GetAsync(), null, text);
        await FailsAsync(adapter, a => a.SetAsync("gw1", LoadMode.Drain), "gw1", text);
        await FailsAsync(adapter, a => a.CloseSessionsAsync("gw1"), "gw1", text);
        _cluster.Balancer.Fault = BalancerFault.None;
        Assert.Equal(2, (await Adapter().GetAsync()).Count);
    }

    [Fact]
    public async Task A_change_that_did_not_happen_is_noticed_and_a_lie_is_not()
    {
        HaProxyLoadBalancer adapter = Adapter();
        _cluster.Balancer.Fault = BalancerFault.ApiIgnores;
        await FailsAsync(adapter, a => a.SetAsync("gw1", LoadMode.Drain), "gw1", "still shows it as Ready");
        _cluster.Balancer.Fault = BalancerFault.ApiLies;
        await adapter.SetAsync("gw1", LoadMode.Drain);
        Assert.Equal(LoadMode.Drain, (await adapter.GetAsync())["gw1"].Mode);
        Assert.Equal(LoadMode.Ready, _cluster.Balancer.StateOf("gw1").Mode);
    }

    [Fact]
    public async Task The_callers_cancellation_stays_a_cancellation()
    {
        _cluster.Balancer.Fault = BalancerFault.ApiSilent;
        using CancellationTokenSource cancel = new(TimeSpan.FromMilliseconds(50));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Adapter(o => o.Timeout = TimeSpan.FromSeconds(30)).GetAsync(cancel.Token));
    }

    [Fact]
    public async Task An_endless_answer_is_cut_off()
    {
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        Task flood = FloodAsync();
        await FailsAsync(
            Adapter(o => (o.Endpoint, o.Timeout) = (listener.LocalEndPoint!.ToString()!, TimeSpan.FromSeconds(30))),
            a => a.GetAsync(),
            null,
            "larger than any backend's state");
        await flood.WaitAsync(TimeSpan.FromSeconds(30));

        async Task FloodAsync()
        {
            using Socket socket = await listener.AcceptAsync();
            byte[] rubbish = new byte[64 * 1024];
            try
            {
                while (true)
                {
                    await socket.SendAsync(rubbish);
                }
            }
            catch (SocketException)
            {
                // The adapter has hung up, as it should.
            }
        }
    }

    [Fact]
    public async Task A_reload_that_forgets_is_seen()
    {
        HaProxyLoadBalancer adapter = Adapter();
        await adapter.SetAsync("gw1", LoadMode.Drain);
        _cluster.Balancer.ForgetDrains();
        Assert.Equal(LoadMode.Ready, (await adapter.GetAsync())["gw1"].Mode);
    }

    public async ValueTask DisposeAsync() => await _cluster.DisposeAsync();

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    private static async Task FailsAsync(HaProxyLoadBalancer adapter, Func<HaProxyLoadBalancer, Task> call, string? node, string text)
    {
        KsmgException e = await Assert.ThrowsAsync<KsmgException>(() => call(adapter));
        Assert.Equal(node, e.Node);
        Assert.Contains(text, e.Message, StringComparison.Ordinal);
    }

    private HaProxyLoadBalancer Adapter(Action<HaProxyOptions>? change = null)
    {
        HaProxyOptions options = new()
        {
            Endpoint = _cluster.Balancer.RuntimeEndPoint.ToString(),
            Backend = SimulatedBalancer.Backend,
            Servers = { ["gw1"] = "gw1", ["gw2"] = "gw2" },
            Timeout = TimeSpan.FromSeconds(20),
        };
        change?.Invoke(options);
        return new HaProxyLoadBalancer(options);
    }
}
