using System.Diagnostics;
using System.Globalization;
using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Ksmg.Sdk.Benchmarks;

/// <summary>
/// What a fleet costs over a real PostgreSQL, in one process and without sockets to nodes: how soon a wave is begun, what each cluster costs on its way
/// to a person's approval, and what it costs while it waits there. No benchmark of BenchmarkDotNet: one round takes minutes, and what is
/// counted is the work of the database too. <c>-- fleet "Host=…;Database=…;Username=…" 100 500 2000</c>; the schemas it makes are left there.
/// </summary>
internal static class FleetScale
{
    private const int Nodes = 4;
    private const int Wave = 100;
    private const int OwnPace = 1;
    private const int Fast = 100;

    private static readonly TimeSpan Watched = TimeSpan.FromMinutes(1);

    public static async Task<int> RunAsync(string connection, int[] counts)
    {
        Console.WriteLine("clusters | wave of 100 begun, s | to the approval, s | CPU a cluster, ms | waiting: CPU, % of a core | statements a second | a minute and cluster | heap, MB");

        // A worker begins waves for weeks: what it costs to compile it is paid once.
        await RunAsync(connection, Wave, Watched, isWarmUp: true);
        await RunAsync(connection, Wave, Watched, OwnPace);
        foreach (int count in counts)
        {
            await RunAsync(connection, count, Watched);
        }

        return 0;
    }

    private static async Task RunAsync(string connection, int count, TimeSpan watched, int speed = Fast, bool isWarmUp = false)
    {
        string schema = string.Create(CultureInfo.InvariantCulture, $"scale_{count}_{Guid.NewGuid().ToString("N")[..8]}");
        PostgresStoreOptions options = new() { Schema = schema };
        await using PostgresRunStore runs = new(connection, options);
        await using PostgresRunStore fleets = new(connection, new PostgresStoreOptions { Schema = schema + "_fleets" });
        await using SimulatedFleet simulated = SimulatedFleet.CreateVirtual(
            new SimulatedFleetOptions
            {
                Clusters = count,
                FewestNodes = Nodes,
                MostNodes = Nodes,
                Cluster = new SimulatedClusterOptions { Speed = speed, PackageBytes = 64 << 10 },
            },
            TimeProvider.System);
        await KnowOnePackageAsync(simulated);
        FleetPlan plan = Plan(simulated);
        FleetJournal journal = new(fleets, TimeProvider.System);
        FleetTimes times = new() { Look = TimeSpan.FromMilliseconds(500) };
        FleetWorkerOptions room = new() { Capacity = Wave, Times = times };
        await using QuartzBell bell = new(plan.Name, new BellTimes(), TimeProvider.System, NullLoggerFactory.Instance, new BellDatabase(connection, options));
        using FleetPackages packages = new();
        ClusterRunner runner = new(journal, runs, new ModelClusters(simulated, runs, speed), packages, bell, TimeProvider.System, times, NullLogger.Instance);
        await using FleetWorker worker = new(journal, runs, runner, bell, room, TimeProvider.System, NullLogger.Instance);
        await runs.MigrateAsync();
        await bell.StartAsync(worker.AnswerAsync, worker.SweepAsync);
        await (await journal.CreateAsync(plan)).DisposeAsync();

        Process process = Process.GetCurrentProcess();
        TimeSpan before = process.TotalProcessorTime;
        Stopwatch watch = Stopwatch.StartNew();
        await worker.AnswerAsync(plan.FleetId, cluster: null, CancellationToken.None);
        int first = Math.Min(Wave, count);
        await UntilAsync(async () => await CountAsync(connection, $"SELECT count(*) FROM \"{schema}\".run") >= first, TimeSpan.FromMilliseconds(20));
        TimeSpan begun = watch.Elapsed;
        if (speed == OwnPace)
        {
            // Nodes that are a hundred times as fast have their runs at work while the rest of the wave is begun; these have not.
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"at the nodes' own pace: {first} begun in {begun.TotalSeconds:F1} s"));
            return;
        }

        await UntilAsync(
            async () => FleetState.Fold(await journal.ReadAsync(plan.FleetId)).Clusters.Values.Count(IsAtTheApproval) == count,
            TimeSpan.FromSeconds(1));
        TimeSpan took = watch.Elapsed;
        process.Refresh();
        TimeSpan used = process.TotalProcessorTime - before;

        if (isWarmUp)
        {
            return;
        }

        // What is counted by the server shows up a second late.
        await Task.Delay(TimeSpan.FromSeconds(5));
        long asked = await StatementsAsync(connection);
        process.Refresh();
        before = process.TotalProcessorTime;
        await Task.Delay(watched);
        process.Refresh();
        TimeSpan idle = process.TotalProcessorTime - before;
        double statements = (await StatementsAsync(connection) - asked) / watched.TotalSeconds;
        long heap = GC.GetTotalMemory(forceFullCollection: true);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{count} | {begun.TotalSeconds:F1} | {took.TotalSeconds:F0} | {used.TotalMilliseconds / count:F0} | {idle / watched * 100:F1} | {statements:F1} | {statements * 60 / count:F2} | {heap / 1e6:F0}"));
    }

    /// <summary>What stands for another reason is not what is measured: the fleet would stop, and nobody would be told why.</summary>
    private static bool IsAtTheApproval(ClusterState cluster) => cluster.Phase == ClusterPhase.Standing
        && (cluster.End == UpgradeEnd.Paused ? true : throw new InvalidOperationException(cluster.Reason?.ToString(CultureInfo.InvariantCulture)));

    private static async Task KnowOnePackageAsync(SimulatedFleet simulated)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("ksmg-scale-");
        await simulated.WritePackageAsync(Path.Combine(folder.FullName, "update.zip"));
        folder.Delete(recursive: true);
    }

    private static FleetPlan Plan(SimulatedFleet simulated)
    {
        SimulatedPackage package = simulated.Members[0].Cluster.Package;
        FleetPlan plan = new()
        {
            FleetId = "scale-" + Guid.NewGuid().ToString("N")[..8],
            Name = "scale",
            CreatedAt = TimeProvider.System.GetUtcNow(),
            From = package.From,
            To = package.To,
            PackagePath = "update.zip",
            Packages = [new PlannedPackage(package.FileName, package.From, package.To, package.SizeBytes, package.Sha256)],
            Waves = [new FleetWave("all")],
            Clusters = [.. simulated.Members.Select(m => new FleetCluster { Owner = OwnerOf(m), Wave = "all" })],
            Limits = new FleetLimits { MaxConcurrent = Wave, Soak = TimeSpan.Zero },
            Hash = string.Empty,
        };
        return plan with { Hash = FleetPlanJson.Hash(plan) };
    }

    private static RunOwner OwnerOf(SimulatedFleetMember member) => new(member.Name, [.. member.Cluster.World.Nodes.Select(n => new RunOwnerNode(n.Name))]);

    private static async Task UntilAsync(Func<Task<bool>> condition, TimeSpan pause)
    {
        while (!await condition())
        {
            await Task.Delay(pause);
        }
    }

    private static async Task<long> CountAsync(string connection, string statement)
    {
        await using NpgsqlConnection asked = new(connection);
        await asked.OpenAsync();
        await using NpgsqlCommand command = new(statement, asked);
        return Convert.ToInt64(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
    }

    /// <summary>Every statement of ours is a transaction of its own, and so is what Npgsql says before it to a session that it uses again.</summary>
    private static Task<long> StatementsAsync(string connection) =>
        CountAsync(connection, "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()");

    /// <summary>The clusters as the simulator's model, each run with a pause after its first node.</summary>
    private sealed class ModelClusters(SimulatedFleet simulated, IRunStore runs, int speed) : ClusterSource
    {
        private readonly UpgradePolicy _policy = VirtualRig.SparsePolicy(Nodes) with
        {
            PauseAfter = PausePoint.First,
            PollInterval = TimeSpan.FromSeconds(25.0 / speed),
            SlowPollInterval = TimeSpan.FromSeconds(50.0 / speed),
            StabilityInterval = TimeSpan.FromSeconds(10.0 / speed),
            Soak = TimeSpan.FromMilliseconds(500),
        };

        public override ValueTask<OpenCluster> OpenAsync(string cluster, CancellationToken cancellationToken)
        {
            SimulatedFleetMember member = simulated[cluster];
            UpgradePorts ports = new()
            {
                LoadBalancer = member.Cluster.LoadBalancer,
                Snapshots = member.Cluster.Snapshots,
                Configuration = member.Cluster.ConfigurationFiles,
                MailProbe = member.Cluster.MailProbe,
            };
            ModelWorld world = new(member.Cluster, TimeProvider.System, OwnerOf(member), ports) { UploadTime = _ => TimeSpan.FromMilliseconds(100) };
            return ValueTask.FromResult(new OpenCluster(
                new RollingUpgradeOrchestrator(world, new UpgradeJournal(runs), _policy, NullLogger.Instance)));
        }
    }
}
