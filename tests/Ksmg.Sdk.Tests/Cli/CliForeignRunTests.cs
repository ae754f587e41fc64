using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Tests.Upgrades;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests;

/// <summary>Runs of several clusters in one folder, from the command line; no node is there to be asked.</summary>
public sealed class CliForeignRunTests : IDisposable
{
    private const string Run = "20260105-080000-ab12";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-owner-");

    public static TheoryData<string, string> Commands => Pairs.Of<string, string>(
        [
            "status RUN", "explain RUN", "resume RUN", "approve RUN", "pause RUN", "pause RUN --after none", "park RUN gw1", "skip RUN gw1", "abort RUN",
            "rollback RUN gw1", "rollback RUN --all", "override RUN budget --reason x --until 1h",
        ],
        "name", "address", "in-cluster", "lost", "added");

    private string Runs => Path.Combine(_folder.FullName, "runs");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task A_command_with_another_clusters_configuration_is_refused_by_name_with_5(string command, string stranger)
    {
        await CreateRunAsync();
        string cluster = stranger switch
        {
            "name" => Write("site-b", "gw1=1=127.0.0.1:9045 gw2=2=127.0.0.2:9045"),
            "address" => Write("site-a", "gw1=1=127.0.0.1:9045 gw2=3=127.0.0.2:9045"),
            "in-cluster" => Write("site-a", "gw1=1=127.0.0.1:9045 gw2=2=127.0.0.9:9045"),
            "lost" => Write("site-a", "gw1=1=127.0.0.1:9045"),
            _ => Write("site-a", "gw1=1=127.0.0.1:9045 gw2=2=127.0.0.2:9045 gw3=3=127.0.0.3:9045"),
        };

        CliAnswer answer = await CliFixture.RunAsync([.. command.Replace("RUN", Run, StringComparison.Ordinal).Split(' '), "-c", cluster, "--runs", Runs]);

        Assert.Equal(5, answer.ExitCode);
        Assert.Contains(Run, answer.Line, StringComparison.Ordinal);
        Assert.Contains("site-a", answer.Line, StringComparison.Ordinal);
        Assert.DoesNotContain("defect", answer.Line, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Path.Combine(Runs, Run, "inbox")));
    }

    [Fact]
    public async Task Its_own_configuration_is_heard_with_or_without_in_cluster_addresses()
    {
        await CreateRunAsync();
        foreach (string nodes in (string[])["gw1=1=127.0.0.1:9045 gw2=2=127.0.0.2:9045", "gw2=2= gw1=1="])
        {
            CliAnswer answer = await CliFixture.RunAsync("status", Run, "-c", Write("site-a", nodes), "--runs", Runs);
            Assert.True(answer.ExitCode == 0, answer.Error);
            Assert.Contains("site-a", answer.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_a_run_did_can_be_read_whosever_it_is()
    {
        await CreateRunAsync();
        CliAnswer answer = await CliFixture.RunAsync("report", Run, "-c", Write("site-b", "gw7=7="), "--runs", Runs);
        Assert.True(answer.ExitCode == 0, answer.Error);
        Assert.Contains("site-a", answer.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_run_names_the_runs_of_this_cluster_alone()
    {
        await CreateRunAsync();
        CliAnswer answer = await CliFixture.RunAsync("status", "nowhere", "-c", Write("site-b", "gw7=7="), "--runs", Runs);
        Assert.Equal(64, answer.ExitCode);
        Assert.DoesNotContain(Run, answer.Line, StringComparison.Ordinal);
    }

    private async Task CreateRunAsync()
    {
        UpgradePlan plan = JournalSamples.Plan(Run, "site-a", nodes: 2);
        plan = JournalSamples.Hashed(plan with
        {
            Nodes = [.. plan.Nodes.Select((n, i) => n with { Address = new Uri($"https://127.0.0.1:{i + 1}"), ClusterAddress = $"127.0.0.{i + 1}:9045" })],
        });
        await using RunLease lease = await new FileUpgradeJournal(Runs).CreateAsync(plan);
    }

    /// <param name="name">The name of the cluster.</param>
    /// <param name="nodes">Name, port and in-cluster address of each.</param>
    private string Write(string name, string nodes)
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "pw"), "x");
        string path = Path.Combine(_folder.FullName, "cluster.json");
        string[] rows = [.. nodes.Split(' ').Select(n => n.Split('=')).Select(n =>
            $$"""{ "Name": "{{n[0]}}", "Address": "https://127.0.0.1:{{n[1]}}" {{(n[2].Length > 0 ? $", \"ClusterAddress\": \"{n[2]}\"" : "")}} }""")];
        File.WriteAllText(path, $$"""
            { "Ksmg": { "Name": "{{name}}", "Nodes": [ {{string.Join(", ", rows)}} ], "Credentials": { "UserName": "a", "PasswordFile": "pw" } } }
            """);
        return path;
    }
}
