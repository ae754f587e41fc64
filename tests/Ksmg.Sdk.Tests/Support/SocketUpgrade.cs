using System.Text.Json.Nodes;
using Ksmg.Sdk.Dialects;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;
using Microsoft.Extensions.DependencyInjection;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>A whole upgrade over sockets, by the files that the simulator wrote into a folder, and a dialect.</summary>
internal static class SocketUpgrade
{
    /// <param name="folder">Where the files are.</param>
    /// <param name="dialect">The dialect file; <see langword="null"/>: none.</param>
    /// <param name="change">What else is changed of the configuration.</param>
    /// <param name="keep">Where its runs are kept; <see langword="null"/>: in the folder.</param>
    public static ConfiguredCluster Configure(
        string folder, string? dialect, Action<JsonNode>? change = null, Action<RollingUpgradeOptions>? keep = null)
    {
        string path = Path.Combine(folder, "cluster.json");
        JsonNode file = JsonNode.Parse(File.ReadAllText(path))!;
        JsonNode section = file["Ksmg"]!;
        section["Dialect"] = dialect;
        section["Policy"]!["PauseAfter"] = "None";
        section["Policy"]!["Soak"] = "00:00:00.2000000";
        change?.Invoke(section);
        File.WriteAllText(path, file.ToJsonString());
        return ConfiguredCluster.Create(ClusterFile.Load(path).Section, builder => builder
            .AddDialects()
            .AddSimulatorAdapters()
            .AddConfiguredUpgrade(keep ?? (upgrade => upgrade.UseFileJournal(Path.Combine(folder, "runs")))));
    }

    /// <summary>Plans and upgrades while mail flows; every promise holds at the end.</summary>
    public static async Task AssertCompletesAsync(
        SimulatedCluster simulated, ConfiguredCluster cluster, string folder, CancellationToken cancellationToken)
    {
        await using UpdatePackage package = await UpdatePackage.OpenAsync(Path.Combine(folder, "update.zip"), cancellationToken: cancellationToken);
        UpgradePlan plan = await cluster.Orchestrator.PlanAsync(package, cancellationToken: cancellationToken);
        simulated.StartMail(20);
        UpgradeRun run = await cluster.Orchestrator.StartAsync(plan, cancellationToken);
        UpgradeReport report = await run.WaitAsync(cancellationToken);
        simulated.StopMail();

        Assert.True(report.End == UpgradeEnd.Completed, report.ToText());
        Assert.All(simulated.World.Nodes, node => Assert.Equal(simulated.Package.To, node.Build));
        Assert.Equal(simulated.Nodes.Count, simulated.GetEffects().Count(e => e.Effect == "install-started"));
        Assert.Empty(simulated.GetMail().Lost);
        Assert.Empty(simulated.GetViolations(atEnd: true, completed: true));
    }
}
