using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Tests;

public sealed class HaProxyOptionsTests
{
    [Theory]
    [InlineData("127.0.0.1:9999")]
    [InlineData("[::1]:9999")]
    [InlineData("balancer.example:9999")]
    [InlineData("unix:/run/haproxy/admin.sock")]
    public void Endpoints_are_read(string endpoint) => _ = new HaProxyLoadBalancer(Options(o => o.Endpoint = endpoint));

    [Theory]
    [InlineData("")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:0")]
    [InlineData("127.0.0.1:99999")]
    [InlineData("::1")]
    [InlineData("host name:1")]
    [InlineData("unix:/")]
    [InlineData("unix:relative")]
    [InlineData("http://127.0.0.1:9999/")]
    public void Anything_else_is_no_endpoint(string endpoint) =>
        Assert.Contains("Endpoint", Failure(o => o.Endpoint = endpoint), StringComparison.Ordinal);

    [Theory]
    [InlineData("smtp;set server smtp/gw2 state maint")]
    [InlineData("smtp\nquit")]
    [InlineData("a/b")]
    [InlineData("")]
    public void Names_cannot_carry_commands(string name)
    {
        Assert.Contains("Backend", Failure(o => o.Backend = name), StringComparison.Ordinal);
        Assert.Contains("node gw1", Failure(o => o.Servers["gw1"] = name), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_mistake_is_told_at_once()
    {
        string failure = Failure(o =>
        {
            o.Servers["gw2"] = "s1";
            o.Timeout = TimeSpan.Zero;
            o.Endpoint = "x";
        });
        Assert.Contains("gw1, gw2 share", failure, StringComparison.Ordinal);
        Assert.Contains("Timeout", failure, StringComparison.Ordinal);
        Assert.Contains("Endpoint", failure, StringComparison.Ordinal);
        Assert.Contains("Servers is empty", Failure(o => o.Servers.Clear()), StringComparison.Ordinal);
    }

    [Fact]
    public void Configuration_brings_the_balancer_of_a_named_cluster()
    {
        using ServiceProvider provider = Services(new() { ["Servers:gw1"] = "s1" });
        Assert.IsType<HaProxyLoadBalancer>(provider.GetRequiredKeyedService<ILoadBalancer>("eu"));
        HaProxyOptions options = provider.GetRequiredService<IOptionsMonitor<HaProxyOptions>>().Get("eu");
        Assert.Equal("s1", options.Servers["GW1"]);
        Assert.Equal(TimeSpan.FromSeconds(5), options.Timeout);
    }

    [Fact]
    public void A_server_of_no_node_is_a_mistake()
    {
        using ServiceProvider provider = Services(new() { ["Servers:gw1"] = "s1", ["Servers:gw7"] = "s7" });
        OptionsValidationException e = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredKeyedService<ILoadBalancer>("eu"));
        Assert.Contains("a node that the cluster does not have", e.Message, StringComparison.Ordinal);
    }

    private static ServiceProvider Services(Dictionary<string, string?> settings) => AdapterServices.Of(
        "LoadBalancer",
        new Dictionary<string, string?>(settings) { ["Kind"] = "HaProxy", ["Endpoint"] = "127.0.0.1:9999", ["Backend"] = "smtp" },
        (ksmg, section) => ksmg.UseHaProxy(section));

    private static string Failure(Action<HaProxyOptions> change) =>
        Assert.Throws<OptionsValidationException>(() => new HaProxyLoadBalancer(Options(change))).Message;

    private static HaProxyOptions Options(Action<HaProxyOptions> change)
    {
        HaProxyOptions options = new() { Endpoint = "127.0.0.1:9999", Backend = "smtp", Servers = { ["gw1"] = "s1" } };
        change(options);
        return options;
    }
}
