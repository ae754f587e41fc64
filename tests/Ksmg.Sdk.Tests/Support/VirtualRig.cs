using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>A simulated cluster, a journal and processes that drive runs on them, all in virtual time on one thread.</summary>
internal sealed class VirtualRig
{
    public static readonly TimeSpan Limit = TimeSpan.FromHours(12);

    /// <summary>Real time that a driver on another thread gets for each second of virtual time.</summary>
    private static readonly TimeSpan Hop = TimeSpan.FromMilliseconds(100);

    public VirtualRig(int nodes = 3, UpgradePolicy? policy = null, SimulatedClusterOptions? options = null, double mailPerSecond = 1)
    {
        Time = new VirtualTimeProvider();
        Machine = new MachineTime(Time);
        Cluster = SimulatedCluster.CreateVirtual((options ?? new SimulatedClusterOptions()) with { Nodes = nodes }, Time);
        Journal = new InMemoryUpgradeJournal(Machine);
        Policy = policy ?? FastPolicy(nodes);
        if (mailPerSecond > 0)
        {
            Cluster.StartMail(mailPerSecond);
        }
    }

    private VirtualRig(VirtualRig world, UpgradePolicy policy)
    {
        Time = world.Time;
        Machine = world.Machine;
        Cluster = world.Cluster;
        Journal = new InMemoryUpgradeJournal(Machine);
        Policy = policy;
    }

    public VirtualTimeProvider Time { get; }

    /// <summary>The clock of the machine that drives the runs: it can be set and stopped, and the world goes on.</summary>
    public MachineTime Machine { get; }

    public SimulatedCluster Cluster { get; }

    public InMemoryUpgradeJournal Journal { get; }

    public UpgradePolicy Policy { get; }

    public bool WithoutLoadBalancer { get; init; }

    public IBuildEvidence? BuildEvidence { get; init; }

    /// <summary>What is called around the work of a run, where the nodes are the simulator's model directly.</summary>
    public IReadOnlyList<IUpgradeHook> Hooks { get; init; } = [];

    /// <summary>What has to be green before a node is begun, where the nodes are the simulator's model directly.</summary>
    public IReadOnlyList<IUpgradeGate> Gates { get; init; } = [];

    /// <summary>How packages get into the nodes, where those are the simulator's model directly.</summary>
    public UploadWay Uploads { get; init; } = UploadWay.Observed;

    /// <summary>What every process sees differently from how it is.</summary>
    public Func<UpgradeWorld, UpgradeWorld>? Bend { get; init; }

    /// <summary>How long a run may take.</summary>
    public TimeSpan RunLimit { get; init; } = Limit;

    /// <summary>Called for each record of every process in the moment it is written.</summary>
    public Action<JournalRecord>? Recorded { get; init; }

    /// <summary>What happens when a process has died, before the next one comes.</summary>
    public Action? Died { get; init; }

    /// <summary>What a human does about a run, by its id, when that stops like this.</summary>
    public (UpgradeEnd When, Action<string> Act)? Human { get; init; }

    /// <summary>A package file, for runs through the typed clients; without one they go to the simulator's model directly.</summary>
    public string? PackageFile
    {
        get;
        init
        {
            field = value;
            if (value is not null)
            {
                Cluster.WritePackageAsync(value).GetAwaiter().GetResult();
            }
        }
    }

    /// <summary>A dialect file: the nodes then stand behind a <see cref="ForeignFront"/>, or behind <see cref="Front"/>.</summary>
    public string? Dialect { get; init; }

    /// <summary>What the nodes stand behind.</summary>
    public NodeFronts? Front { get; init; }

    public IReadOnlyList<PlannedPackage> Packages =>
        [new(Cluster.Package.FileName, Cluster.Package.From, Cluster.Package.To, Cluster.Package.SizeBytes, Cluster.Package.Sha256)];

    public static UpgradePolicy FastPolicy(int nodes) => new()
    {
        PauseAfter = PausePoint.None,
        Soak = TimeSpan.FromSeconds(10),
        PollInterval = TimeSpan.FromSeconds(1),
        SlowPollInterval = TimeSpan.FromSeconds(5),
        StabilityInterval = TimeSpan.FromSeconds(3),
        SessionTimeout = TimeSpan.FromMinutes(1),
        DrainTimeout = TimeSpan.FromMinutes(5),
        InstallTimeout = TimeSpan.FromMinutes(10),
        StepTimeout = TimeSpan.FromMinutes(2),
        ProbeTimeout = TimeSpan.FromMinutes(1),
        SynchronizationTimeout = TimeSpan.FromMinutes(2),
        DatabasesTimeout = TimeSpan.FromMinutes(4),
        SnapshotTimeout = TimeSpan.FromMinutes(2),
        UploadTimeout = TimeSpan.FromMinutes(5),
        Accept = nodes == 1 ? [UpgradeConsents.InterruptsMail] : [],
    };

    /// <summary>What passes on the way is of no interest: polls are rare and waits are short.</summary>
    public static UpgradePolicy SparsePolicy(int nodes) => FastPolicy(nodes) with
    {
        Soak = TimeSpan.FromSeconds(2),
        PollInterval = TimeSpan.FromSeconds(5),
        SlowPollInterval = TimeSpan.FromSeconds(10),
        StabilityInterval = TimeSpan.FromSeconds(1),
        DrainStablePolls = 2,
    };

    /// <summary>The same world, seen from a machine that knows of no run.</summary>
    public VirtualRig WithAnEmptyJournal(UpgradePolicy policy) => new(this, policy);

    public RollingUpgradeOrchestrator Orchestrator(VirtualProcess? process = null)
    {
        VirtualProcess mortal = process ?? new VirtualProcess();
        UpgradeWorldSource world = PackageFile is null
            ? new DirectWorld(Cluster, Machine, mortal)
            {
                WithoutLoadBalancer = WithoutLoadBalancer,
                BuildEvidence = BuildEvidence,
                Hooks = Hooks,
                Gates = Gates,
                Uploads = Uploads,
            }
            : new ClientWorld(Cluster, Machine, mortal, Dialect, Front);
        world = Bend is null ? world : new BentWorld(world, Bend);
        return new RollingUpgradeOrchestrator(world, mortal.See(Journal, Recorded), Policy, NullLogger.Instance);
    }

    public UpgradePlan Plan(IReadOnlyList<PlannedPackage>? packages = null) =>
        Time.Run(() => Orchestrator().PlanAsync(packages ?? Packages, PackageFile ?? "update.zip", null, CancellationToken.None), Limit);

    /// <summary>Plans, starts, and waits until the run is not driven any more.</summary>
    public UpgradeReport Upgrade(VirtualProcess? process = null) => Start(Plan(), process);

    public UpgradeReport Start(UpgradePlan plan, VirtualProcess? process = null) => Drive(plan.RunId, () => Orchestrator(process).StartAsync(plan));

    public UpgradeReport Resume(string runId, VirtualProcess? process = null) => Drive(runId, () => Orchestrator(process).ResumeAsync(runId));

    /// <summary>A human says something to a run, from a process of its own.</summary>
    public RunCommandAnswer? Tell(string runId, Func<UpgradeRun, Task<RunCommandAnswer?>> say) => Time.Run(() => say(Orchestrator().GetRun(runId)), Limit);

    public UpgradeExplanation Explain(string runId) => Time.Run(() => Orchestrator().GetRun(runId).ExplainAsync(), Limit);

    /// <summary>What the journal of a run says, a line a record: the first thing to read when a test fails.</summary>
    public string Story(string runId) => string.Join('\n', Records(runId).Select(r =>
        $"{r.At:HH:mm:ss.f} {r.Epoch} {r.Entry.Kind} {r.Entry.Step} {r.Entry.Outcome} {r.Entry.Text}"));

    /// <summary>The story of all runs.</summary>
    public string Story() => string.Join('\n', Journal.ListAsync().Result.Select(r => Story(r.RunId)));

    public string ReadFile(string runId, string name) => System.Text.Encoding.Latin1.GetString(Journal.ReadFileAsync(runId, name).Result!.Value.Span);

    public IReadOnlyList<JournalRecord> Records(string runId) => Journal.ReadAsync(runId).Result;

    public bool WaitsAtGate(string runId) => new Position(Journal.GetPlanAsync(runId).Result, RunState.Fold(Records(runId)), Time.GetUtcNow()).Gate is not null;

    private UpgradeReport Drive(string runId, Func<Task<UpgradeRun>> begin)
    {
        try
        {
            UpgradeReport report = Time.Run(async () => await (await begin()).WaitAsync(), RunLimit);
            AssertNoEndlessWait(runId);
            return report;
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException(e.Message + "\n" + Story(runId), e);
        }
    }

    /// <summary>
    /// Awaits what wakes a sleeping driver, which then goes on on another thread: a lost lease does, and whoever stops a run. The clock
    /// stands still for it, as it would run on to its limit meanwhile.
    /// </summary>
    public async Task StandingStillAsync(Task task)
    {
        TimeSpan second = TimeSpan.FromSeconds(1);
        await using ITimer still = Time.CreateTimer(_ => SpinWait.SpinUntil(() => task.IsCompleted, Hop), null, TimeSpan.Zero, second);
        await task;
    }

    /// <summary>A process that dies on the way; the run stays behind, its lease free to take.</summary>
    public void Crash(UpgradePlan plan, VirtualProcess process, bool resume) =>
        Crash(plan.RunId, process, () => resume ? Resume(plan.RunId, process) : Start(plan, process));

    /// <summary>A process that resumes a run and may die on the way.</summary>
    public void Crash(string runId, VirtualProcess process) => Crash(runId, process, () => Resume(runId, process));

    private void Crash(string runId, VirtualProcess process, Func<UpgradeReport> drive)
    {
        try
        {
            drive();
        }
        catch (CrashedException)
        {
        }

        if (process.IsDead)
        {
            Journal.Abandon(runId);
            Died?.Invoke();
        }
    }

    /// <summary>No wait's end lay in the past for more than a poll: the run names such a wait when it stops there.</summary>
    public void AssertNoEndlessWait(string runId)
    {
        if (Records(runId).FirstOrDefault(r => r.Entry.Values?.GetValueOrDefault(Marks.Check) == StepJudge.EndlessWait) is { } record)
        {
            throw new InvalidOperationException($"{record.Entry.Text}\n{Story(runId)}");
        }
    }

    public UpgradeEnd StateOf(string runId) => RunState.Fold(Records(runId)).State;

    public void AssertNoViolation(string context = "")
    {
        IReadOnlyList<SimulatedViolation> violations = Cluster.GetViolations(
            atEnd: true, completed: Journal.ListAsync().Result.Any(r => r.End == UpgradeEnd.Completed));
        if (violations.Count > 0)
        {
            throw new InvalidOperationException($"{context}\n{string.Join('\n', violations)}");
        }
    }

    public IEnumerable<SimulatedEffect> Effects(string effect, string? node = null) =>
        Cluster.GetEffects().Where(e => e.Effect == effect && (node is null || e.Node == node));
}
