using System.Diagnostics;
using System.Text.Json;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using Ksmg.Sdk.Dialects;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Benchmarks;

/// <summary>
/// What one question to a node costs, over the connection that is kept, over a new one, and where a dialect says how its answer is read.
/// The node is a process of its own.
/// </summary>
[MemoryDiagnoser]
[GroupBenchmarksBy(BenchmarkLogicalGroupRule.ByCategory)]
[CategoriesColumn]
public class PollBenchmarks
{
    private const string Queues = "get-queue-summary";
    private const string Status = "get-node-status";

    /// <summary>The answers of the simulated node member by member, the larger one with lists in it, as a dialect for a real node would have them.</summary>
    private static readonly Dictionary<string, string> Answers = new()
    {
        [Queues] = "{ mta: data.mta, kataQuarantine: data.kataQuarantine, antiSpamQuarantine: data.antiSpamQuarantine, smtpSessions: data.smtpSessions }",
        [Status] =
            "{ address: data.address, hostName: data.hostName, role: data.role, emergencyMode: data.emergencyMode, state: data.state, "
            + "synchronizedAt: data.synchronizedAt, appliedAt: data.appliedAt, settingsChangedAt: data.settingsChangedAt, databases: data.databases, "
            + "clock: data.clock, license: data.license, disks: data.disks[].{ mount: mount, freeBytes: freeBytes, totalBytes: totalBytes }, "
            + "services: data.services[].{ name: name, state: state }, integrity: { state: data.integrity.state, checkedAt: data.integrity.checkedAt } }",
    };

    private readonly byte[] _answer = new byte[1 << 16];
    private Process _server = null!;
    private HttpClient _bare = null!;
    private Uri _bareAddress = null!;
    private NodeAt _node = null!;
    private KsmgCluster _cluster = null!;
    private KsmgCluster _mapped = null!;

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
        _bareAddress = new Uri(_node.Url, "/ksmg/en-US/cgi-bin/klwi");
        _bare = new HttpClient(new SocketsHttpHandler { UseCookies = false, SslOptions = ServerTrust.Pinned(_node.Fingerprint).CreateSslOptions() });
        _cluster = Connect(mapped: false);
        _mapped = Connect(mapped: true);
        NodeStatus shipped = await StatusAsShipped();
        NodeStatus mapped = await StatusMapped();
        if (mapped.Services.Count == 0 || mapped.Services.Count != shipped.Services.Count || mapped.Role != shipped.Role)
        {
            throw new InvalidOperationException("The dialect does not read what the shipped catalogue reads.");
        }
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _bare.Dispose();
        _cluster.Dispose();
        _mapped.Dispose();
        _server.StandardInput.Close();
        _server.WaitForExit();
        _server.Dispose();
    }

    [Benchmark(Baseline = true)]
    [BenchmarkCategory(Queues)]
    public Task<QueueSummary> KeptConnection() => _cluster.Nodes[0].Queue.GetSummaryAsync();

    /// <summary>A bare request over a kept connection to the same node, and its answer (that there is no session) read.</summary>
    [Benchmark]
    [BenchmarkCategory(Queues)]
    public async Task<int> BareRequest()
    {
        using HttpRequestMessage request = new(HttpMethod.Post, _bareAddress);
        request.Headers.TryAddWithoutValidation("Accept", "application/json");
        request.Headers.TryAddWithoutValidation("Cookie", "session=0123456789abcdef0123456789abcdef; token=0123456789abcdef0123456789abcdef");
        using HttpResponseMessage response = await _bare.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await using Stream stream = await response.Content.ReadAsStreamAsync();
        int read = 0;
        for (int n; (n = await stream.ReadAsync(_answer.AsMemory(read))) > 0;)
        {
            read += n;
        }

        return read;
    }

    /// <summary>TLS handshake, login and the question.</summary>
    [Benchmark]
    [BenchmarkCategory(Queues)]
    public async Task<QueueSummary> NewConnection()
    {
        using KsmgCluster fresh = Connect(mapped: false);
        return await fresh.Nodes[0].Queue.GetSummaryAsync();
    }

    [Benchmark]
    [BenchmarkCategory(Queues)]
    public Task<QueueSummary> Mapped() => _mapped.Nodes[0].Queue.GetSummaryAsync();

    [Benchmark(Baseline = true)]
    [BenchmarkCategory(Status)]
    public Task<NodeStatus> StatusAsShipped() => _cluster.Nodes[0].Nodes.GetStatusAsync();

    [Benchmark]
    [BenchmarkCategory(Status)]
    public Task<NodeStatus> StatusMapped() => _mapped.Nodes[0].Nodes.GetStatusAsync();

    /// <summary>The other process: one simulated node until standard input ends.</summary>
    public static async Task<int> ServeAsync()
    {
        await using SimulatedCluster cluster = await SimulatedCluster.StartAsync(new SimulatedClusterOptions { Nodes = 1 });
        Console.WriteLine(
            JsonSerializer.Serialize(new NodeAt(cluster.Nodes[0].Url, cluster.Nodes[0].Fingerprint!, cluster.Options.UserName, cluster.Options.Password)));
        await Console.In.ReadToEndAsync();
        return 0;
    }

    private KsmgCluster Connect(bool mapped)
    {
        KsmgOptions options = new()
        {
            Nodes = { new KsmgNodeOptions { Name = "gw1", Address = _node.Url, Fingerprint = _node.Fingerprint } },
            Credentials = new KsmgCredentials(_node.UserName, _ => ValueTask.FromResult(_node.Password)),
            AnswerLanguage = new JmesPathLanguage(),
        };
        foreach ((string operation, string answer) in mapped ? Answers : [])
        {
            options.Catalogue[operation] =
            [
                new CatalogueEntryOptions
                {
                    Answer = answer,
                    Success = "!error",
                    Failure = "error && { code: error.code, message: error.message } || null",
                },
            ];
        }

        return KsmgCluster.Create(options);
    }

    private sealed record NodeAt(Uri Url, string Fingerprint, string UserName, string Password);
}
