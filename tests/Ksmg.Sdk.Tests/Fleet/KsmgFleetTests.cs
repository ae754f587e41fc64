using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;
using Microsoft.Extensions.DependencyInjection;

namespace Ksmg.Sdk.Tests.Fleet;

/// <summary>The front of fleets over sockets and files, as a program uses it.</summary>
[Trait("Category", "Slow")]
public sealed class KsmgFleetTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-fleet-");
    private SimulatedFleet _simulated = null!;

    public async Task InitializeAsync()
    {
        _simulated = await SimulatedFleet.StartAsync(new SimulatedFleetOptions
        {
            Clusters = 4,
            FewestNodes = 2,
            MostNodes = 2,
            NeedHuman = 0.25,
            Cluster = new SimulatedClusterOptions { Speed = 50, PackageBytes = 64 << 10 },
        });
        foreach (SimulatedFleetMember member in _simulated.Members)
        {
            BriefSoak.Prepare(Path.Combine(_folder.FullName, member.Name));
        }

        await _simulated.WriteFilesAsync(_folder.FullName);
    }

    public async Task DisposeAsync()
    {
        await _simulated.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_fleet_goes_on_in_another_process_and_with_what_people_say()
    {
        using CancellationTokenSource limit = new(Limit);
        FleetPlan plan;
        await using (KsmgFleet first = Open())
        {
            await using UpdatePackage package = await UpdatePackage.OpenAsync(Path.Combine(_folder.FullName, "update.zip"));
            plan = await first.PlanAsync(package, limit.Token);
            FleetRun begun = await first.StartAsync(plan, limit.Token);
            await begun.StopAsync(limit.Token);

            // Let go of, it can be gone on with here.
            begun = await first.StartAsync(plan, limit.Token);
            Assert.Contains((plan.FleetId, null), first.Worker!.Driven);
            await begun.StopAsync(limit.Token);
        }

        // Elsewhere the package is at another place.
        string moved = Path.Combine(_folder.FullName, "moved.zip");
        File.Move(Path.Combine(_folder.FullName, "update.zip"), moved);
        await using KsmgFleet second = Open();
        await using UpdatePackage same = await UpdatePackage.OpenAsync(moved);
        FleetRun run = await second.StartAsync(await second.PlanAsync(same, limit.Token), limit.Token);
        Assert.Equal(plan.FleetId, run.Id);
        FleetReport report = await run.WaitAsync(limit.Token);

        Assert.True(report.Clusters.Count(c => c.Phase == ClusterPhase.Standing) == 1, report.ToText());
        FleetClusterReport standing = Assert.Single(report.Clusters, c => c.Phase == ClusterPhase.Standing);
        Assert.Equal((UpgradeEnd.NeedsHuman, SimulatedOutcome.NeedsHuman), (report.End, _simulated[standing.Name].Outcome));
        await run.ApproveAsync("ann", standing.Name, cancellationToken: limit.Token);
        run = await second.StartAsync(await run.GetPlanAsync(limit.Token), limit.Token);
        report = await run.WaitAsync(limit.Token);

        Assert.True(report.End == UpgradeEnd.Completed, report.ToText());
        WatchedFleet watched = FleetWatcher.Judge(_simulated.Members.Select(m => m.Watched()), new WatchedLimits { MaxConcurrent = 16 });
        Assert.Empty(watched.Findings);
        Assert.All(_simulated.Members, m => Assert.All(m.Cluster.World.Nodes, n => Assert.Equal(m.Cluster.Options.TargetBuild, n.Build)));
    }

    private KsmgFleet Open() => KsmgFleet.Create(
        FleetFile.Load(Path.Combine(_folder.FullName, "fleet.json")), new KsmgFleetOptions { Configure = cluster => cluster.AddSimulatorAdapters() });
}
