using System.Text.Json;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary>What is stuck in the queues of a node, and the node's own attempt to deliver it.</summary>
public sealed class CliQueueTests : IDisposable
{
    private static readonly TimeSpan _limit = TimeSpan.FromMinutes(1);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-queue-");

    private string Cluster => Path.Combine(_folder.FullName, "cluster.json");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Messages_that_wait_are_told_with_destination_age_and_reason()
    {
        await using SimulatedCluster cluster = await StartAsync(stuck: 3);

        string[] lines = (await RunAsync("queue", "gw2", "--messages")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        JsonElement json = JsonDocument.Parse((await RunAsync("queue", "gw2", "--messages", "--json")).Output).RootElement;
        string few = (await RunAsync("queue", "gw2", "--messages", "--most", "2")).Output;

        Assert.Equal(["queue", "destination", "age", "size", "id", "reason"], lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(4, lines.Length);
        Assert.All(lines[1..], line => Assert.Matches(@"^mta .* \d+\.\d s .*deferred by a fault", line.TrimEnd()));
        Assert.Equal(("gw2", false), (json.GetProperty("name").GetString(), json.GetProperty("more").GetBoolean()));
        Assert.Equal(3, json.GetProperty("messages").GetArrayLength());
        Assert.Equal("deferred by a fault", json.GetProperty("messages")[0].GetProperty("reason").GetString());
        Assert.Contains("There are more than these 2", few, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_is_named_is_asked_alone()
    {
        await using SimulatedCluster cluster = await StartAsync(stuck: 1);

        CliAnswer one = await RunAsync("queue", "gw2", "--json");
        CliAnswer unknown = await RunAsync("queue", "gw9");
        CliAnswer nobody = await RunAsync("queue", "--messages");

        Assert.Equal("gw2", Assert.Single(JsonDocument.Parse(one.Output).RootElement.EnumerateArray()).GetProperty("name").GetString());
        Assert.Equal((64, "There is no node 'gw9'; these are: gw1, gw2."), (unknown.ExitCode, unknown.Line));
        Assert.Equal(64, nobody.ExitCode);
    }

    [Fact]
    public async Task A_flush_is_asked_for_and_is_the_nodes_own()
    {
        await using SimulatedCluster cluster = await StartAsync(stuck: 2);

        CliAnswer unasked = await RunAsync("queue", "flush", "gw2", "mta");
        CliAnswer no = await CliFixture.RunAsync("n\n", canAsk: true, "queue", "flush", "gw2", "mta", "-c", Cluster).WaitAsync(_limit);
        Assert.Equal((64, 5), (unasked.ExitCode, no.ExitCode));
        Assert.Contains("Ask gw2 to try now to deliver 2 messages of its MTA queue? [y/N]", no.Output, StringComparison.Ordinal);
        Assert.Empty(Flushes(cluster));

        CliAnswer yes = await RunAsync("queue", "flush", "gw2", "mta", "--yes", "--json");
        Assert.Equal("""{"name":"gw2","queue":"mta","waiting":2,"flushed":true}""", yes.Output.Trim());
        Assert.Contains($"ksmg queue gw2 --messages -c {Cluster}", yes.Error, StringComparison.Ordinal);
        Assert.Single(Flushes(cluster));

        Assert.Contains("Nothing waits there on gw2.", (await RunAsync("queue", "flush", "gw2", "kata", "--yes")).Output, StringComparison.Ordinal);
        Assert.Equal(64, (await RunAsync("queue", "flush", "gw2", "antispam", "--yes")).ExitCode);
        Assert.Single(Flushes(cluster));
    }

    private static IEnumerable<string> Flushes(SimulatedCluster cluster) =>
        cluster.GetEffects().Select(effect => effect.Effect).Where(effect => effect.Contains("flush", StringComparison.Ordinal));

    private async Task<SimulatedCluster> StartAsync(int stuck)
    {
        SimulatedCluster cluster = await SimulatedCluster.StartAsync(new SimulatedClusterOptions { Nodes = 2, PackageBytes = 1 << 20 }).WaitAsync(_limit);
        await cluster.WriteFilesAsync(_folder.FullName);
        cluster.Faults.Arm(new SimulatedFault { Fault = "queue-stuck", Node = "gw2", Value = $"{stuck}" });
        return cluster;
    }

    private Task<CliAnswer> RunAsync(params string[] command) => CliFixture.RunAsync([.. command, "-c", Cluster]).WaitAsync(_limit);
}
