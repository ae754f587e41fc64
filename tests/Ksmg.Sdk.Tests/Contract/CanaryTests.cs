using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using System.Runtime.ExceptionServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit.Abstractions;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary>
/// No secret leaves the process but to the node it is for. The password is a canary, the nodes' cookies and tokens are collected as they
/// pass, and the nodes throw what they were sent back into their error texts; then everything written or said is searched.
/// </summary>
[Trait("Category", "Slow")]
public sealed class CanaryTests(ITestOutputHelper output) : IDisposable
{
    private const string Password = "canary-Pa55word-3e9b71";
    private const string WrongPassword = "canary-Wr0ngword-c04d52";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-canary-");

    private string ProcessList => Path.Combine(_folder.FullName, "processes");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Nothing_written_or_said_holds_a_password_a_cookie_or_a_token()
    {
        using CancellationTokenSource limit = new(Limit);
        using Ears ears = new();
        EchoingNodes nodes = new();
        await using SimulatedCluster simulated = await SimulatedCluster.StartAsync(
            new SimulatedClusterOptions { Nodes = 2, Speed = 40, PackageBytes = 1 << 20, Password = Password }, cancellationToken: limit.Token);
        await simulated.WriteFilesAsync(_folder.FullName, limit.Token);
        await AddHookAsync(limit.Token);
        await using ServiceProvider provider = Services(simulated, nodes, ears);
        RollingUpgradeOrchestrator orchestrator = provider.GetRequiredService<RollingUpgradeOrchestrator>();
        await using UpdatePackage package = await UpdatePackage.OpenAsync(Path.Combine(_folder.FullName, "update.zip"), cancellationToken: limit.Token);
        UpgradePlan plan = await orchestrator.PlanAsync(package, cancellationToken: limit.Token);
        ears.Hear("plan", plan.ToText(), plan.ToJson(), plan.ToMermaid());

        nodes.Echo = true;
        foreach (string node in (string[])["gw1", "gw2"])
        {
            simulated.Faults.Arm(new SimulatedFault { Fault = "sessions-expired", Node = node, Operation = "get-queue-summary" });
        }

        UpgradeRun run = await orchestrator.StartAsync(plan, limit.Token);
        UpgradeReport report = await run.WaitAsync(limit.Token);
        for (int again = 0; again < 3 && report.End is UpgradeEnd.Paused or UpgradeEnd.NeedsHuman; again++)
        {
            run = await orchestrator.ResumeAsync(plan.RunId, cancellationToken: limit.Token);
            report = await run.WaitAsync(limit.Token);
        }

        Assert.True(report.End == UpgradeEnd.Completed, report.ToText());
        ears.Hear("report", report.ToText(), report.ToJson());
        await foreach (UpgradeEvent happened in run.WatchAsync(cancellationToken: limit.Token))
        {
            ears.Hear("event", happened.ToString(), JsonSerializer.Serialize(happened.Values));
        }

        foreach (FileInfo file in new DirectoryInfo(Path.Combine(_folder.FullName, "runs")).EnumerateFiles("*", SearchOption.AllDirectories))
        {
            ears.Hear("journal", Encoding.UTF8.GetString(await File.ReadAllBytesAsync(file.FullName, limit.Token)));
        }

        ears.Hear("process list", await File.ReadAllTextAsync(ProcessList, limit.Token));
        await AskCommandLineAsync(ears, plan.RunId);
        output.WriteLine(
            $"{nodes.Echoes.Count} answers threw back what they were sent: {string.Join(", ", nodes.Echoes.Distinct().Order(StringComparer.Ordinal))}");
        output.WriteLine($"{nodes.Secrets.Count} cookies and tokens; heard: {ears}");
        Assert.Contains(nodes.Echoes, path => path.EndsWith("user-login", StringComparison.Ordinal));
        Assert.True(nodes.Secrets.Count >= 4);
        ears.AssertSilentAbout([Password, WrongPassword, .. nodes.Secrets]);
    }

    /// <summary>A program of the user's, which writes down what any account of the machine sees of all programs, and what it is given itself.</summary>
    private async Task AddHookAsync(CancellationToken cancellationToken)
    {
        string hook = Path.Combine(_folder.FullName, "hook");
        await File.WriteAllTextAsync(
            hook, $"#!/bin/sh\n{{ cat /proc/[0-9]*/cmdline; env; }} >>'{ProcessList}' 2>/dev/null\nexit 0\n", cancellationToken);
        ServerProcess.Allow(hook, (UnixFileMode)0b111_000_000);
        string file = Path.Combine(_folder.FullName, "cluster.json");
        JsonNode cluster = JsonNode.Parse(await File.ReadAllTextAsync(file, cancellationToken))!;
        cluster["Ksmg"]!["Hooks"] = new JsonArray(
            new JsonObject { ["Kind"] = "Command", ["Name"] = "looks", ["At"] = new JsonArray("BeforeNode", "AfterNode"), ["Program"] = hook });
        await File.WriteAllTextAsync(file, cluster.ToJsonString(), cancellationToken);
    }

    private ServiceProvider Services(SimulatedCluster simulated, EchoingNodes nodes, Ears ears)
    {
        IConfigurationSection ksmg = ClusterFile.Load(Path.Combine(_folder.FullName, "cluster.json")).Section;
        ServiceCollection services = new();
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(ears));
        services.AddKsmg(ksmg)
            .ConfigureHttpClient(client => client.AddHttpMessageHandler(() => new EchoingNodes.Handler(nodes)))
            .AddSimulatorAdapters()
            .AddConfiguredUpgrade(u =>
            {
                u.UseFileJournal(Path.Combine(_folder.FullName, "runs"));
                u.Policy.PauseAfter = PausePoint.None;
                u.Policy.Soak = TimeSpan.FromMilliseconds(200);
            });
        return services.BuildServiceProvider();
    }

    private async Task AskCommandLineAsync(Ears ears, string run)
    {
        string cluster = Path.Combine(_folder.FullName, "cluster.json");
        string runs = Path.Combine(_folder.FullName, "runs");
        foreach (string[] command in (string[][])
        [
            ["nodes"], ["about"], [
                "plan", "--package", Path.Combine(_folder.FullName, "update.zip")], ["status", run], ["report", run], ["report", run, "--format", "json"],
        ])
        {
            var said = await CliProcess.RunAsync([.. command, "-c", cluster, "--runs", runs]);
            ears.Hear("command line", said.Output, said.Error);
        }

        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "ksmg-password"), WrongPassword);
        var refused = await CliProcess.RunAsync("nodes", "-c", cluster, "--runs", runs);
        Assert.Contains("gw1", refused.Output + refused.Error, StringComparison.Ordinal);
        ears.Hear("command line", refused.Output, refused.Error);
    }

    /// <summary>Between the client and the nodes: collects cookies and tokens, and lets the first answer of each kind hold all that was sent.</summary>
    private sealed class EchoingNodes
    {
        private readonly ConcurrentDictionary<string, bool> _echoed = new(StringComparer.Ordinal);

        public bool Echo { get; set; }

        public ConcurrentBag<string> Secrets { get; } = [];

        public ConcurrentBag<string> Echoes { get; } = [];

        internal sealed class Handler(EchoingNodes nodes) : DelegatingHandler
        {
            protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
            {
                string path = request.RequestUri!.AbsolutePath;
                string body = request.Content is null || path.Contains("upload", StringComparison.Ordinal)
                    ? string.Empty
                    : await request.Content.ReadAsStringAsync(cancellationToken);
                HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
                if (!path.StartsWith("/web/", StringComparison.Ordinal))
                {
                    return response;
                }

                foreach (string cookie in response.Headers.TryGetValues("Set-Cookie", out IEnumerable<string>? lines) ? lines : [])
                {
                    nodes.Secrets.Add(cookie[(cookie.IndexOf('=', StringComparison.Ordinal) + 1)..].Split(';')[0]);
                }

                if (!nodes.Echo || !nodes._echoed.TryAdd(request.RequestUri.Authority + path, true))
                {
                    return response;
                }

                nodes.Echoes.Add(path);
                string sent = $"{request.Method} {request.RequestUri} {string.Join(' ', request.Headers.SelectMany(h => h.Value))} {body}";
                bool asHtml = nodes.Echoes.Count % 2 == 0;
                response.Dispose();
                return new HttpResponseMessage(HttpStatusCode.InternalServerError)
                {
                    RequestMessage = request,
                    Content = asHtml
                        ? new StringContent($"<html><body>The server failed: {sent}</body></html>", Encoding.UTF8, "text/html")
                        : new StringContent(
                            JsonSerializer.Serialize(new { error = new { code = "internal", message = "The server failed: " + sent } }),
                            Encoding.UTF8,
                            "application/json"),
                };
            }
        }
    }

    /// <summary>Hears logs at every level with their fields, spans and measures with their tags, and every exception in full.</summary>
    private sealed class Ears : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<(string Where, string Text)> _heard = new();
        private readonly ActivityListener _activities;
        private readonly MeterListener _meters = new();

        public Ears()
        {
            _activities = new ActivityListener
            {
                ShouldListenTo = source => source.Name == Diagnostics.Name,
                Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
                ActivityStopped = a =>
                    Hear(
                        "span",
                        $"{a.DisplayName} {a.StatusDescription} {string.Join(' ', a.TagObjects)} {string.Join(' ', a.Events.SelectMany(e => e.Tags))} {string.Join(' ', a.Baggage)}"),
            };
            ActivitySource.AddActivityListener(_activities);
            _meters.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == Diagnostics.Name)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _meters.SetMeasurementEventCallback<long>((instrument, _, tags, _) => Hear("measure", $"{instrument.Name} {string.Join(' ', tags.ToArray())}"));
            _meters.SetMeasurementEventCallback<double>((instrument, _, tags, _) => Hear("measure", $"{instrument.Name} {string.Join(' ', tags.ToArray())}"));
            _meters.Start();
            AppDomain.CurrentDomain.FirstChanceException += OnException;
        }

        public void Hear(string where, params ReadOnlySpan<string> texts)
        {
            foreach (string text in texts)
            {
                _heard.Enqueue((where, text));
            }
        }

        public void AssertSilentAbout(IEnumerable<string> secrets)
        {
            string[] wanted = [
                .. secrets.Distinct(StringComparer.Ordinal)
                    .SelectMany(s => (string[])[s, Convert.ToBase64String(Encoding.UTF8.GetBytes(s)), Uri.EscapeDataString(s)])
                    .Distinct(StringComparer.Ordinal)];
            Assert.All(wanted, secret => Assert.True(secret.Length >= 8));
            foreach (string place in (string[])["plan", "report", "event", "journal", "command line", "process list", "log", "span", "measure", "exception"])
            {
                Assert.Contains(_heard, heard => heard.Where == place && heard.Text.Length > 0);
            }

            Assert.DoesNotContain(_heard, heard => wanted.Any(secret => heard.Text.Contains(secret, StringComparison.Ordinal)));
        }

        public override string ToString() => string.Join(", ", _heard.GroupBy(h => h.Where).Select(g => $"{g.Key} {g.Count()}"));

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            Hear("log", state.ToString() ?? string.Empty);
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Hear(
                "log",
                $"{formatter(state, exception)} {(state is IEnumerable<KeyValuePair<string, object?>> fields ? string.Join(' ', fields) : state)} {exception}");

        public void Dispose()
        {
            AppDomain.CurrentDomain.FirstChanceException -= OnException;
            _activities.Dispose();
            _meters.Dispose();
        }

        private void OnException(object? sender, FirstChanceExceptionEventArgs e) => Hear("exception", e.Exception.ToString());
    }
}
