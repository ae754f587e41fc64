using System.Text.Json.Nodes;
using System.Xml.Linq;
using Ksmg.Cli;
using Ksmg.Cli.Fleet;
using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Cli;

/// <summary><c>ksmg fleet</c> without a node that could be asked.</summary>
public sealed class CliFleetTests : IDisposable
{
    private readonly FleetFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_plan_shows_waves_and_clusters_and_changes_nothing()
    {
        _folder.Cluster("a", nodes: 2).Cluster("b", nodes: 2).Fleet(Two);
        _folder.WritePackage();

        CliAnswer text = await CliFixture.RunAsync("fleet", "plan", "-f", _folder.Path, "--package", _folder["update.zip"]);
        CliAnswer json = await CliFixture.RunAsync("fleet", "plan", "-f", _folder.Path, "--package", _folder["update.zip"], "--json");

        Assert.True(text.ExitCode == 0, text.Error);
        Assert.Contains("Wave one: clusters 1", text.Output, StringComparison.Ordinal);
        Assert.Contains("  b (gw1, gw2)", text.Output, StringComparison.Ordinal);
        Assert.Contains("wait for an approval after a node: 2", text.Output.Replace("waits", "wait", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Equal(["a", "b"], JsonNode.Parse(json.Output)!["clusters"]!.AsArray().Select(c => c!["name"]!.GetValue<string>()));
        Assert.False(Directory.Exists(_folder["runs/fleets"]));
    }

    [Fact]
    public async Task Nobody_to_ask_means_that_nothing_begins()
    {
        _folder.Cluster("a").Fleet(One);
        _folder.WritePackage();

        CliAnswer answer = await CliFixture.RunAsync("fleet", "start", "-f", _folder.Path, "--package", _folder["update.zip"]);

        Assert.Equal(64, answer.ExitCode);
        Assert.Contains("--yes", answer.Error, StringComparison.Ordinal);
        CliAnswer status = await CliFixture.RunAsync("fleet", "status", "-f", _folder.Path);
        Assert.Equal((64, true), (status.ExitCode, status.Line.Contains("No fleet f", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Mistakes_of_the_file_and_of_the_command_line_are_told()
    {
        CliAnswer missing = await CliFixture.RunAsync("fleet", "status", "-f", _folder.Path);
        CliAnswer wrong = await CliFixture.RunAsync(
            "fleet", "status", "-f", _folder.Fleet("\"Name\": \"f\", \"MaxConcurent\": 1").Path);
        CliAnswer label = await CliFixture.RunAsync("fleet", "status", "-f", _folder.Path, "--label", "ring");
        CliAnswer both = await CliFixture.RunAsync("fleet", "hold", "a", "--out", "--release", "--reason", "x", "-f", _folder.Path);
        CliAnswer why = await CliFixture.RunAsync("fleet", "hold", "a", "-f", _folder.Path);

        Assert.All([missing, wrong, label, both, why], answer => Assert.Equal(64, answer.ExitCode));
        Assert.Contains("Did you mean MaxConcurrent?", wrong.Error, StringComparison.Ordinal);
        Assert.Contains("'ring' is not NAME=VALUE", label.Error, StringComparison.Ordinal);
        Assert.Contains("--reason", why.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_screen_shows_thousands_of_clusters_by_those_that_matter()
    {
        FleetReport report = Report([
            .. Enumerable.Range(0, 2000).Select(i => Cluster($"w{i}", ClusterPhase.Waiting)),
            .. Enumerable.Range(0, 40).Select(i => Cluster($"c{i}", ClusterPhase.Working)),
            Cluster("broken", ClusterPhase.Standing, needsPeople: true)]);

        IReadOnlyList<ScreenLine> lines = FleetScreen.Draw(report, "a notice", new ReaderClock(TimeProvider.System), width: 80, height: 24);

        Assert.InRange(lines.Count, 10, 24);
        Assert.All(lines, line => Assert.InRange(line.Width, 1, 80));
        string[] texts = [.. lines.Select(line => line.ToString())];
        Assert.StartsWith("broken ", texts[3], StringComparison.Ordinal);
        Assert.StartsWith("c0 ", texts[4], StringComparison.Ordinal);
        Assert.Contains("and 22 more", texts[^2], StringComparison.Ordinal);
        Assert.Equal("a notice", texts[^1]);
    }

    [Trait("Category", "Slow")]
    [Fact]
    public async Task Why_a_cluster_is_not_driven_and_who_drives_the_fleet_is_told_to_whoever_looks_and_whoever_watches()
    {
        _folder.Cluster("a").Fleet(One);
        await using KsmgFleet fleet = KsmgFleet.Create(_folder.Load());
        FleetPlan plan = await _folder.PlanAsync(TimeProvider.System.GetUtcNow());
        string run = plan.RunIdOf("a", 1);
        using WatchedWriter output = new();
        using CancellationTokenSource interrupt = new();
        await using (RunLease lease = await fleet.Journal.CreateAsync(plan))
        {
            await fleet.Journal.AppendAsync(lease, FleetEntries.Grant("a", 1, run, Message.Of("fleet.begun", "all")));
            Task<int> watching = Program.RunAsync(
                ["fleet", "status", "--watch", "-f", _folder.Path],
                new CliConsole { Out = output, Error = output, In = TextReader.Null, Pause = interrupt.Token });
            await Eventually.TrueAsync(() => output.ToString().Contains("The fleet is driven by process ", StringComparison.Ordinal));
            await new ClusterTries(fleet.Journal, new FleetTimes(), TimeProvider.System).NoteAsync(
                plan.FleetId, run, Message.Said("the vault is sealed"), CancellationToken.None);
            await Eventually.TrueAsync(() => output.ToString().Contains(": the vault is sealed [", StringComparison.Ordinal));
            await interrupt.CancelAsync();
            Assert.Equal(0, await watching.WaitAsync(Eventually.Limit));
        }

        CliAnswer status = await CliFixture.RunAsync("fleet", "status", "-f", _folder.Path);

        Assert.Contains("Nobody drives the fleet.", status.Output, StringComparison.Ordinal);
        Assert.Matches($@"a in work: Nobody drives it since \S+ \S+: the vault is sealed\s\[{run}\]", status.Output);
    }

    [Trait("Category", "Slow")]
    [Fact]
    public async Task People_open_a_gate_keep_a_cluster_back_and_go_on_without_one()
    {
        await using SimulatedFleet fleet = await SimulatedFleet.StartAsync(new SimulatedFleetOptions
        {
            Clusters = 3,
            FewestNodes = 2,
            MostNodes = 2,
            Upgraded = 1,
        });
        await fleet.WriteFilesAsync(_folder[""]);
        JsonNode file = JsonNode.Parse(await File.ReadAllTextAsync(_folder.Path))!;
        file["Fleet"]!["Waves"]![0]!["Approve"] = "Before";
        await File.WriteAllTextAsync(_folder.Path, file.ToJsonString());
        Task<CliAnswer> Fleet(params string[] args) => CliFixture.RunAsync(["fleet", .. args, "-f", _folder.Path]);

        CliAnswer first = await Fleet("start", "--package", _folder["update.zip"], "--yes");
        Assert.True(first.ExitCode == 2, first.Output + first.Error);
        Assert.Contains("ksmg fleet approve", first.Output, StringComparison.Ordinal);

        CliAnswer approved = await Fleet("approve", "--reason", "go");
        CliAnswer held = await Fleet("hold", "c002", "c003", "--reason", "trade fair");
        Assert.Equal((0, 0), (approved.ExitCode, held.ExitCode));
        Assert.Contains("ksmg fleet start --package", held.Output, StringComparison.Ordinal);
        CliAnswer second = await Fleet("start", "--package", _folder["update.zip"]);
        Assert.True(second.ExitCode == 2, second.Output + second.Error);
        CliAnswer waiting = await Fleet("status", "--state", "held", "--json");
        CliAnswer nowhere = await Fleet("status", "--wave", "no such wave");
        Assert.Equal((64, true), (nowhere.ExitCode, nowhere.Error.Contains("there is no wave 'no such wave'; the fleet has ", StringComparison.Ordinal)));
        Assert.Equal(["c002", "c003"], JsonNode.Parse(waiting.Output)!["clusters"]!.AsArray().Select(c => c!["name"]!.GetValue<string>()));

        await Fleet("hold", "c002", "--release", "--reason", "the fair is over");
        await Fleet("hold", "c003", "--out", "--reason", "sold");
        CliAnswer last = await Fleet("start", "--package", _folder["update.zip"]);
        Assert.True(last.ExitCode == 3, last.Output + last.Error);
        JsonNode report = JsonNode.Parse((await Fleet("report", "--format", "json")).Output)!;
        Assert.Equal("CompletedWithExceptions", report["end"]!.GetValue<string>());
        Assert.Equal(["Over", "Over", "Waiting"], report["clusters"]!.AsArray().Select(c => c!["phase"]!.GetValue<string>()));
        XElement junit = ReportDocuments.ReadJUnit((await Fleet("report", "--format", "junit")).Output);
        Assert.Equal(["c001", "c002", "c003"], junit.Descendants("testcase").Skip(1).Select(c => c.Attribute("name")!.Value).Order());
        XElement page = ReportDocuments.ReadSelfContained((await Fleet("report", "--format", "html")).Output);
        Assert.Contains(page.Descendants("td"), cell => cell.Value == "left out");
        Assert.Equal(5, (await Fleet("approve", "c001")).ExitCode);
    }

    /// <summary>Its run would have gone on by itself, had somebody released the cluster one day.</summary>
    [Trait("Category", "Slow")]
    [Fact]
    public async Task A_gate_of_a_cluster_that_was_left_out_is_not_opened()
    {
        await using SimulatedFleet fleet = await SimulatedFleet.StartAsync(new SimulatedFleetOptions
        {
            Clusters = 2,
            FewestNodes = 2,
            MostNodes = 2,
            Cluster = new SimulatedClusterOptions { Speed = 50, PackageBytes = 64 << 10 },
        });
        foreach (SimulatedFleetMember member in fleet.Members)
        {
            BriefSoak.Prepare(_folder[member.Name]);
        }

        await fleet.WriteFilesAsync(_folder[""]);
        foreach (SimulatedFleetMember member in fleet.Members)
        {
            string path = Path.Combine(_folder[member.Name], "cluster.json");
            JsonNode file = JsonNode.Parse(await File.ReadAllTextAsync(path))!;
            file["Ksmg"]!["Policy"]!["PauseAfter"] = "First";
            await File.WriteAllTextAsync(path, file.ToJsonString());
        }

        Task<CliAnswer> Fleet(params string[] args) => CliFixture.RunAsync(["fleet", .. args, "-f", _folder.Path]);
        CliAnswer begun = await Fleet("start", "--package", _folder["update.zip"], "--yes");
        Assert.True(begun.ExitCode == 2, begun.Output + begun.Error);
        await Fleet("hold", "c001", "--out", "--reason", "sold");
        CliAnswer standing = await Fleet("start", "--package", _folder["update.zip"]);
        Assert.True(standing.ExitCode == 2, standing.Output + standing.Error);

        CliAnswer refused = await Fleet("approve", "c001");
        Assert.True(refused.ExitCode == 5, refused.Output + refused.Error);
        Assert.Equal(0, (await Fleet("approve", "c002")).ExitCode);
        CliAnswer ended = await Fleet("start", "--package", _folder["update.zip"]);
        Assert.True(ended.ExitCode == 3, ended.Output + ended.Error);
        CliAnswer late = await Fleet("approve", "c001");
        Assert.True(late.ExitCode == 5, late.Output + late.Error);
    }

    private const string One = """  "Name": "f", "Clusters": [ { "Files": "*/cluster.json" } ]  """;

    private const string Two = One + """  , "Waves": [ { "Name": "one", "Percent": 50 }, { "Name": "two" } ]  """;

    private static FleetClusterReport Cluster(string name, ClusterPhase phase, bool needsPeople = false) => new()
    {
        Name = name,
        Wave = "one",
        Labels = new Dictionary<string, string>(),
        Phase = phase,
        End = needsPeople ? UpgradeEnd.NeedsHuman : null,
        Reason = Message.Said("because"),
        NeedsPeople = needsPeople,
    };

    private static FleetReport Report(FleetClusterReport[] clusters) => new()
    {
        FleetId = "f-1",
        Name = "f",
        From = BuildNumber.Parse("2.0.1.6960"),
        To = BuildNumber.Parse("2.1.0.7854"),
        PlanHash = "0",
        End = UpgradeEnd.Running,
        Reason = Message.Said("running"),
        BeganAt = default,
        LastAt = default,
        Waves = [new FleetWaveReport("one", FleetApproval.None, clusters.Length, 2000, 40, 1, 0, 1, 0, false)],
        Clusters = clusters,
    };
}
