using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests;

public sealed class BalancerTests
{
    private readonly VirtualTimeProvider _time = new();
    private readonly MailCluster _cluster;
    private readonly SimulatedBalancer _balancer;

    public BalancerTests()
    {
        _cluster = MailCluster.Virtual(3, _time);
        _balancer = _cluster.Balancer;
    }

    [Fact]
    public void A_drained_server_gets_nothing_new_and_keeps_what_it_has()
    {
        using IDisposable held = _balancer.HoldSession("gw2");
        _balancer.Set("gw2", LoadMode.Drain, "human");
        long before = _balancer.StateOf("gw2").SessionsTotal!.Value;
        _cluster.Generator.Start(50);
        _time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(before, _balancer.StateOf("gw2").SessionsTotal);
        Assert.Equal(1, _balancer.StateOf("gw2").Sessions);
        Assert.Equal(1, _cluster.Nodes[1].OpenSessions);
        Assert.Equal(500, _cluster.Ledger.Figures.Accepted, 5.0);

        _balancer.CloseSessions("gw2");
        Assert.Equal(0, _balancer.StateOf("gw2").Sessions);
        Assert.Equal(0, _cluster.Nodes[1].OpenSessions);
        Assert.Equal([("gw2", LoadMode.Drain, "human")], _cluster.Switched);
    }

    [Fact]
    public void A_node_that_goes_away_is_passed_over()
    {
        using IDisposable held = _balancer.HoldSession("gw1");
        _cluster.Change(0, h => h.IsSmtpUp = false);
        Assert.Equal(new LoadState(LoadMode.Ready, 0, Healthy: false, 1), _balancer.StateOf("gw1"));
        _cluster.Generator.Start(10);
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(0, _cluster.Ledger.Figures.Rejected);
        _cluster.Change(0, h => h.IsSmtpUp = true);
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.True(_balancer.StateOf("gw1").SessionsTotal > 1);
    }

    [Fact]
    public async Task Behind_sockets_a_node_without_SMTP_is_down_until_it_is_back()
    {
        await using SimulatedCluster cluster = await SimulatedCluster.StartAsync(new SimulatedClusterOptions { Nodes = 2 });
        bool? Healthy(string node) => cluster.World.Mail.Balancer.StateOf(node).Healthy;

        cluster.Faults.Arm(new SimulatedFault { Fault = "web-dead", Node = "gw2", Value = "smtp-dead" });
        await Eventually.TrueAsync(() => Healthy("gw2") == false, "the node was down");
        Assert.True(Healthy("gw1"));

        cluster.Faults.Clear();
        await Eventually.TrueAsync(() => Healthy("gw2") == true, "the node was up again");
    }

    [Fact]
    public void A_reload_forgets_drains_and_is_nobodys_doing_but_the_faults()
    {
        _balancer.SetByClient("gw1", LoadMode.Drain);
        _balancer.SetByClient("gw2", LoadMode.Maintenance);
        _balancer.ForgetDrains();
        Assert.All(_cluster.Hosts, h => Assert.Equal(LoadMode.Ready, _balancer.StateOf(h.Name).Mode));
        Assert.Equal(
            [("gw1", LoadMode.Drain, "client"), ("gw2", LoadMode.Maintenance, "client"), ("gw1", LoadMode.Ready, "fault"), ("gw2", LoadMode.Ready, "fault")],
            _cluster.Switched);
    }

    [Fact]
    public void Setting_what_is_set_already_is_no_effect()
    {
        _balancer.SetByClient("gw1", LoadMode.Ready);
        Assert.Empty(_cluster.Switched);
    }

    [Fact]
    public async Task The_direct_port_says_what_the_model_says()
    {
        ILoadBalancer port = _balancer.AsLoadBalancer();
        await port.SetAsync("gw3", LoadMode.Drain);
        IReadOnlyDictionary<string, LoadState> states = await port.GetAsync();
        Assert.Equal(["gw1", "gw2", "gw3"], states.Keys);
        Assert.Equal(new LoadState(LoadMode.Drain, 0, Healthy: true, 0), states["gw3"]);
        _balancer.HoldSession("gw3");
        await port.CloseSessionsAsync("gw3");
        Assert.Equal(0, (await port.GetAsync())["gw3"].Sessions);
    }

    [Fact]
    public async Task The_direct_port_has_the_faults_too()
    {
        ILoadBalancer port = _balancer.AsLoadBalancer();
        foreach (BalancerFault fault in new[] { BalancerFault.Down, BalancerFault.ApiRefused, BalancerFault.ApiGarbled, BalancerFault.ApiSilent })
        {
            _balancer.Fault = fault;
            await Assert.ThrowsAsync<KsmgException>(() => port.GetAsync());
            await Assert.ThrowsAsync<KsmgException>(() => port.SetAsync("gw1", LoadMode.Drain));
        }

        _balancer.Fault = BalancerFault.ApiIgnores;
        Assert.Equal("gw1", (await Assert.ThrowsAsync<KsmgException>(() => port.SetAsync("gw1", LoadMode.Drain))).Node);

        _balancer.Fault = BalancerFault.ApiLies;
        await port.SetAsync("gw1", LoadMode.Drain);
        Assert.Equal(LoadMode.Drain, (await port.GetAsync())["gw1"].Mode);
        Assert.Equal(LoadMode.Ready, _balancer.StateOf("gw1").Mode);
        Assert.Empty(_cluster.Switched);

        _balancer.Fault = BalancerFault.None;
        Assert.Equal(LoadMode.Ready, (await port.GetAsync())["gw1"].Mode);
    }

    // Captured from HAProxy 2.6.12.
    [Theory]
    [InlineData("set server smtp/gw1 state drain", "\n")]
    [InlineData("set  server  smtp/gw1 state  ready ", "\n")]
    [InlineData("set server smtp/gw9 state drain", "No such server.\n\n")]
    [InlineData("set server nope/gw1 state drain", "No such backend.\n\n")]
    [InlineData("set server gw1 state ready", "Require 'backend/server'.\n\n")]
    [InlineData("set server smtp/gw1 state foo", "'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n\n")]
    [
        InlineData(
            "set server smtp/gw1",
            "usage: set server <backend>/<server> addr | agent | agent-addr | agent-port | agent-send | check-addr | check-port | fqdn | health | ssl | state | weight\n\n")]
    [InlineData("show servers state nope", "Can't find backend.\n\n")]
    [InlineData("shutdown sessions server smtp/gw9", "No such server.\n\n")]
    [InlineData("shutdown sessions server smtp", "Require 'backend/server'.\n\n")]
    [InlineData("shutdown sessions server smtp/gw1;set server smtp/gw9 state maint", "\nNo such server.\n\n")]
    [InlineData("quit", "")]
    public void Commands_are_answered_as_HAProxy_answers_them(string command, string answer) =>
        Assert.Equal(answer, _balancer.Execute(command));

    [Fact]
    public void An_unknown_command_is_answered_with_the_list_of_known_ones() =>
        Assert.StartsWith("Unknown command. Please enter one of the following commands only:\n", _balancer.Execute("bogus"), StringComparison.Ordinal);

    [Fact]
    public void Tables_have_HAProxys_columns_and_the_truth_in_them()
    {
        _balancer.SetByClient("gw1", LoadMode.Drain);
        _balancer.SetByClient("gw2", LoadMode.Maintenance);
        _cluster.Change(2, h => h.IsSmtpUp = false);
        using IDisposable held = _balancer.HoldSession("gw1");
        string[] state = _balancer.Execute("show servers state smtp").Split('\n');
        Assert.Equal("1", state[0]);
        Assert.Equal(HaProxyAnswersTests.State.Split('\n')[1], state[1]);
        Assert.StartsWith("3 smtp 1 gw1 127.0.0.1 2 8 1 1 0 6 3 3 6 0 0 0 - ", state[2], StringComparison.Ordinal);
        Assert.StartsWith("3 smtp 2 gw2 127.0.0.1 0 1 1 1 0 ", state[3], StringComparison.Ordinal);
        Assert.StartsWith("3 smtp 3 gw3 127.0.0.1 0 0 1 1 0 8 2 0 6 0 0 0 - ", state[4], StringComparison.Ordinal);
        Assert.Equal(["", ""], state[5..]);

        string[] stat = _balancer.Execute("show stat").Split('\n');
        Assert.Equal(HaProxyAnswersTests.Stat.Split('\n')[0], stat[0]);
        Assert.Equal(["mail,FRONTEND", "smtp,gw1", "smtp,gw2", "smtp,gw3", "smtp,BACKEND"], stat[1..6].Select(l => string.Join(',', l.Split(',').Take(2))));
        Assert.All(stat[1..6], l => Assert.Equal(stat[0].Split(',').Length, l.Split(',').Length));
        int status = Array.IndexOf(stat[0].Split(','), "status");
        Assert.Equal(["OPEN", "DRAIN", "MAINT", "DOWN", "DOWN"], stat[1..6].Select(l => l.Split(',')[status]));
        Assert.Equal(["", ""], stat[6..]);

        Assert.Single(_balancer.Execute("show sess").Split('\n'), l => l.Contains(" be=smtp srv=gw1 ", StringComparison.Ordinal));
        Assert.StartsWith("Name: HAProxy\nVersion: 2.6.", _balancer.Execute("show info"), StringComparison.Ordinal);
    }
}
