using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests;

/// <summary>Many clusters in one process: drawn as asked for, cheap, and each becomes what was told of it.</summary>
[Trait("Category", "Slow")]
public sealed class SimulatedFleetTests : IDisposable
{
    private static readonly string[] Nodes = ["gw1", "gw2"];

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private static readonly SimulatedFleetOptions Mixed = new()
    {
        Clusters = 200,
        FewestNodes = 2,
        MostNodes = 5,
        NeedHuman = 0.05,
        Refused = 0.02,
        Upgraded = 0.1,
        PartlyUpgraded = 0.2,
    };

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-fleet-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task The_same_options_make_the_same_fleet()
    {
        await using SimulatedFleet fleet = Virtual(Mixed);
        await using SimulatedFleet same = Virtual(Mixed);
        await using SimulatedFleet other = Virtual(Mixed with { Seed = 2 });

        Assert.Equal(Story(fleet), Story(same));
        Assert.NotEqual(Story(fleet), Story(other));
    }

    [Fact]
    public async Task Shares_are_met_exactly_and_exclude_each_other()
    {
        await using SimulatedFleet fleet = Virtual(Mixed);
        int Count(SimulatedOutcome outcome) => fleet.Members.Count(member => member.Outcome == outcome);

        Assert.Equal((10, 4, 20, 166), (
            Count(SimulatedOutcome.NeedsHuman), Count(SimulatedOutcome.Refused), Count(SimulatedOutcome.NothingToDo), Count(SimulatedOutcome.Completes)));
        Assert.Equal(14, fleet.Members.Count(member => member.Fault is not null));
        Assert.Equal(40, fleet.Members.Count(member => Upgraded(member) is > 0 and var upgraded && upgraded < member.Cluster.Nodes.Count));
        Assert.Equal(20, fleet.Members.Count(member => Upgraded(member) == member.Cluster.Nodes.Count));
        Assert.Equal([2, 3, 4, 5], fleet.Members.Select(member => member.Cluster.Nodes.Count).Distinct().Order());
        Assert.Equal((10, 95, 95), (Ring("0"), Ring("1"), Ring("2")));
        Assert.All(fleet.Members.GroupBy(member => member.Labels["customer"]), customer => Assert.Equal(2, customer.Count()));

        int Ring(string ring) => fleet.Members.Count(member => member.Labels["ring"] == ring);
    }

    [Fact]
    public void What_cannot_be_drawn_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Virtual(Mixed with { FewestNodes = 1 }));
        Assert.Throws<ArgumentException>(() => Virtual(Mixed with { Refused = 1 }));
        Assert.Throws<ArgumentException>(() => Virtual(Mixed with { Refused = -0.1 }));
        Assert.Throws<ArgumentException>(() => Virtual(new SimulatedFleetOptions { Cluster = new SimulatedClusterOptions { BasePort = 20_000 } }));
    }

    [Fact]
    public void Each_fault_that_asks_a_human_does()
    {
        Assert.All(FleetDraw.AskingFaults, fault =>
        {
            // The node that has the Control role is a node like any other here.
            foreach (string node in Nodes)
            {
                VirtualRig rig = new();
                rig.Cluster.Faults.Arm(fault with { Node = node });
                UpgradeReport report = rig.Upgrade();

                Assert.True(report.End == UpgradeEnd.NeedsHuman, $"{fault.Fault} on {node}: {report.End} {report.Reason}");
                Assert.DoesNotContain(rig.Cluster.GetViolations(), finding => finding.Cause == EffectCause.Client);
            }
        });
    }

    [Fact]
    public void Each_fault_that_is_refused_is()
    {
        Assert.All(FleetDraw.RefusedFaults, fault =>
        {
            foreach (string node in Nodes)
            {
                VirtualRig rig = new();
                rig.Cluster.Faults.Arm(fault with { Node = node });

                Assert.True(rig.Plan().IsRefused, $"{fault.Fault} on {node}: {rig.Plan().ToText()}");
            }
        });
    }

    [Fact]
    public async Task Two_hundred_clusters_start_in_one_process_under_one_package()
    {
        await using SimulatedFleet fleet = await SimulatedFleet.StartAsync(Mixed);
        await fleet.WriteFilesAsync(_folder.FullName);

        FleetFile file = FleetFile.Load(Path.Combine(_folder.FullName, "fleet.json"));
        Assert.Equal(fleet.Members.Select(member => member.Name), file.Clusters.Select(cluster => cluster.Name));
        Assert.All(file.Clusters.Zip(fleet.Members), both => Assert.Equal(both.Second.Labels, both.First.Labels));
        string?[] addresses = [.. file.Clusters.SelectMany(cluster => cluster.Owner.Nodes).Select(node => node.ClusterAddress)];
        Assert.Equal(addresses.Length, addresses.Distinct().Count());
        Assert.Equal(("canary", 10), (file.Clusters[0].Wave, file.Clusters.Count(cluster => cluster.Wave == "canary")));
        Assert.Equal(["canary", "half", "rest"], file.Clusters.Select(cluster => cluster.Wave).Distinct().Order(StringComparer.Ordinal));
        Assert.Equal((14, 14), (file.Options.MaxFailures, file.Options.MaxFailuresPerWave));
        Assert.Single(fleet.Members.Select(member => member.Cluster.Package).Distinct());

        // Each control URL speaks of its own cluster, and one web server for all of them needs no thread for each.
        using HttpClient http = new() { Timeout = Eventually.Limit };
        foreach (SimulatedFleetMember member in fleet.Members.Where((_, i) => i % 50 == 0))
        {
            JsonNode world = JsonNode.Parse(await http.GetStringAsync(new Uri(member.Cluster.ControlUrl!, "/world")))!;
            Assert.Equal(member.Cluster.Nodes.Select(node => $"{node.Url}"), world["nodes"]!.AsArray().Select(node => node!["url"]!.GetValue<string>()));
        }
    }

    [Fact]
    public async Task Every_cluster_becomes_what_was_told_of_it_and_the_watcher_sees_how_many_at_once()
    {
        SimulatedFleetOptions options = new()
        {
            Clusters = 10,
            FewestNodes = 2,
            MostNodes = 3,
            MailPerSecond = 2,
            NeedHuman = 0.1,
            Refused = 0.1,
            Upgraded = 0.1,
            PartlyUpgraded = 0.3,
            Cluster = new SimulatedClusterOptions { Speed = 50, PackageBytes = 64 << 10 },
        };
        using CancellationTokenSource limit = new(Limit);
        await using SimulatedFleet fleet = await SimulatedFleet.StartAsync(options, cancellationToken: limit.Token);
        await fleet.WriteFilesAsync(_folder.FullName, limit.Token);
        ConcurrentDictionary<string, SimulatedOutcome> outcomes = new();
        await Parallel.ForEachAsync(
            fleet.Members,
            new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = limit.Token },
            async (member, end) => outcomes[member.Name] = await UpgradeAsync(member.Name, end));

        WatchedFleet seen = FleetWatcher.Judge(fleet.Members.Select(member => member.Watched()), new WatchedLimits { MaxConcurrent = 4 });
        Assert.Equal(fleet.Members.Select(member => (member.Name, member.Outcome)), outcomes.OrderBy(o => o.Key).Select(o => (o.Key, o.Value)));
        Assert.Empty(seen.Findings);
        Assert.InRange(seen.GreatestAtOnce, 2, 4);
        Assert.All(fleet.Members, member =>
        {
            bool completes = member.Outcome == SimulatedOutcome.Completes;
            Assert.Equal(member.Outcome is SimulatedOutcome.Completes or SimulatedOutcome.NeedsHuman, seen.Work.ContainsKey(member.Name));
            Assert.True(!completes || Upgraded(member) == member.Cluster.Nodes.Count, member.Name);
            Assert.Empty(member.Cluster.GetMail().Lost);
            Assert.DoesNotContain(member.Cluster.GetViolations(atEnd: completes, completed: completes), finding => finding.Cause == EffectCause.Client);
        });
    }

    /// <summary>What became of a cluster, from what its driver says.</summary>
    private async Task<SimulatedOutcome> UpgradeAsync(string name, CancellationToken cancellationToken)
    {
        await using ConfiguredCluster cluster = SocketUpgrade.Configure(Path.Combine(_folder.FullName, name), dialect: null);
        await using UpdatePackage package = await UpdatePackage.OpenAsync(Path.Combine(_folder.FullName, "update.zip"), cancellationToken: cancellationToken);
        UpgradePlan plan = await cluster.Orchestrator.PlanAsync(package, cancellationToken: cancellationToken);
        if (plan.IsRefused || plan.IsNothingToDo)
        {
            return plan.IsRefused ? SimulatedOutcome.Refused : SimulatedOutcome.NothingToDo;
        }

        UpgradeRun run = await cluster.Orchestrator.StartAsync(plan, cancellationToken);
        UpgradeReport report = await run.WaitAsync(cancellationToken);
        Assert.True(report.End is UpgradeEnd.Completed or UpgradeEnd.NeedsHuman, report.ToText());
        return report.End == UpgradeEnd.Completed ? SimulatedOutcome.Completes : SimulatedOutcome.NeedsHuman;
    }

    private static SimulatedFleet Virtual(SimulatedFleetOptions options) => SimulatedFleet.CreateVirtual(options, new VirtualTimeProvider());

    private static int Upgraded(SimulatedFleetMember member) =>
        member.Cluster.World.Nodes.Count(node => node.Build == member.Cluster.Package.To);

    private static string[] Story(SimulatedFleet fleet) =>
    [
        .. fleet.Members.Select(member =>
            $"{member.Name} {string.Join(',', member.Labels)} {member.Outcome} {member.Fault} "
            + string.Join(',', member.Cluster.World.Nodes.Select(node => node.Build))),
    ];
}
