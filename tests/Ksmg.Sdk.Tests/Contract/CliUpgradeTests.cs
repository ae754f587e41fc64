using System.Net.Http.Json;
using System.Text.Json;
using Ksmg.Sdk.Tests.Support;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary>The whole job with nothing but processes, files and sockets: what a person does in two terminals.</summary>
[Trait("Category", "Slow")]
public sealed class CliUpgradeTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("ksmg-cli-");

    public CliUpgradeTests() => BriefSoak.Prepare(folder.FullName);

    private string Cluster => Path.Combine(folder.FullName, "cluster.json");

    private string Package => Path.Combine(folder.FullName, "update.zip");

    private string Runs => Path.Combine(folder.FullName, "runs");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task A_simulated_cluster_is_upgraded_from_the_command_line_while_mail_flows()
    {
        await using CliProcess simulator = CliProcess.Start("simulate", "--out", folder.FullName, "--nodes", "3", "--speed", "20");
        Uri control = await ReadyAsync(simulator);
        using HttpClient http = new() { BaseAddress = control, Timeout = Eventually.Limit };
        using HttpResponseMessage mail = await http.PostAsJsonAsync("/mail/start", new { perSecond = 10 });

        var nodes = await CliProcess.RunAsync("nodes", "-c", Cluster, "--json");
        var plan = await CliProcess.RunAsync("plan", "-c", Cluster, "--package", Package);
        var upgrade = await CliProcess.RunAsync("upgrade", "-c", Cluster, "--runs", Runs, "--package", Package, "--yes", "--pause-after", "none");

        Assert.Equal(
            ["2.0.1.6960", "2.0.1.6960", "2.0.1.6960"],
            JsonDocument.Parse(nodes.Output).RootElement.EnumerateArray().Select(node => node.GetProperty("build").GetString()));
        Assert.Equal(0, plan.ExitCode);
        Assert.True(upgrade.ExitCode == 0, upgrade.Output + upgrade.Error);
        Assert.DoesNotContain('\u001b', upgrade.Output);

        string run = RunIn(upgrade.Output);
        var report = await CliProcess.RunAsync("report", run, "-c", Cluster, "--runs", Runs, "--format", "json");
        var again = await CliProcess.RunAsync("upgrade", "-c", Cluster, "--runs", Runs, "--package", Package, "--yes");
        var ended = await CliProcess.RunAsync("resume", run, "-c", Cluster, "--runs", Runs);

        Assert.Equal("Completed", JsonDocument.Parse(report.Output).RootElement.GetProperty("end").GetString());
        Assert.Equal(0, again.ExitCode);
        Assert.Contains("nothing to do", again.Output, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(0, ended.ExitCode);
        Assert.Contains("ended already", ended.Output);
        await AssertWorldAsync(http);
        if (!OperatingSystem.IsWindows())
        {
            await simulator.SignalAsync("TERM");
            Assert.Equal(0, await simulator.WaitAsync());
        }
    }

    [Fact]
    public async Task At_a_gate_the_process_ends_with_2_and_says_what_to_type()
    {
        await using CliProcess simulator = CliProcess.Start("simulate", "--out", folder.FullName, "--nodes", "2", "--speed", "20");
        await ReadyAsync(simulator);

        var upgrade = await CliProcess.RunAsync("upgrade", "-c", Cluster, "--runs", Runs, "--package", Package, "--yes");
        string run = RunIn(upgrade.Output);

        Assert.True(upgrade.ExitCode == 2, upgrade.Output + upgrade.Error);
        Assert.Contains($"ksmg approve {run} -c {Cluster} --runs {Runs}", upgrade.Output);
        Assert.Contains($"ksmg resume {run} -c {Cluster} --runs {Runs}", upgrade.Output);

        var other = await CliProcess.RunAsync("upgrade", "-c", Cluster, "--runs", Runs, "--package", Package, "--yes");
        var status = await CliProcess.RunAsync("status", run, "-c", Cluster, "--runs", Runs, "--json");
        var unapproved = await CliProcess.RunAsync("resume", run, "-c", Cluster, "--runs", Runs);
        var approve = await CliProcess.RunAsync("approve", run, "-c", Cluster, "--runs", Runs);
        var resume = await CliProcess.RunAsync("resume", run, "-c", Cluster, "--runs", Runs);

        Assert.Equal(5, other.ExitCode);
        Assert.Contains(run, other.Error);
        JsonElement standing = JsonDocument.Parse(status.Output).RootElement;
        Assert.Equal((run, "Paused"), (standing.GetProperty("runId").GetString(), standing.GetProperty("end").GetString()));
        Assert.Equal(2, unapproved.ExitCode);
        Assert.Equal(0, approve.ExitCode);
        Assert.True(resume.ExitCode == 0, resume.Output + resume.Error);

        var again = await CliProcess.RunAsync("upgrade", "-c", Cluster, "--runs", Runs, "--package", Package, "--yes", "--json");
        Assert.Equal((0, """{"nothingToDo":true,"build":"2.1.0.7854"}"""), (again.ExitCode, again.Output));
    }

    /// <summary>
    /// A decision that nobody has carried out yet is no secret: it is shown to whoever looks, and to whoever resumes before anything is done.
    /// </summary>
    [Fact]
    public async Task A_decision_that_waits_is_shown_to_whoever_looks_and_before_it_is_carried_out()
    {
        await using CliProcess simulator = CliProcess.Start("simulate", "--out", folder.FullName, "--nodes", "2", "--speed", "20");
        await ReadyAsync(simulator);
        string run = RunIn((await CliProcess.RunAsync("upgrade", "-c", Cluster, "--runs", Runs, "--package", Package, "--yes")).Output);
        string[] where = ["-c", Cluster, "--runs", Runs];
        Assert.DoesNotContain("Decided", (await CliProcess.RunAsync(["status", run, .. where])).Output, StringComparison.Ordinal);

        await CliProcess.RunAsync(["abort", run, "--reason", "not tonight\u001b[2J", .. where]);
        await CliProcess.RunAsync(["override", run, "budget", "--reason", "late", "--until", "1h", .. where]);
        var status = await CliProcess.RunAsync(["status", run, .. where]);
        var json = await CliProcess.RunAsync(["status", run, "--json", .. where]);
        var explain = await CliProcess.RunAsync(["explain", run, .. where]);
        var resume = await CliProcess.RunAsync(["resume", run, .. where]);
        var after = await CliProcess.RunAsync(["status", run, .. where]);

        string[] lines = status.Output.Split('\n');
        int at = Array.IndexOf(lines, "Decided, and not carried out yet: the next resume does");
        Assert.True(at > 0, status.Output);
        Assert.Matches(@"^  \d{4}-\d\d-\d\d \d\d:\d\d:\d\d .* ends the run \(not tonight \[2J", lines[at + 1]);
        Assert.Contains("late", lines[at + 2], StringComparison.Ordinal);
        Assert.Empty(lines[at + 3]);
        Assert.Equal(2, JsonDocument.Parse(json.Output).RootElement.GetProperty("pending").GetArrayLength());
        Assert.Contains("not carried out yet", explain.Output, StringComparison.Ordinal);
        Assert.Contains("not tonight", explain.Output, StringComparison.Ordinal);

        string[] said = resume.Output.Split('\n');
        Assert.StartsWith("Times are those of ", said[0], StringComparison.Ordinal);
        Assert.Equal(lines[at..(at + 3)], said[1..4]);
        Assert.True(resume.ExitCode == 4, resume.Output + resume.Error);
        Assert.DoesNotContain("Decided", after.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_upgrade_that_is_stopped_in_every_way_goes_on_where_it_was()
    {
        if (OperatingSystem.IsWindows())
        {
            // Windows has no signals to send; what they do is tested with doubles in CliRunDriverTests.
            return;
        }

        await using CliProcess simulator = CliProcess.Start("simulate", "--out", folder.FullName, "--nodes", "3", "--speed", "10");
        using HttpClient http = new() { BaseAddress = await ReadyAsync(simulator), Timeout = Eventually.Limit };
        using HttpResponseMessage mail = await http.PostAsJsonAsync("/mail/start", new { perSecond = 10 });

        await using CliProcess upgrade = CliProcess.Start("upgrade", "-c", Cluster, "--runs", Runs, "--package", Package, "--yes", "--pause-after", "none");
        await upgrade.WaitForLineAsync("Starting the installation of");
        await upgrade.SignalAsync("TERM");
        Assert.True(await upgrade.WaitAsync() == 2, upgrade.Output);
        string run = RunIn(upgrade.Output);
        Assert.Contains($"ksmg resume {run}", upgrade.Output);

        await using CliProcess interrupted = CliProcess.Start("resume", run, "-c", Cluster, "--runs", Runs);
        await interrupted.WaitForLineAsync("Taking gw3 out");
        await interrupted.SignalAsync("INT");
        await interrupted.WaitForLineAsync("Pausing at the next safe point");
        await interrupted.SignalAsync("INT");
        Assert.Equal(130, await interrupted.WaitAsync());

        var resumed = await CliProcess.RunAsync("resume", run, "-c", Cluster, "--runs", Runs);
        var finished = resumed.ExitCode == 2 ? await CliProcess.RunAsync("resume", run, "-c", Cluster, "--runs", Runs) : resumed;
        Assert.True(finished.ExitCode == 0, resumed.Output + resumed.Error + finished.Output + finished.Error);
        await AssertWorldAsync(http);
    }

    [Fact]
    public async Task What_humans_decide_in_another_terminal_reaches_the_process_that_drives_the_run()
    {
        await using CliProcess simulator = CliProcess.Start("simulate", "--out", folder.FullName, "--nodes", "2", "--speed", "3");
        await ReadyAsync(simulator);
        await using CliProcess upgrade = CliProcess.Start("upgrade", "-c", Cluster, "--runs", Runs, "--package", Package, "--yes", "--pause-after", "none");
        await upgrade.WaitForLineAsync("Starting the installation of");
        string run = RunIn(upgrade.Output);

        var driven = await CliProcess.RunAsync("explain", run, "-c", Cluster, "--runs", Runs);
        Assert.Contains("Driven by process", driven.Output);
        Assert.Contains($"ksmg pause {run}", driven.Output);
        var pause = await CliProcess.RunAsync("pause", run, "--reason", "tea", "-c", Cluster, "--runs", Runs);
        Assert.Equal((0, "The run pauses at the next safe point."), (pause.ExitCode, pause.Output.Trim()));
        Assert.True(await upgrade.WaitAsync() == 2, upgrade.Output);

        var wrong = await CliProcess.RunAsync("override", run, "install-queue", "--reason", "hurry", "--until", "1h", "-c", Cluster, "--runs", Runs);
        Assert.Equal(5, wrong.ExitCode);
        Assert.Contains("no check 'install-queue'", wrong.Error);
        var skip = await CliProcess.RunAsync("skip", run, "gw1", "-c", Cluster, "--runs", Runs);
        Assert.Equal(5, skip.ExitCode);

        var rollback = await CliProcess.RunAsync("rollback", run, "gw2", "--reason", "slow", "-c", Cluster, "--runs", Runs);
        Assert.Equal(0, rollback.ExitCode);
        Assert.Contains($"ksmg resume {run} -c {Cluster} --runs {Runs}", rollback.Output);
        var consent = await CliProcess.RunAsync("resume", run, "-c", Cluster, "--runs", Runs);
        Assert.True(consent.ExitCode == 2, consent.Output + consent.Error);
        var explain = await CliProcess.RunAsync("explain", run, "--json", "-c", Cluster, "--runs", Runs);
        JsonElement explained = JsonDocument.Parse(explain.Output).RootElement;
        Assert.Contains("is lost", explained.GetProperty("reason").GetString());
        JsonElement option = explained.GetProperty("options").EnumerateArray().First();
        Assert.Equal(
            ("Approve", $"ksmg approve {run} -c {Cluster} --runs {Runs}"), (option.GetProperty("kind").GetString(), option.GetProperty("command").GetString()));
        await CliProcess.RunAsync("approve", run, "-c", Cluster, "--runs", Runs);
        var ended = await CliProcess.RunAsync("resume", run, "-c", Cluster, "--runs", Runs);
        Assert.True(ended.ExitCode == 7, ended.Output + ended.Error);
        Assert.Contains("Rolled back", ended.Output);

        var report = await CliProcess.RunAsync("report", run, "-c", Cluster, "--runs", Runs);
        Assert.Contains("rolled back", report.Output);
        Assert.Contains("(slow)", report.Output);
    }

    [Fact]
    public async Task Chaos_ends_as_well_as_a_quiet_night()
    {
        var demo = await CliProcess.RunAsync("demo", "--chaos", "--fast", "--seed", "3", "--size", "8MiB");
        Assert.True(demo.ExitCode == 0, demo.Output + demo.Error);
        Assert.True(demo.Output.Split('\n').Count(line => line.StartsWith("*** killed process", StringComparison.Ordinal)) >= 2, demo.Output);
        Assert.Contains("lost 0, duplicated 0", demo.Output);
    }

    private static string RunIn(string output) =>
        Assert.Single(output.Split('\n'), line => line.StartsWith("run ", StringComparison.Ordinal) && line.Count(c => c == ' ') == 1)["run ".Length..];

    private static async Task<Uri> ReadyAsync(CliProcess simulator)
    {
        string ready = (await simulator.WaitForLineAsync("ready "))["ready ".Length..];
        return new Uri(JsonDocument.Parse(ready).RootElement.GetProperty("control").GetString()!);
    }

    private static async Task AssertWorldAsync(HttpClient http)
    {
        JsonElement violations = await http.GetFromJsonAsync<JsonElement>("/violations");
        JsonElement mail = await http.GetFromJsonAsync<JsonElement>("/mail");
        JsonElement[] effects = [.. (await http.GetFromJsonAsync<JsonElement>("/effects")).EnumerateArray()];
        JsonElement[] world = [.. (await http.GetFromJsonAsync<JsonElement>("/world")).GetProperty("nodes").EnumerateArray()];

        Assert.Equal("[]", violations.GetRawText());
        Assert.Empty(mail.GetProperty("lost").EnumerateArray());
        Assert.True(mail.GetProperty("accepted").GetInt64() > 0);
        Assert.Equal(["gw2", "gw3", "gw1"], Nodes("install-started"));
        Assert.All(world, node => Assert.Equal("2.1.0.7854", node.GetProperty("build").GetString()));
        Assert.All(world, node => Assert.True(node.GetProperty("receiving").GetBoolean() && node.GetProperty("sending").GetBoolean()));
        Assert.Equal("gw2", Assert.Single(world, node => node.GetProperty("role").GetString() == "Control").GetProperty("name").GetString());
        int demoted = Array.FindIndex(effects, effect => Is(effect, "role-assigned", "gw1"));
        int installed = Array.FindIndex(effects, effect => Is(effect, "install-started", "gw1"));
        Assert.InRange(demoted, 0, installed);

        IEnumerable<string?> Nodes(string name) =>
            effects.Where(effect => effect.GetProperty("effect").GetString() == name).Select(effect => effect.GetProperty("node").GetString());
        static bool Is(JsonElement effect, string name, string node) =>
            effect.GetProperty("effect").GetString() == name && effect.GetProperty("node").GetString() == node;
    }
}
