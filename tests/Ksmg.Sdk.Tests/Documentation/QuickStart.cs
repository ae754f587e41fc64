using Ksmg.Sdk;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;
using Microsoft.Extensions.DependencyInjection;

namespace Ksmg.Sdk.Tests.Documentation;

/// <summary>
/// The quick start of the README, a whole program: its <c>using</c> directives stand above, the rest below. Compiled and run here, against the sources
/// and against the packed packages.
/// </summary>
internal static class QuickStart
{
    public static async Task<UpgradeReport> RunAsync()
    {
        // <quick-start>
        string folder = Directory.CreateTempSubdirectory("ksmg-quick-start-").FullName;
        await using SimulatedCluster simulated = await SimulatedCluster.StartAsync(new SimulatedClusterOptions { Speed = 20 });
        await simulated.WriteFilesAsync(folder); // cluster.json, a password file, update.zip
        ClusterFile file = ClusterFile.Load(Path.Combine(folder, "cluster.json"));

        ServiceCollection services = new();
        services.AddKsmg(file.Section).AddSimulatorAdapters()           // a real cluster needs no simulator
            .AddConfiguredUpgrade(u => u.UseFileJournal(Path.Combine(folder, "runs")));
        await using ServiceProvider provider = services.BuildServiceProvider();
        var orchestrator = provider.GetRequiredService<RollingUpgradeOrchestrator>();

        await using UpdatePackage package = await UpdatePackage.OpenAsync(Path.Combine(folder, "update.zip"));
        UpgradePlan plan = await orchestrator.PlanAsync(package);       // asks every node, changes nothing
        UpgradeRun run = await orchestrator.StartAsync(plan);           // on disk now, and under way
        UpgradeReport report = await run.WaitAsync();                   // the policy pauses after the first node: run.WaitingFor
        await run.ApproveAsync("me", plan.Hash);
        await run.ContinueAsync();
        report = await run.WaitAsync();
        Console.WriteLine(report.ToText());
        // </quick-start>
        Directory.Delete(folder, recursive: true);
        return report;
    }
}
