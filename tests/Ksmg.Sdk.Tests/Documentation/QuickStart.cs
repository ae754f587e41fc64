using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;
using Microsoft.Extensions.DependencyInjection;

namespace Ksmg.Sdk.Tests.Documentation;

/// <summary>The quick start of the README: compiled and run here, against the sources and against the packed packages.</summary>
internal static class QuickStart
{
    public static async Task<UpgradeReport> RunAsync(string folder)
    {
        // <quick-start>
        await using SimulatedCluster simulated = await SimulatedCluster.StartAsync(new SimulatedClusterOptions { Speed = 20 });
        await simulated.WriteFilesAsync(folder);

        ServiceCollection services = new();
        services.AddKsmg(options =>
            {
                foreach (SimulatedNodeEndpoint node in simulated.Nodes)
                {
                    options.Nodes.Add(node.Name, node.Url, ServerTrust.Pinned(node.Fingerprint!), node.Smtp);
                }

                options.Credentials = new KsmgCredentials(simulated.Options.UserName, _ => new(simulated.Options.Password));
            })
            .AddRollingUpgrade(upgrade => upgrade.UseFileJournal(Path.Combine(folder, "runs")))
            .UseSimulator(simulated.ControlUrl!);

        await using ServiceProvider provider = services.BuildServiceProvider();
        var orchestrator = provider.GetRequiredService<RollingUpgradeOrchestrator>();
        await using UpdatePackage package = await UpdatePackage.OpenAsync(Path.Combine(folder, "update.zip"));
        UpgradePlan plan = await orchestrator.PlanAsync(package, new UpgradePolicy { PauseAfter = PausePoint.None });
        Console.WriteLine(plan.ToText());

        UpgradeRun run = await orchestrator.StartAsync(plan);
        UpgradeReport report = await run.WaitAsync();
        Console.WriteLine(report.ToText());
        // </quick-start>
        return report;
    }
}
