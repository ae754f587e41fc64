using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ksmg.Sdk.Tests.Contract;
using Ksmg.Sdk.Tests.Conventions;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Processes;

/// <summary>Processes that are stopped, starved and watched: one of these tests at a time, beside others.</summary>
[CollectionDefinition(Name)]
public sealed class SeparateProcesses
{
    public const string Name = "processes";
}

/// <summary>Processes that are killed again and again: one of these tests at a time, beside others.</summary>
[CollectionDefinition(Name)]
public sealed class KilledProcesses
{
    public const string Name = "killed processes";
}

/// <summary>A simulated cluster as a process of its own, mail flowing through it, and a folder for the runs of those who upgrade it.</summary>
internal sealed class SimulatedSite : IAsyncDisposable
{
    /// <summary>As long as a command may take: what is waited for is one that runs, beside everything else that this machine tests.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-site-");
    private readonly CliProcess _simulator;
    private HttpClient _http = null!;

    private SimulatedSite(int nodes, int speed, bool foreign)
    {
        List<string> command = ["simulate", "--out", _folder.FullName, "--nodes", $"{nodes}", "--speed", $"{speed}"];
        if (foreign)
        {
            command.Add("--foreign");
        }

        BriefSoak.Prepare(_folder.FullName);
        _simulator = CliProcess.Start([.. command]);
    }

    public string Folder => _folder.FullName;

    public string Runs => Path.Combine(_folder.FullName, "runs");

    /// <summary>The runs there are; one that is not whole yet is none.</summary>
    public IEnumerable<string> RunFolders => new DirectoryInfo(Runs).EnumerateDirectories("2*").Select(run => run.Name);

    public string Package => Path.Combine(_folder.FullName, "update.zip");

    public string Cluster => Path.Combine(_folder.FullName, "cluster.json");

    /// <param name="nodes">How many nodes.</param>
    /// <param name="speed">How many times faster than real ones they install.</param>
    /// <param name="mailPerSecond">How much mail.</param>
    /// <param name="foreign">Whether they speak a shape of their own; the cluster's file then names the dialect for it.</param>
    public static async Task<SimulatedSite> StartAsync(int nodes, int speed, int mailPerSecond, bool foreign = false)
    {
        SimulatedSite site = new(nodes, speed, foreign);
        string ready = (await site._simulator.WaitForLineAsync("ready "))["ready ".Length..];
        site._http = new HttpClient { BaseAddress = new Uri(JsonNode.Parse(ready)!["control"]!.GetValue<string>()), Timeout = Limit };
        if (foreign)
        {
            await site.ConfigureAsync(ksmg => ksmg["Dialect"] = Repository.PathOf("tests", "Ksmg.Sdk.Tests", "Golden", "browser", "foreign.dialect.json"));
        }

        // On a machine that is full a connection takes as long as all the rest of a request.
        await site.ConfigureAsync(ksmg => ksmg["ConnectTimeout"] = new KsmgOptions().RequestLimit.ToString());
        await site.PostAsync("/mail/start", new { perSecond = mailPerSecond });
        return site;
    }

    /// <summary>
    /// How long a request of a killed process may still arrive: its successor waits for that, which takes most of the time of a test of many kills.
    /// </summary>
    public Task LimitRequestsAsync(TimeSpan limit) =>
        ConfigureAsync(ksmg => (ksmg["RequestLimit"], ksmg["ConnectTimeout"]) = (limit.ToString(), limit.ToString()));

    public CliProcess Upgrade() =>
        CliProcess.Start("upgrade", "-c", Cluster, "--runs", Runs, "--package", Package, "--yes", "--pause-after", "none");

    public CliProcess Resume(string run) => CliProcess.Start("resume", run, "-c", Cluster, "--runs", Runs);

    /// <summary>The journal, its chain followed from the first record to the last.</summary>
    public async Task<IReadOnlyList<JournalRecord>> ReadJournalAsync(string run, long after = 0) =>
        await new FileUpgradeJournal(Runs).ReadAsync(run, after);

    /// <summary>The run of a process, once it stands on the disk.</summary>
    public async Task<string> RunOfAsync(CliProcess upgrade)
    {
        string run = string.Empty;
        await WaitAsync(upgrade, () => Task.FromResult(Directory.Exists(Runs) && (run = RunFolders.SingleOrDefault() ?? string.Empty).Length > 0));
        return run;
    }

    /// <summary>Waits until a record of the journal is so; the process has to go on until then.</summary>
    public Task WaitForRecordAsync(string run, CliProcess driver, Func<JournalRecord, bool> wanted) =>
        WaitAsync(driver, async () => (await ReadJournalAsync(run)).Any(wanted));

    public async Task<IReadOnlyList<WorldEffect>> EffectsAsync(long after = 0) =>
        (await _http.GetFromJsonAsync<List<WorldEffect>>($"/effects?after={after}", JsonSerializerOptions.Web))!;

    /// <summary>Lets the mail under way arrive, and makes sure that all of it did, once, and that nobody broke a rule.</summary>
    public async Task<string> AssertNothingLostAsync()
    {
        await PostAsync("/mail/stop", new { });
        MailCount before;
        MailCount now = await MailAsync();
        using CancellationTokenSource limit = new(Limit);
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(500));
        do
        {
            await timer.WaitForNextTickAsync(limit.Token);
            (before, now) = (now, await MailAsync());
        }
        while (now.Queued > 0 || now.Accepted != before.Accepted);

        Assert.Empty(now.Lost);
        Assert.Empty(now.Duplicated);
        Assert.True(now.Accepted > 0);

        // An attempt that was cut before its answer may have arrived as well.
        Assert.InRange(now.Delivered, now.Accepted, long.MaxValue);
        Assert.Equal("[]", (await _http.GetStringAsync("/violations?end=true")).Trim());
        return $"mail: {now.Accepted} accepted, {now.Delivered} delivered, 0 lost, 0 duplicated, longest gap {now.LongestGapMs:0} ms";
    }

    /// <summary>A node that answers no client, until <see cref="MendAsync"/>: nothing of a run gets on that needs it.</summary>
    public Task CutOffAsync(string node) => ArmAsync(new { fault = "partition-client", node });

    /// <summary>Lets something go wrong, until <see cref="MendAsync"/>.</summary>
    public Task ArmAsync(object fault) => PostAsync("/faults", fault);

    public async Task MendAsync() => (await _http.DeleteAsync(new Uri("/faults", UriKind.Relative))).EnsureSuccessStatusCode();

    public async Task AssertUpgradedAsync()
    {
        JsonArray nodes = JsonNode.Parse(await _http.GetStringAsync("/world"))!["nodes"]!.AsArray();
        Assert.All(nodes, node => Assert.Equal("2.1.0.7854", node!["build"]!.GetValue<string>()));
        Assert.All(nodes, node => Assert.Equal("ready", node!["load"]!.GetValue<string>()));
        Assert.All(nodes, node => Assert.True(node!["receiving"]!.GetValue<bool>() && node["sending"]!.GetValue<bool>()));
        Assert.Single(nodes, node => node!["role"]!.GetValue<string>() == "Control");
        IReadOnlyList<WorldEffect> effects = await EffectsAsync();
        Assert.Equal(
            nodes.Select(node => node!["name"]!.GetValue<string>()).Order(StringComparer.Ordinal),
            effects.Where(e => e.Effect == "install-started").Select(e => e.Node!).Order(StringComparer.Ordinal));
    }

    public async ValueTask DisposeAsync()
    {
        _http?.Dispose();
        await _simulator.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private static async Task WaitAsync(CliProcess driver, Func<Task<bool>> condition)
    {
        using CancellationTokenSource limit = new(Limit);
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(5));
        while (true)
        {
            // Asked first: what has come to be and ended since has not ended before.
            bool ended = driver.HasExited;
            if (await condition())
            {
                return;
            }

            Assert.False(ended, driver.Output + driver.Error);
            await timer.WaitForNextTickAsync(limit.Token);
        }
    }

    /// <summary>Changes the section of the configuration.</summary>
    public async Task ConfigureAsync(Action<JsonNode> change)
    {
        JsonNode cluster = JsonNode.Parse(await File.ReadAllTextAsync(Cluster))!;
        change(cluster["Ksmg"]!);
        await File.WriteAllTextAsync(Cluster, cluster.ToJsonString());
    }

    private async Task<MailCount> MailAsync() => (await _http.GetFromJsonAsync<MailCount>("/mail", JsonSerializerOptions.Web))!;

    private async Task PostAsync(string path, object body)
    {
        using HttpResponseMessage answer = await _http.PostAsJsonAsync(path, body);
        answer.EnsureSuccessStatusCode();
    }

    private sealed record MailCount(
        long Accepted, long Delivered, long Queued, IReadOnlyList<string> Lost, IReadOnlyList<string> Duplicated, double LongestGapMs);
}

/// <summary>What the simulator says has really changed.</summary>
internal sealed record WorldEffect(long Seq, string? Node, string Effect, string? Session, string Cause, string? Detail)
{
    public bool IsOurs => Cause.Equals("client", StringComparison.OrdinalIgnoreCase);
}
