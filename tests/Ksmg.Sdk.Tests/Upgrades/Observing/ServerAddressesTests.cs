using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests;

/// <summary>Whether a server of the load balancer is the node it is called after, in whatever form the addresses come.</summary>
public sealed class ServerAddressesTests
{
    [Theory]
    [InlineData("10.0.0.1:25", null)]
    [InlineData("::ffff:10.0.0.1", null)]
    [InlineData("[::ffff:10.0.0.1]:25", null)]
    [InlineData("10.0.0.1", null)]
    [InlineData("10.0.0.1:10025", null)]
    [InlineData("10.0.0.1:25,10.0.0.1:587", null)]
    [InlineData("10.0.0.1:25,10.0.0.2:25", "balancer-swapped")]
    [InlineData("10.0.0.2:25", "balancer-swapped")]
    [InlineData("10.0.0.2:10025", "balancer-swapped")]
    [InlineData("[2001:db8::3]:25", "balancer-swapped")]
    [InlineData("[2001:DB8:0::3]:25", "balancer-swapped")]
    [InlineData("10.0.0.9:25", "balancer-address")]
    [InlineData("name.that.does.not.exist.invalid:25", null)]
    public async Task A_server_of_gw1_is_compared_with_where_the_nodes_take_mail(string server, string? code)
    {
        ServerAddresses servers = new(new Dictionary<string, string> { ["gw1"] = "10.0.0.1:25", ["gw2"] = "10.0.0.2:25", ["gw3"] = "[2001:db8::3]:25" });
        Assert.Equal(code, await CodeAsync(servers, server));
    }

    [Theory]
    [InlineData("127.0.0.1:2501", null)]
    [InlineData("127.0.0.1:2502", "balancer-swapped")]
    [InlineData("127.0.0.1:2503", "balancer-address")]
    [InlineData("localhost:2502", "balancer-swapped")]
    [InlineData("localhost:2501", null)]
    public async Task Nodes_behind_one_address_are_told_apart_by_the_port(string server, string? code)
    {
        ServerAddresses servers = new(new Dictionary<string, string> { ["gw1"] = "localhost:2501", ["gw2"] = "127.0.0.1:2502" });
        Assert.Equal(code, await CodeAsync(servers, server));
    }

    [Fact]
    public async Task A_server_that_leads_elsewhere_and_back_is_compared_anew()
    {
        ServerAddresses servers = new(new Dictionary<string, string> { ["gw1"] = "10.0.0.1:25", ["gw2"] = "10.0.0.2:25" });
        Assert.Null(await CodeAsync(servers, "10.0.0.1:25"));
        Assert.Equal("balancer-swapped", await CodeAsync(servers, "10.0.0.2:25"));
        Assert.Equal("balancer-swapped", await CodeAsync(servers, "10.0.0.2:25"));
        Assert.Null(await CodeAsync(servers, "10.0.0.1:25"));
    }

    [Fact]
    public async Task Without_an_address_nothing_is_compared()
    {
        ServerAddresses servers = new(new Dictionary<string, string> { ["gw1"] = "10.0.0.1:25" });
        Assert.Null(await CodeAsync(servers, null));
        Assert.Null(await CodeAsync(new ServerAddresses(new Dictionary<string, string>()), "10.0.0.1:25"));
    }

    private static async Task<string?> CodeAsync(ServerAddresses servers, string? address)
    {
        Dictionary<string, LoadState> load = new() { ["gw1"] = new LoadState(LoadMode.Ready, 0, Healthy: true, 0, address) };
        return (await servers.CompareAsync(load, CancellationToken.None)).SingleOrDefault()?.Code;
    }
}
