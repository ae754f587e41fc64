using System.Net;
using System.Text.Json.Nodes;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Moq;

namespace Ksmg.Sdk.Tests.Web;

/// <summary>What a host says of the health of its cluster and its run: over HTTP with simulated nodes, and by clock and table with doubles.</summary>
public sealed class HealthTests
{
    private const string Password = "canary-Pa55word-health-4711";

    [Trait("Category", "Slow")]
    [Fact]
    public async Task A_host_tells_which_node_is_not_in_order_and_that_a_run_waits()
    {
        await using SimulatedCluster simulated = await SimulatedCluster.StartAsync(
            new SimulatedClusterOptions { Nodes = 2, Speed = 40, PackageBytes = 1 << 16, Password = Password });
        await using Host host = await Host.StartAsync(simulated, TimeSpan.Zero);
        using HttpClient http = new() { BaseAddress = host.Address };

        JsonNode well = await AskAsync(http, HttpStatusCode.OK);
        Assert.Equal("Healthy", (string)well["status"]!);
        Assert.Equal("in order", (string)well["ksmg-cluster"]!["data"]!["gw2"]!);
        Assert.Equal("There is no run.", (string)well["ksmg-run"]!["says"]!);

        // It waits for the approval after its first node: that is told, and the nodes are as well as before.
        UpgradeRun run = await host.UpgradeAsync(simulated);
        JsonNode waiting = await AskAsync(http, HttpStatusCode.OK);
        Assert.Equal("Degraded", (string)waiting["ksmg-run"]!["status"]!);
        Assert.Equal((run.Id, "Paused"), ((string)waiting["ksmg-run"]!["data"]!["run"]!, (string)waiting["ksmg-run"]!["data"]!["state"]!));

        simulated.Act("gw1", "power-off");
        JsonNode one = await AskAsync(http, HttpStatusCode.OK);
        Assert.Equal("Degraded", (string)one["ksmg-cluster"]!["status"]!);
        Assert.StartsWith("gw1", (string)one["ksmg-cluster"]!["data"]!["gw1"]!, StringComparison.Ordinal);

        simulated.Act("gw2", "power-off");
        JsonNode none = await AskAsync(http, HttpStatusCode.ServiceUnavailable);
        Assert.Equal("Unhealthy", (string)none["ksmg-cluster"]!["status"]!);
        Assert.All([well, waiting, one, none], answer => Assert.DoesNotContain("canary", answer.ToJsonString(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Nodes_are_asked_once_however_many_ask_for_their_health()
    {
        await using SimulatedCluster simulated = await SimulatedCluster.StartAsync(new SimulatedClusterOptions { Nodes = 2, PackageBytes = 1 << 16 });
        await using Host host = await Host.StartAsync(simulated, TimeSpan.FromHours(1));
        using HttpClient http = new() { BaseAddress = host.Address };

        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => AskAsync(http, HttpStatusCode.OK)));

        Assert.Equal(["gw1", "gw2"], simulated.GetRequests().Where(r => r.Operation == "get-node-status").Select(r => r.Node).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_silent_node_is_given_up_after_the_limit_and_asked_again_after_the_period()
    {
        ManualTime time = new();
        int asked = 0;
        Mock<NodesClient> nodes = new();
        nodes.Setup(n => n.GetStatusAsync(It.IsAny<CancellationToken>())).Returns(async (CancellationToken end) =>
        {
            Interlocked.Increment(ref asked);
            await Task.Delay(Timeout.InfiniteTimeSpan, time, end);
            return null!;
        });
        Mock<KsmgNode> node = new();
        node.SetupGet(n => n.Name).Returns("gw1");
        node.SetupGet(n => n.Nodes).Returns(nodes.Object);
        Mock<KsmgCluster> cluster = new();
        cluster.SetupGet(c => c.Nodes).Returns([node.Object]);
        cluster.SetupGet(c => c.Name).Returns("site");
        ServiceCollection services = Services(time);
        services.AddKeyedSingleton("site", cluster.Object);
        services.AddHealthChecks().AddKsmgCluster("site", period: TimeSpan.FromMinutes(1), limit: TimeSpan.FromSeconds(3));
        await using ServiceProvider provider = services.BuildServiceProvider();

        Task<HealthReportEntry[]> first = Task.WhenAll(CheckAsync(provider), CheckAsync(provider));
        await Eventually.TrueAsync(() => time.Requested.Contains(TimeSpan.FromSeconds(3)));
        Assert.False(first.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(3));
        Assert.All(await first.WaitAsync(Eventually.Limit), entry => Assert.Equal(HealthStatus.Unhealthy, entry.Status));
        Assert.Equal("It did not answer in time.", (await CheckAsync(provider).WaitAsync(Eventually.Limit)).Data["gw1"]);
        Assert.Equal(1, asked);

        time.Advance(TimeSpan.FromMinutes(1));
        Task<HealthReportEntry> second = CheckAsync(provider);
        await Eventually.TrueAsync(() => asked == 2);
        await Eventually.AdvanceAsync(time, TimeSpan.FromSeconds(1), second);
    }

    [Theory]
    [InlineData(UpgradeEnd.Running, "host, 4711", HealthStatus.Healthy)]
    [InlineData(UpgradeEnd.Running, null, HealthStatus.Unhealthy)]
    [InlineData(UpgradeEnd.Paused, null, HealthStatus.Degraded)]
    [InlineData(UpgradeEnd.NeedsHuman, null, HealthStatus.Unhealthy)]
    [InlineData(UpgradeEnd.Completed, null, HealthStatus.Healthy)]
    [InlineData(UpgradeEnd.RolledBack, null, HealthStatus.Healthy)]
    [InlineData(UpgradeEnd.Aborted, null, HealthStatus.Degraded)]
    [InlineData(UpgradeEnd.CompletedWithProblems, null, HealthStatus.Degraded)]
    [InlineData(UpgradeEnd.CompletedWithExceptions, null, HealthStatus.Degraded)]
    [InlineData(UpgradeEnd.Failed, null, HealthStatus.Unhealthy)]
    public async Task How_a_run_stands_is_its_health(UpgradeEnd end, string? holder, HealthStatus expected)
    {
        bool isActive = end is UpgradeEnd.Running or UpgradeEnd.Paused or UpgradeEnd.NeedsHuman;
        RunSummary summary = UpgradeModelFactory.Run() with { RunId = "the-active-one", End = isActive ? null : end, Holder = holder };
        RunSummary older = UpgradeModelFactory.Run() with { RunId = "older", End = UpgradeEnd.Completed };
        HealthReportEntry entry = await JudgeAsync(isActive ? [summary, older] : [older, summary], end);

        Assert.Equal(expected, entry.Status);
        Assert.Equal("the-active-one", entry.Data["run"]);
        Assert.Equal(end.ToString(), entry.Data["state"]);
    }

    [Fact]
    public async Task A_run_that_cannot_be_read_may_be_the_active_one()
    {
        RunSummary damaged = UpgradeModelFactory.Run() with { RunId = "damaged", End = null, Damage = "The journal\u001b[2J is torn." };
        HealthReportEntry entry = await JudgeAsync([damaged, UpgradeModelFactory.Run() with { End = UpgradeEnd.Completed }], UpgradeEnd.Completed);

        Assert.Equal(HealthStatus.Unhealthy, entry.Status);
        Assert.Equal("damaged", entry.Data["run"]);
        Assert.DoesNotContain('\u001b', entry.Description!);
    }

    private static async Task<HealthReportEntry> JudgeAsync(IReadOnlyList<RunSummary> runs, UpgradeEnd end)
    {
        Mock<UpgradeRun> run = new();
        run.Setup(r => r.GetReportAsync(It.IsAny<CancellationToken>())).ReturnsAsync(UpgradeModelFactory.Report() with { End = end });
        Mock<RollingUpgradeOrchestrator> orchestrator = new();
        orchestrator.Setup(o => o.ListRunsAsync(It.IsAny<CancellationToken>())).ReturnsAsync(runs);
        orchestrator.Setup(o => o.GetRun("the-active-one")).Returns(run.Object);
        ServiceCollection services = Services(TimeProvider.System);
        services.AddKeyedSingleton("site", orchestrator.Object);
        services.AddHealthChecks().AddKsmgRun("site");
        await using ServiceProvider provider = services.BuildServiceProvider();
        return await CheckAsync(provider).WaitAsync(Eventually.Limit);
    }

    private static ServiceCollection Services(TimeProvider time)
    {
        ServiceCollection services = new();
        services.AddLogging();
        services.AddSingleton(time);
        return services;
    }

    private static async Task<HealthReportEntry> CheckAsync(ServiceProvider provider) =>
        Assert.Single((await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries).Value;

    private static async Task<JsonNode> AskAsync(HttpClient http, HttpStatusCode expected)
    {
        using CancellationTokenSource limit = new(Eventually.Limit);
        using HttpResponseMessage answer = await http.GetAsync(new Uri("/health", UriKind.Relative), limit.Token);
        string text = await answer.Content.ReadAsStringAsync(limit.Token);
        Assert.True(answer.StatusCode == expected, text);
        return JsonNode.Parse(text)!;
    }

    /// <summary>A host as users write one, which shows all that the checks say.</summary>
    private sealed class Host : IAsyncDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-health-");
        private WebApplication _application = null!;

        public Uri Address { get; private set; } = null!;

        public static async Task<Host> StartAsync(SimulatedCluster simulated, TimeSpan period)
        {
            Host host = new();
            await simulated.WriteFilesAsync(host._folder.FullName);
            WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
            builder.Services.AddKsmg(ClusterFile.Load(Path.Combine(host._folder.FullName, "cluster.json")).Section)
                .AddSimulatorAdapters()
                .AddConfiguredUpgrade(upgrade => upgrade.UseFileJournal(Path.Combine(host._folder.FullName, "runs")).Policy.PauseAfter = PausePoint.First);
            builder.Services.AddHealthChecks().AddKsmgCluster(period: period).AddKsmgRun(period: period);
            host._application = builder.Build();
            host._application.MapHealthChecks("/health", new HealthCheckOptions { ResponseWriter = WriteAsync });
            await host._application.StartAsync();
            host.Address = new Uri(host._application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
            return host;
        }

        public async Task<UpgradeRun> UpgradeAsync(SimulatedCluster simulated)
        {
            RollingUpgradeOrchestrator orchestrator = _application.Services.GetRequiredService<RollingUpgradeOrchestrator>();
            using CancellationTokenSource limit = new(TimeSpan.FromMinutes(2));
            await using UpdatePackage package = await UpdatePackage.OpenAsync(Path.Combine(_folder.FullName, "update.zip"), cancellationToken: limit.Token);
            UpgradePlan plan = await orchestrator.PlanAsync(package, cancellationToken: limit.Token);
            simulated.StartMail(20);
            UpgradeRun run = await orchestrator.StartAsync(plan, limit.Token);
            await run.WaitAsync(limit.Token);
            return run;
        }

        public async ValueTask DisposeAsync()
        {
            await _application.StopAsync();
            await _application.DisposeAsync();
            _folder.Delete(recursive: true);
        }

        private static Task WriteAsync(HttpContext context, HealthReport report)
        {
            JsonObject answer = new() { ["status"] = report.Status.ToString() };
            foreach ((string name, HealthReportEntry entry) in report.Entries)
            {
                answer[name] = new JsonObject
                {
                    ["status"] = entry.Status.ToString(),
                    ["says"] = entry.Description,
                    ["data"] = new JsonObject(entry.Data.Select(d => KeyValuePair.Create(d.Key, (JsonNode?)JsonValue.Create(d.Value.ToString())))),
                };
            }

            return context.Response.WriteAsync(answer.ToJsonString());
        }
    }
}
