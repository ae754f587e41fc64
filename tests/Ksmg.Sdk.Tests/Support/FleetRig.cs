using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Tests.Support.Exploration;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>Simulated clusters, the stores of a fleet and workers that drive it, all in virtual time.</summary>
internal sealed class FleetRig
{
    public static readonly TimeSpan Limit = TimeSpan.FromDays(30);

    private readonly Dictionary<string, SimulatedCluster> _clusters = new(StringComparer.Ordinal);

    public FleetRig(int clusters = 6, int nodes = 2, UpgradePolicy? policy = null)
    {
        Policy = policy ?? VirtualRig.SparsePolicy(nodes);
        Runs = new InMemoryRunStore(Time);
        Fleets = new InMemoryRunStore(Time);
        for (int i = 1; i <= clusters; i++)
        {
            SimulatedCluster cluster = SimulatedCluster.CreateVirtual(new SimulatedClusterOptions { Nodes = nodes }, Time);
            cluster.StartMail(0.2);
            _clusters.Add($"c{i:00}", cluster);
        }
    }

    /// <summary>Some of the clusters of another rig, in the same time, with stores of their own.</summary>
    private FleetRig(FleetRig whole, IEnumerable<string> clusters)
    {
        Time = whole.Time;
        Policy = whole.Policy;
        Runs = new InMemoryRunStore(Time);
        Fleets = new InMemoryRunStore(Time);
        foreach (string cluster in clusters)
        {
            _clusters.Add(cluster, whole._clusters[cluster]);
        }
    }

    public VirtualTimeProvider Time { get; } = new();

    /// <summary>The clock of the machine on which fleets are driven: it can be set, and the world goes on.</summary>
    public MachineTime Machine => field ??= new MachineTime(Time);

    public UpgradePolicy Policy { get; }

    public InMemoryRunStore Runs { get; }

    public InMemoryRunStore Fleets { get; }

    public IReadOnlyDictionary<string, SimulatedCluster> Clusters => _clusters;

    /// <summary>A plan of all clusters in waves of one, half, and the rest.</summary>
    public FleetPlan Plan(FleetLimits? limits = null, Func<FleetCluster, int, FleetCluster>? shape = null, IReadOnlyList<FleetWave>? waves = null)
    {
        SimulatedPackage package = _clusters.Values.First().Package;
        int half = (_clusters.Count + 1) / 2;
        FleetPlan plan = new()
        {
            FleetId = "autumn-20260105-0800-ab12",
            Name = "autumn",
            CreatedAt = Time.GetUtcNow(),
            From = package.From,
            To = package.To,
            PackagePath = "update.zip",
            Packages = [new PlannedPackage(package.FileName, package.From, package.To, package.SizeBytes, package.Sha256)],
            Waves = waves ?? [new FleetWave("canary"), new FleetWave("half"), new FleetWave("rest")],
            Clusters =
            [
                .. _clusters.Select((c, i) =>
                {
                    FleetCluster cluster = new() { Owner = OwnerOf(c.Key), Wave = i == 0 ? "canary" : i < half ? "half" : "rest" };
                    return shape?.Invoke(cluster, i) ?? cluster;
                }),
            ],
            Limits = limits ?? new FleetLimits { MaxConcurrent = 2, Soak = TimeSpan.FromMinutes(10) },
            Hash = string.Empty,
        };
        return plan with { Hash = FleetPlanJson.Hash(plan) };
    }

    /// <summary>Some of the clusters, over stores of their own.</summary>
    public FleetRig Part(IEnumerable<string> clusters) => new(this, clusters);

    public FleetJournal Journal() => new(Fleets, Time);

    /// <summary>A worker, which is its own doorbell.</summary>
    public FleetWorker Worker(FleetWorkerOptions? options = null, FleetProcess? process = null, ClusterSource? clusters = null)
    {
        FleetProcess mortal = process ?? new FleetProcess();
        TimerBell timers = new(Machine);
        IDoorbell bell = mortal.See(timers);
        FleetWorkerOptions chosen = options ?? new FleetWorkerOptions { LeavesWhenStanding = true };
        FleetJournal journal = new(mortal.SeeFleets(Fleets), Machine);
        IRunStore runs = mortal.SeeRuns(Runs);
        ClusterRunner runner = new(
            journal, runs, clusters ?? new DirectClusters(this, mortal.Runs, runs), new FleetPackages(), bell, Machine, chosen.Times, NullLogger.Instance);
        FleetWorker worker = new(journal, runs, runner, bell, chosen, Machine, NullLogger.Instance);
        timers.Answer = worker.AnswerAsync;
        return worker;
    }

    /// <summary>Whoever drove is gone, and that is known.</summary>
    public void Bury(FleetPlan plan)
    {
        Fleets.Abandon(plan.FleetId);
        foreach (StoredRun run in Runs.ListAsync().Result)
        {
            Runs.Abandon(run.RunId);
        }
    }

    /// <summary>Begins a fleet and gives it back at once: nobody drives it yet.</summary>
    public void Begin(FleetPlan plan) => Time.Run(
        async () => await (await Journal().CreateAsync(plan)).DisposeAsync(), Limit);

    /// <summary>Drives a fleet until it has ended or only people can go on.</summary>
    public FleetState Drive(FleetPlan plan, FleetWorker worker)
    {
        Time.Run(
            async () =>
            {
                await worker.AnswerAsync(plan.FleetId, cluster: null, CancellationToken.None);
                await worker.WhenLetGoAsync(plan.FleetId);
            },
            Limit);
        return State(plan);
    }

    public FleetState State(FleetPlan plan) => FleetState.Fold(Journal().ReadAsync(plan.FleetId).Result);

    /// <summary>Why clusters that may be worked on are not, as people are told.</summary>
    public Task<IReadOnlyDictionary<string, Message>> IdleAsync(FleetPlan plan, DateTimeOffset? at = null, params (string Cluster, RunGlance Run)[] runs) =>
        IdleClusters.ReadAsync(
            Journal(),
            plan.FleetId,
            new FleetInput
            {
                Plan = plan,
                State = State(plan),
                Now = at ?? Time.GetUtcNow(),
                Runs = runs.ToDictionary(r => r.Cluster, r => r.Run, StringComparer.Ordinal),
                LookedAfter = 0,
            },
            CancellationToken.None);

    /// <summary>What the fleet's journal says, a line a record.</summary>
    public string Story(FleetPlan plan) => string.Join('\n', Journal().ReadAsync(plan.FleetId).Result.Select(r =>
        $"{r.At:dd HH:mm:ss} {r.Entry.Kind} {r.Entry.Node} {r.Entry.Values?.GetValueOrDefault(FleetEntries.Act)} {r.Entry.Text}"));

    public UpgradeEnd StateOfRun(string run) => RunState.Fold(new UpgradeJournal(Runs, Time).ReadAsync(run).Result).State;

    /// <summary>Somebody approves runs, one by one, from a machine of their own.</summary>
    public void Approve(IEnumerable<string> runs)
    {
        foreach (string run in runs)
        {
            UpgradePlan plan = new UpgradeJournal(Runs, Time).GetPlanAsync(run).Result;
            Time.Run(() => Open(plan.Cluster, new VirtualProcess(), Runs).GetRun(run).ApproveAsync("operator", plan.Hash), Limit);
        }
    }

    private RollingUpgradeOrchestrator Open(string cluster, VirtualProcess process, IRunStore runs) => new(
        new DirectWorld(_clusters[cluster], Time, process) { As = OwnerOf(cluster) }, new UpgradeJournal(runs, Time), Policy, NullLogger.Instance);

    private RunOwner OwnerOf(string cluster) => new(cluster, [.. _clusters[cluster].World.Nodes.Select(n => new RunOwnerNode(n.Name))]);

    private sealed class DirectClusters(FleetRig rig, VirtualProcess process, IRunStore runs) : ClusterSource
    {
        public override ValueTask<OpenCluster> OpenAsync(string cluster, CancellationToken cancellationToken) =>
            ValueTask.FromResult(new OpenCluster(rig.Open(cluster, process, runs)));
    }

    /// <summary>Rings in this process, when the time has come.</summary>
    private sealed class TimerBell(TimeProvider time) : IDoorbell
    {
        private readonly List<ITimer> _timers = [];

        public Func<string, string?, CancellationToken, Task>? Answer { get; set; }

        public Task RingAsync(string fleetId, string? cluster, DateTimeOffset at, CancellationToken cancellationToken = default)
        {
            TimeSpan left = at - time.GetUtcNow();
            _timers.Add(time.CreateTimer(
                _ => _ = Answer!(fleetId, cluster, CancellationToken.None), null, left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan));
            return Task.CompletedTask;
        }
    }
}
