using System.Diagnostics;
using System.Text.Json;
using BenchmarkDotNet.Attributes;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Benchmarks;

/// <summary>What one question to a node costs, over the connection that is kept and over a new one. The node is a process of its own.</summary>
[MemoryDiagnoser]
public class PollBenchmarks
{
    private Process _server = null!;
    private NodeAt _node = null!;
    private KsmgCluster _cluster = null!;

    [GlobalSetup]
    public async Task Setup()
    {
        _server = Process.Start(
            new ProcessStartInfo("dotnet", ["exec", typeof(PollBenchmarks).Assembly.Location, "serve-node"])
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardInput = true,
            })!;
        _node = JsonSerializer.Deserialize<NodeAt>((await _server.StandardOutput.ReadLineAsync())!)!;
        _cluster = Connect();
        await _cluster.Nodes[0].Queue.GetSummaryAsync();
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _cluster.Dispose();
        _server.StandardInput.Close();
        _server.WaitForExit();
        _server.Dispose();
    }

    [Benchmark(Baseline = true)]
    public Task<QueueSummary> KeptConnection() => _cluster.Nodes[0].Queue.GetSummaryAsync();

    /// <summary>TLS handshake, login and the question.</summary>
    [Benchmark]
    public async Task<QueueSummary> NewConnection()
    {
        using KsmgCluster fresh = Connect();
        return await fresh.Nodes[0].Queue.GetSummaryAsync();
    }

    /// <summary>The other process: one simulated node until standard input ends.</summary>
    public static async Task<int> ServeAsync()
    {
        await using SimulatedCluster cluster = await SimulatedCluster.StartAsync(new SimulatedClusterOptions { Nodes = 1 });
        Console.WriteLine(
            JsonSerializer.Serialize(new NodeAt(cluster.Nodes[0].Url, cluster.Nodes[0].Fingerprint!, cluster.Options.UserName, cluster.Options.Password)));
        await Console.In.ReadToEndAsync();
        return 0;
    }

    private KsmgCluster Connect() => KsmgCluster.Create(new KsmgOptions
    {
        Nodes = { new KsmgNodeOptions { Name = "gw1", Address = _node.Url, Fingerprint = _node.Fingerprint } },
        Credentials = new KsmgCredentials(_node.UserName, _ => ValueTask.FromResult(_node.Password)),
    });

    private sealed record NodeAt(Uri Url, string Fingerprint, string UserName, string Password);
}
