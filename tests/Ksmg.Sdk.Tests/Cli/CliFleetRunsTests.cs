using System.Text.Json.Nodes;
using Ksmg.Cli;
using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Tests.Upgrades;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Cli;

/// <summary>The runs of a fleet from the command line, with <c>--fleet</c> alone, wherever they are kept.</summary>
[Trait("Category", "Slow")]
public sealed class CliFleetRunsTests(PostgresServer server) : IClassFixture<PostgresServer>, IDisposable
{
    private const string Run = "f-20260105-080000-ab12-0001";
    private const string Newer = "f-20260106-080000-ab12-0001";
    private const string Foreign = "g-20260107-080000-cd56-0001";

    private readonly FleetFolder _folder = new FleetFolder().Cluster("a", nodes: 2).Cluster("b");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public Task In_a_folder_a_run_is_seen_and_answered() => SeeAndAnswerAsync("""{ "Path": "kept" }""");

    [ServerFact("postgres")]
    public async Task In_a_database_a_run_is_seen_and_answered()
    {
        _folder.Write("db", await server.CreateDatabaseAsync());
        await SeeAndAnswerAsync("""{ "Kind": "PostgreSql", "ConnectionStringFile": "db" }""");
    }

    [Theory]
    [InlineData("status latest --fleet FLEET --runs other", "--fleet and --runs do not go together")]
    [InlineData("pause latest --fleet FLEET -c a/cluster.json", "--fleet and --cluster do not go together")]
    [InlineData("runs --fleet nowhere.json", "nowhere.json")]
    [InlineData("explain latest --fleet FLEET", "There is no run 'latest' in the store of 'FLEET'. There is none at all.")]
    [InlineData("status latest --fleet FLEET.bad", "Did you mean MaxConcurrent?")]
    public async Task What_does_not_lead_to_a_run_is_told(string command, string told)
    {
        File.Copy(_folder.Fleet(One).Path, _folder.Path + ".bad");
        File.WriteAllText(_folder.Path + ".bad", File.ReadAllText(_folder.Path).Replace("\"Name\"", "\"MaxConcurent\": 1, \"Name\"", StringComparison.Ordinal));

        CliAnswer answer = await CliFixture.RunAsync(command.Replace("FLEET", _folder.Path, StringComparison.Ordinal).Split(' '));

        Assert.Equal(64, answer.ExitCode);
        Assert.Contains(told.Replace("FLEET", _folder.Path, StringComparison.Ordinal), answer.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("defect", answer.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cluster_that_is_not_in_the_file_is_read_and_never_told_anything()
    {
        await CreateAsync(_folder.Fleet(One), Foreign, "elsewhere");

        CliAnswer status = await CliFixture.RunAsync("status", "elsewhere", "--fleet", _folder.Path);
        CliAnswer pause = await CliFixture.RunAsync("pause", "elsewhere", "--fleet", _folder.Path);

        Assert.True(status.ExitCode == 0, status.Error);
        Assert.Equal((64, $"The run {Foreign} is of the cluster elsewhere, which is not in '{_folder.Path}'."), (pause.ExitCode, pause.Line));
    }

    [Fact]
    public async Task A_cluster_with_other_nodes_than_its_run_is_told_nothing()
    {
        await CreateAsync(_folder.Fleet(One), Run, "a");
        _folder.Cluster("a", nodes: 2);

        CliAnswer pause = await CliFixture.RunAsync("pause", "a", "--fleet", _folder.Path);

        Assert.Equal(5, pause.ExitCode);
        Assert.Contains(Run, pause.Line, StringComparison.Ordinal);
    }

    [Fact]
    public void A_shell_offers_the_clusters_of_the_fleet()
    {
        _folder.Fleet(One);
        string[] Offered(string file) => [.. Program.CreateRoot(new CliConsole { Out = TextWriter.Null, Error = TextWriter.Null, In = TextReader.Null })
            .Parse(["status", "--fleet", file, string.Empty]).GetCompletions().Select(c => c.Label)];

        Assert.Empty(((string[])["latest", "a", "b"]).Except(Offered(_folder.Path)));
        Assert.DoesNotContain("latest", Offered("nowhere.json"));
    }

    [Fact]
    public async Task A_run_that_needs_people_is_explained_and_driven_on_by_hand_and_its_fleet_goes_on()
    {
        await using SimulatedFleet fleet = await SimulatedFleet.StartAsync(new SimulatedFleetOptions
        {
            Clusters = 2,
            FewestNodes = 2,
            MostNodes = 2,
            NeedHuman = 0.5,
            Cluster = new SimulatedClusterOptions { Speed = 50, PackageBytes = 64 << 10 },
        });
        await fleet.WriteFilesAsync(_folder["sim"]);
        string file = _folder["sim/fleet.json"];
        string[] start = ["fleet", "start", "-f", file, "--package", _folder["sim/update.zip"], "--yes"];
        string stopped = fleet.Members.Single(m => m.Outcome == SimulatedOutcome.NeedsHuman).Name;

        CliAnswer first = await CliFixture.RunAsync(start);
        Assert.True(first.ExitCode == 3, first.Output + first.Error);
        string told = first.Output.ReplaceLineEndings("\n").Split('\n').Single(line => line.Contains("ksmg explain", StringComparison.Ordinal)).Trim();
        CliAnswer explained = await CliFixture.RunAsync(told.Split(' ')[1..]);
        Assert.True(explained.ExitCode == 0, explained.Error);
        Assert.Contains($" --fleet {file}", explained.Output, StringComparison.Ordinal);

        CliAnswer resumed = await CliFixture.RunAsync("resume", stopped, "--fleet", file);
        Assert.True(resumed.ExitCode == 0, resumed.Output + resumed.Error);
        CliAnswer last = await CliFixture.RunAsync(start);
        Assert.True(last.ExitCode == 0, last.Output + last.Error);
        Assert.All(fleet.Members, m => Assert.All(m.Cluster.World.Nodes, n => Assert.Equal(m.Cluster.Options.TargetBuild, n.Build)));
    }

    private const string One = """  "Name": "f", "Clusters": [ { "Files": "*/cluster.json" } ]  """;

    private async Task SeeAndAnswerAsync(string store)
    {
        _folder.Fleet($"{One}, \"Store\": {store}");
        await CreateAsync(_folder, Run, "a");
        await CreateAsync(_folder, Newer, "b");

        string all = await OutputAsync("runs");
        Assert.Contains(Run, all, StringComparison.Ordinal);
        Assert.Contains(Newer, all, StringComparison.Ordinal);
        Assert.Contains(Run, await OutputAsync("status", "a"), StringComparison.Ordinal);
        Assert.Contains(Newer, await OutputAsync("status", "latest"), StringComparison.Ordinal);
        Assert.Contains(Run, await OutputAsync("report", "f-20260105", "--format", "junit"), StringComparison.Ordinal);

        string paused = await OutputAsync("pause", "a", "--reason", "storm");
        Assert.Contains($"ksmg fleet start --package ksmg_2.1.zip -f {_folder.Path}", paused, StringComparison.Ordinal);
        string overridden = await OutputAsync("override", "a", "budget", "--reason", "looked", "--until", "1h", "--json");
        Assert.Equal(Run, (string)JsonNode.Parse(overridden)!["runId"]!);

        await using KsmgFleet fleet = KsmgFleet.Create(_folder.Load());
        Assert.Equal(
            [RunCommandKind.Pause, RunCommandKind.Override], (await fleet.Runs.ReadCommandsAsync(Run)).Select(command => command.Kind));
        Assert.Empty(await fleet.Runs.ReadCommandsAsync(Newer));
    }

    /// <summary>A run of the fleet that nobody drives.</summary>
    private static async Task CreateAsync(FleetFolder folder, string run, string cluster)
    {
        FleetFile file = folder.Load();
        UpgradePlan plan = JournalSamples.Plan(run, cluster, nodes: cluster == "a" ? 2 : 1);
        plan = JournalSamples.Hashed(plan with
        {
            Nodes =
            [
                .. file.Find(cluster) is { } found
                    ? plan.Nodes.Zip(found.Owner.Nodes, (node, owner) => node with { Address = owner.Address! })
                    : plan.Nodes,
            ],
        });
        await using KsmgFleet fleet = KsmgFleet.Create(file);
        await using RunLease lease = await fleet.Runs.CreateAsync(plan);
    }

    private async Task<string> OutputAsync(params string[] command)
    {
        CliAnswer answer = await CliFixture.RunAsync([.. command, "--fleet", _folder.Path]);
        Assert.True(answer.ExitCode == 0, answer.Error);
        return answer.Output;
    }
}
