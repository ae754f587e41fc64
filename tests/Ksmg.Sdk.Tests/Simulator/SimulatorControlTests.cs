using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests;

/// <summary>The control URL, as somebody calls it who makes mistakes.</summary>
public sealed class SimulatorControlTests
{
    [Theory]
    [InlineData("mail/start", """{"perSecond":0}""")]
    [InlineData("mail/start", """{"perSecond":1e400}""")]
    [InlineData("snapshots/gw1", "{}")]
    [InlineData("snapshots/gw1", """{"name":""}""")]
    [InlineData("faults", """{"fault":"html-answer","for":"99999999.00:00:00"}""")]
    [InlineData("faults", """{"fault":"html-answer","for":"P99999999999D"}""")]
    [InlineData("act", "null")]
    public async Task An_order_that_cannot_be_carried_out_is_refused(string path, string order)
    {
        await using SimulatedCluster cluster = await SimulatedCluster.StartAsync(new SimulatedClusterOptions { Nodes = 1 });
        Assert.Equal(HttpStatusCode.BadRequest, await OrderAsync(cluster, path, order));
    }

    [Fact]
    public async Task Mail_may_flow_as_slowly_as_one_likes()
    {
        await using SimulatedCluster cluster = await SimulatedCluster.StartAsync(new SimulatedClusterOptions { Nodes = 1 });
        Assert.Equal(HttpStatusCode.OK, await OrderAsync(cluster, "mail/start", """{"perSecond":1e-9}"""));
        Assert.Equal(HttpStatusCode.OK, await OrderAsync(cluster, "mail/start", """{"perSecond":1e-300}"""));
    }

    private static async Task<HttpStatusCode> OrderAsync(SimulatedCluster cluster, string path, string order)
    {
        using HttpClient http = new();
        using StringContent body = new(order, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        using HttpResponseMessage answer = await http.PostAsync(new Uri(cluster.ControlUrl!, path), body);
        return answer.StatusCode;
    }
}
