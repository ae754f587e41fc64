using System.Text.Json.Nodes;
using Ksmg.Sdk.Tests.Support;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary><c>ksmg simulate --clusters</c> as a process: what it says is there, and each cluster is one like any other.</summary>
public sealed class CliSimulateFleetTests : IDisposable
{
    private static readonly TimeSpan Limit = Eventually.Limit;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-fleet-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task It_says_where_the_fleet_and_each_cluster_are_and_a_cluster_can_be_planned_for()
    {
        await using CliProcess simulator = CliProcess.Start(
            "simulate", "--out", _folder.FullName, "--clusters", "3", "--nodes", "2", "--speed", "20");
        JsonNode ready = JsonNode.Parse((await simulator.WaitForLineAsync("ready "))["ready ".Length..])!;

        Assert.Equal(Path.Combine(_folder.FullName, "fleet.json"), ready["fleet"]!.GetValue<string>());
        Assert.Equal(["c001", "c002", "c003"], ready["clusters"]!.AsArray().Select(cluster => cluster!["name"]!.GetValue<string>()));
        using HttpClient http = new() { Timeout = Limit };
        foreach (JsonNode? cluster in ready["clusters"]!.AsArray())
        {
            JsonNode world = JsonNode.Parse(await http.GetStringAsync(new Uri(new Uri(cluster!["control"]!.GetValue<string>()), "world")))!;
            Assert.Equal(["gw1", "gw2"], world["nodes"]!.AsArray().Select(node => node!["name"]!.GetValue<string>()));
        }

        (int exitCode, string output, string error) = await CliProcess.RunAsync(
            "plan", "-c", ready["clusters"]![2]!["cluster"]!.GetValue<string>(), "--package", ready["package"]!.GetValue<string>());
        Assert.True(exitCode == 0, error);
        Assert.StartsWith("Plan for cluster c003: 2.0.1.6960 to 2.1.0.7854", output);
        JsonNode fleet = JsonNode.Parse(await File.ReadAllTextAsync(ready["fleet"]!.GetValue<string>()))!;
        Assert.Equal("c003/cluster.json", fleet["Fleet"]!["Clusters"]![2]!["File"]!.GetValue<string>());
    }
}
