using System.Text.Json;
using Ksmg.Cli;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Tests.Upgrades;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests;

/// <summary>The runs of a folder from the command line: no node is there, and mostly not even a cluster.</summary>
public sealed class CliRunsTests : IDisposable
{
    private const string First = "20260105-080000-ab12";
    private const string Second = "20260106-080000-ab34";
    private const string Foreign = "20260107-080000-cd56";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-runs-");
    private readonly FileUpgradeJournal _journal;

    public CliRunsTests() => _journal = new FileUpgradeJournal(Runs);

    private string Runs => Path.Combine(_folder.FullName, "runs");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task The_runs_of_a_folder_are_listed_the_newest_first_with_what_each_waits_for()
    {
        await CreateAsync(First, "site-a", End(UpgradeEnd.Completed, "All nodes run the new build."));
        await CreateAsync(Second, "site-a", State(UpgradeEnd.NeedsHuman, "gw1 does not come back."));
        await _journal.PostCommandAsync(Second, JournalSamples.Command("c1") with { Kind = RunCommandKind.Abort, PlanHash = null, Node = null });

        CliAnswer answer = await CliFixture.RunAsync("runs", "--runs", Runs);

        Assert.Equal((0, string.Empty), (answer.ExitCode, answer.Error));
        string[] lines = Lines(answer);
        Assert.Equal(["run", "cluster", "from", "to", "state", "since", "waits", "for"], lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Matches(
            $@"^{Second}  site-a   2\.0\.1\.6960  2\.1\.0\.7854  NeedsHuman  \d{{4}}-[^Z]*  gw1 does not come back\. Decided, and not carried out yet: anna ends",
            lines[1]);
        Assert.Matches($@"^{First}  site-a   2\.0\.1\.6960  2\.1\.0\.7854  Completed   \d{{4}}-.*  nothing: All nodes run the new build\.$", lines[2]);
        Assert.Equal([new ReaderClock(TimeProvider.System).Zone], lines[3..].Select(line => line["Times are those of ".Length..^1]));
    }

    [Fact]
    public async Task As_json_they_bear_the_names_that_status_has()
    {
        await CreateAsync(First, "site-a", State(UpgradeEnd.Paused, "Paused by anna."));

        JsonElement run = Json(await CliFixture.RunAsync("runs", "--runs", Runs, "--json"))[0];
        JsonElement status = Json(await CliFixture.RunAsync("status", First, "--runs", Runs, "--json"));

        foreach (string name in (string[])["runId", "cluster", "end", "reason", "pending"])
        {
            Assert.Equal(status.GetProperty(name).GetRawText(), run.GetProperty(name).GetRawText());
        }

        Assert.Equal(("2.0.1.6960", "2.1.0.7854"), (run.GetProperty("from").GetString(), run.GetProperty("to").GetString()));
        Assert.Equal(JsonValueKind.String, run.GetProperty("since").ValueKind);
    }

    [Fact]
    public async Task A_run_that_cannot_be_read_is_a_row_that_says_why()
    {
        await CreateAsync(First, "site-a");
        await CreateAsync(Second, "site-a");
        File.WriteAllText(Path.Combine(Runs, Second, "journal.jsonl"), "not a record\n");

        CliAnswer answer = await CliFixture.RunAsync("runs", "--runs", Runs);

        Assert.Equal(0, answer.ExitCode);
        Assert.Contains(Lines(answer), line => line.StartsWith(Second, StringComparison.Ordinal) && line.Contains("journal.jsonl", StringComparison.Ordinal));
        Assert.Contains(Lines(answer), line => line.StartsWith(First, StringComparison.Ordinal));
    }

    [Fact]
    public async Task With_a_cluster_they_are_its_own_unless_all_are_wanted()
    {
        await CreateAsync(First, "site-a");
        await CreateAsync(Foreign, "site-b");
        string[] where = ["-c", Write("site-a"), "--runs", Runs];

        string own = (await CliFixture.RunAsync(["runs", .. where])).Output;
        string all = (await CliFixture.RunAsync(["runs", "--all", .. where])).Output;

        Assert.Contains(First, own, StringComparison.Ordinal);
        Assert.DoesNotContain(Foreign, own, StringComparison.Ordinal);
        Assert.DoesNotContain("site-a", own, StringComparison.Ordinal);
        Assert.Contains(Foreign, all, StringComparison.Ordinal);
        Assert.Contains("site-b", all, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_history_is_csv_without_a_formula()
    {
        await CreateAsync(First, "=cmd(\"a\"),b", End(UpgradeEnd.Completed, "All nodes run the new build."));
        await CreateAsync(Second, "site-a", State(UpgradeEnd.NeedsHuman, "gw1 does not come back."));
        await CreateAsync(Foreign, "site-b");
        File.WriteAllText(Path.Combine(Runs, Foreign, "journal.jsonl"), "not a record\n");

        CliAnswer answer = await CliFixture.RunAsync("runs", "--csv", "--runs", Runs);

        Assert.Equal((0, string.Empty), (answer.ExitCode, answer.Error));
        string[] lines = answer.Output.Split("\r\n");
        Assert.Equal("id,cluster,from,to,state,started,ended,durationSeconds,nodes,problems,stoppedAt,damage", lines[0]);
        Assert.Matches($"^{Foreign},,,,,,,,,,,\"?.*journal.jsonl", lines[1]);
        Assert.StartsWith(First + ""","'=cmd(""a""),b",2.0.1.6960,2.1.0.7854,Completed,2""", lines[2], StringComparison.Ordinal);
        Assert.EndsWith(",2,0,S0/-/-,", lines[2], StringComparison.Ordinal);
        Assert.Matches($@"^{Second},site-a,2\.0\.1\.6960,2\.1\.0\.7854,NeedsHuman,\d{{4}}-\S+Z,,\d+,2,0,S0/-/-,$", lines[3]);
        Assert.Equal(string.Empty, Assert.Single(lines[4..]));
    }

    [Theory]
    [InlineData("--format html --compare latest", 64)]
    [InlineData("--format junit --verify", 64)]
    [InlineData("--compare latest --verify", 64)]
    [InlineData("--compare latest", 0)]
    [InlineData("--format html", 0)]
    [InlineData("--format junit", 0)]
    [InlineData("--verify", 0)]
    public async Task A_report_has_forms_that_go_together_or_not(string options, int exitCode)
    {
        await CreateAsync(First, "site-a");
        CliAnswer answer = await CliFixture.RunAsync(["report", First, .. options.Split(' '), "--runs", Runs]);
        Assert.True(exitCode == answer.ExitCode, answer.Error + answer.Output);
        Assert.Equal(exitCode == 0, answer.Output.Contains(First, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_empty_folder_is_said_to_be_one()
    {
        CliAnswer answer = await CliFixture.RunAsync("runs", "--runs", Runs);
        Assert.Equal((0, $"There is no run in '{Runs}'."), (answer.ExitCode, answer.Output.Trim()));
    }

    [Theory]
    [InlineData("latest", Second)]
    [InlineData("20260105", First)]
    [InlineData("20260106-080000-ab34", Second)]
    public async Task A_run_is_meant_by_its_beginning_and_by_latest(string text, string meant)
    {
        await CreateAsync(First, "site-a");
        await CreateAsync(Second, "site-a");
        foreach (string command in (string[])["status", "report"])
        {
            CliAnswer answer = await CliFixture.RunAsync(command, text, "--runs", Runs);
            Assert.True(answer.ExitCode == 0, answer.Error);
            Assert.Contains(meant, answer.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_decision_takes_the_beginning_of_a_run_of_its_own_cluster()
    {
        await CreateAsync(First, "site-a", State(UpgradeEnd.Paused, "Paused by anna."));
        await CreateAsync(Foreign, "site-b");
        File.WriteAllText(Path.Combine(_folder.FullName, "pw"), "x");
        string cluster = Write("site-a", """, "PasswordFile": "pw" """);

        CliAnswer answer = await CliFixture.RunAsync("pause", "2026", "-c", cluster, "--runs", Runs);

        Assert.True(answer.ExitCode == 0, answer.Error);
        Assert.Contains($"ksmg resume {First} -c {cluster} --runs {Runs}", answer.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_beginning_of_several_names_them()
    {
        await CreateAsync(First, "site-a");
        await CreateAsync(Second, "site-a");

        CliAnswer answer = await CliFixture.RunAsync("status", "2026010", "--runs", Runs);

        Assert.Equal(64, answer.ExitCode);
        Assert.Equal($"'2026010' is the beginning of several runs: {First}, {Second}. Write more of the one that is meant.", answer.Line);
    }

    [Theory]
    [InlineData("latest")]
    [InlineData("2027")]
    [InlineData("../runs")]
    public async Task What_no_run_begins_with_is_none(string text)
    {
        if (text != "latest")
        {
            await CreateAsync(First, "site-a");
        }

        CliAnswer answer = await CliFixture.RunAsync("status", text, "--runs", Runs);
        Assert.Equal(64, answer.ExitCode);
        Assert.StartsWith($"There is no run '{text}' in '{Runs}'.", answer.Line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_run_that_another_process_drives_is_watched_until_it_is_not_active_any_more(bool json)
    {
        await using RunLease lease = await _journal.CreateAsync(JournalSamples.Plan(First, "site-a", nodes: 2));
        using WatchedWriter output = new();
        using WatchedWriter error = new();
        string[] command = ["status", "latest", "--watch", "--runs", Runs, .. json ? (string[])["--json"] : []];
        Task<int> watching = Program.RunAsync(command, new CliConsole { Out = output, Error = error, In = TextReader.Null });
        await Eventually.TrueAsync(() => (output.ToString() + error).Contains("Driven by process", StringComparison.Ordinal));

        JournalRecord record = await _journal.AppendAsync(lease, JournalSamples.Full("It is known now.") with { Outcome = StepOutcome.Done, Deadline = null });
        UpgradePlan plan = await _journal.GetPlanAsync(First);
        UpgradeExplanation waiting = Waiting(plan, TimeProvider.System.GetUtcNow());
        await _journal.PublishAsync(lease, () => Task.FromResult(ReportJson.ToBytes(new PublishedDecision(record.Sequence, waiting))));
        await Eventually.TrueAsync(() => watching.IsCompleted || output.ToString().Contains("gw1 still holds mail.", StringComparison.Ordinal));
        Assert.False(watching.IsCompleted, output.ToString() + error);
        Assert.Contains("gw1 still holds mail.", (await CliFixture.RunAsync("runs", "--runs", Runs)).Output, StringComparison.Ordinal);
        await _journal.AppendAsync(lease, State(UpgradeEnd.Paused, "Paused by anna."));

        Assert.Equal(0, await watching.WaitAsync(Eventually.Limit));
        Assert.Contains("It is known now.", output.ToString(), StringComparison.Ordinal);
        string[] lines = output.ToString().ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains(lines, line => line.StartsWith(json ? "{\"runId\":" : "Paused: Paused by anna.", StringComparison.Ordinal));
        Assert.True(!json || lines.All(line => JsonDocument.Parse(line).RootElement.ValueKind == JsonValueKind.Object));
    }

    [Fact]
    public async Task Who_stops_watching_leaves_the_run_alone()
    {
        await using RunLease lease = await _journal.CreateAsync(JournalSamples.Plan(First, "site-a", nodes: 2));
        using WatchedWriter output = new();
        using CancellationTokenSource interrupt = new();
        Task<int> watching = Program.RunAsync(
            ["status", First, "--watch", "--runs", Runs], new CliConsole { Out = output, Error = output, In = TextReader.Null, Pause = interrupt.Token });
        await Eventually.TrueAsync(() => output.ToString().Contains("Driven by process", StringComparison.Ordinal));
        await interrupt.CancelAsync();

        Assert.Equal(130, await watching.WaitAsync(Eventually.Limit));
        Assert.EndsWith($"  ksmg status {First} --watch --runs {Runs}", output.ToString().TrimEnd(), StringComparison.Ordinal);
        Assert.Empty(await _journal.ReadCommandsAsync(First));
        await _journal.AppendAsync(lease, JournalSamples.Observation("It goes on."));
    }

    private static UpgradeExplanation Waiting(UpgradePlan plan, DateTimeOffset now) => new()
    {
        RunId = plan.RunId,
        At = now,
        State = UpgradeEnd.Running,
        Reason = Message.Said("The run goes on."),
        Since = now,
        PlanHash = plan.Hash,
        Steps =
        [
            new ExplainedStep(StepId.Drain, "drain", "gw1", ExplainedStepKind.Waiting, Message.Said("gw1 still holds mail."), now, null),
        ],
        Evidence = [],
        Options = [],
    };

    private async Task CreateAsync(string run, string cluster, JournalEntry? entry = null)
    {
        await using RunLease lease = await _journal.CreateAsync(JournalSamples.Plan(run, cluster, nodes: 2));
        await _journal.AppendAsync(lease, entry ?? End(UpgradeEnd.Aborted, "Aborted."));
    }

    private static JournalEntry End(UpgradeEnd end, string text) => JournalSamples.Ended(end) with { Text = Message.Said(text) };

    private static JournalEntry State(UpgradeEnd state, string text) => new()
    {
        Kind = JournalEntryKind.State,
        Text = Message.Said(text),
        Values = new Dictionary<string, string>(StringComparer.Ordinal) { [Marks.State] = state.ToString() },
    };

    private static string[] Lines(CliAnswer answer) => answer.Output.ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static JsonElement Json(CliAnswer answer)
    {
        Assert.True(answer.ExitCode == 0, answer.Error);
        return JsonDocument.Parse(answer.Output).RootElement;
    }

    /// <param name="name">The name of the cluster.</param>
    /// <param name="password">Where its password is; what asks no node needs none.</param>
    private string Write(string name, string password = "")
    {
        string path = Path.Combine(_folder.FullName, name + ".json");
        File.WriteAllText(path, $$"""
            { "Ksmg": { "Name": "{{name}}", "Nodes": [
              { "Name": "gw1", "Address": "https://127.0.0.1:1" }, { "Name": "gw2", "Address": "https://127.0.0.1:2" } ],
              "Credentials": { "UserName": "a"{{password}} } } }
            """);
        return path;
    }
}
