using System.Text.Json;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary>A plan that is saved, looked at by somebody, and run as that very plan; or not, when the cluster has changed since.</summary>
public sealed class CliPlanFileTests : IDisposable
{
    private static readonly TimeSpan _limit = TimeSpan.FromMinutes(2);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-plan-");

    private string Runs => PathOf("runs");

    private string File => PathOf("plan.json");

    public void Dispose() => _folder.Delete(recursive: true);

    [Trait("Category", "Slow")]
    [Fact]
    public async Task A_saved_plan_is_the_one_that_runs()
    {
        await using SimulatedCluster cluster = await StartAsync();
        CliAnswer saved = await RunAsync("plan", "--package", PathOf("update.zip"), "--out", File);
        Assert.True(saved.ExitCode == 0, saved.Error);
        Assert.EndsWith($"  ksmg upgrade --plan {File} -c {PathOf("cluster.json")} --runs {Runs}", saved.Output.TrimEnd(), StringComparison.Ordinal);
        UpgradePlan plan = UpgradePlan.FromJson(await System.IO.File.ReadAllTextAsync(File));

        // No run of this cluster was there before: each step says so.
        CliAnswer estimate = await RunAsync("plan", "--package", PathOf("update.zip"), "--estimate");
        Assert.Contains("How long it will take, by 0 earlier runs of this cluster", estimate.Output, StringComparison.Ordinal);
        Assert.Matches("S8   install the update +no run of this cluster to go by", estimate.Output);
        JsonElement json = JsonDocument.Parse((await RunAsync("plan", "--package", PathOf("update.zip"), "--estimate", "--json")).Output).RootElement;
        Assert.Equal((plan.Hash, 0), (json.GetProperty("hash").GetString(), json.GetProperty("estimate").GetProperty("runs").GetArrayLength()));
        Assert.Equal(64, (await RunAsync("plan", "--package", "x", "--estimate", "--format", "mermaid")).ExitCode);

        CliAnswer upgrade = await RunAsync("upgrade", "--plan", File, "--yes");

        Assert.True(upgrade.ExitCode == 2, upgrade.Output + upgrade.Error);
        Assert.Contains($"run {plan.RunId}", upgrade.Output, StringComparison.Ordinal);
        Assert.Equal(plan.Hash, (await new FileUpgradeJournal(Runs).GetPlanAsync(plan.RunId)).Hash);

        // It is that run now, and no other is begun from it.
        CliAnswer again = await RunAsync("upgrade", "--plan", File, "--yes");
        Assert.Equal(5, again.ExitCode);
        Assert.Contains(plan.RunId, again.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_would_change_the_plan_refuses_and_names_it()
    {
        await using SimulatedCluster cluster = await StartAsync();
        await RunAsync("plan", "--package", PathOf("update.zip"), "--out", File);
        cluster.Faults.Arm(new SimulatedFault { Fault = "human-act", Node = "gw2", Value = "receive-off" });

        CliAnswer upgrade = await RunAsync("upgrade", "--plan", File, "--yes");

        Assert.True(upgrade.ExitCode == 5, upgrade.Output + upgrade.Error);
        Assert.Contains("gw2", upgrade.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Runs));
    }

    [Fact]
    public async Task A_plan_that_was_changed_or_is_none_is_refused_before_a_node_is_asked()
    {
        await using SimulatedCluster cluster = await StartAsync();
        await RunAsync("plan", "--package", PathOf("update.zip"), "--out", File);
        string json = await System.IO.File.ReadAllTextAsync(File);
        await System.IO.File.WriteAllTextAsync(File, json.Replace("\"pauseAfter\": \"First\"", "\"pauseAfter\": \"None\"", StringComparison.Ordinal));

        CliAnswer changed = await RunAsync("upgrade", "--plan", File, "--yes");
        await System.IO.File.WriteAllTextAsync(File, "no plan");
        CliAnswer none = await RunAsync("upgrade", "--plan", File, "--yes");
        CliAnswer missing = await RunAsync("upgrade", "--plan", PathOf("nowhere.json"), "--yes");

        Assert.Equal((5, 5, 64), (changed.ExitCode, none.ExitCode, missing.ExitCode));
        Assert.Contains("changed since is policy", changed.Error, StringComparison.Ordinal);
        Assert.Contains("This is no plan", none.Error, StringComparison.Ordinal);
        Assert.Contains("--out FILE", missing.Line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_there_is_left_alone_and_a_refused_plan_is_not_saved()
    {
        await using SimulatedCluster cluster = await StartAsync();
        await System.IO.File.WriteAllTextAsync(File, "mine");
        CliAnswer there = await RunAsync("plan", "--package", PathOf("update.zip"), "--out", File);
        Assert.Equal((5, "mine"), (there.ExitCode, await System.IO.File.ReadAllTextAsync(File)));

        string policy = PathOf("policy.json");
        await System.IO.File.WriteAllTextAsync(policy, """{ "Snapshots": "None", "Accept": [] }""");
        CliAnswer refused = await RunAsync("plan", "--package", PathOf("update.zip"), "--policy", policy, "--out", PathOf("refused.json"));
        Assert.True(refused.ExitCode == 5, refused.Output);
        Assert.Contains("was not saved", refused.Error, StringComparison.Ordinal);
        Assert.False(System.IO.File.Exists(PathOf("refused.json")));
    }

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);

    private async Task<SimulatedCluster> StartAsync()
    {
        SimulatedClusterOptions options = new() { Nodes = 2, PackageBytes = 1 << 20, Speed = 50 };
        SimulatedCluster cluster = await SimulatedCluster.StartAsync(options).WaitAsync(_limit);
        await cluster.WriteFilesAsync(_folder.FullName);
        return cluster;
    }

    private Task<CliAnswer> RunAsync(params string[] command) =>
        CliFixture.RunAsync([.. command, "-c", PathOf("cluster.json"), "--runs", Runs]).WaitAsync(_limit);
}
