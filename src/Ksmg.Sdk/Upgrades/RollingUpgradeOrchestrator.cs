using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ksmg.Sdk.Upgrades;

/// <summary>Plans, starts and resumes rolling upgrades of one cluster.</summary>
public class RollingUpgradeOrchestrator
{
    /// <summary>How long a resume waits for a holder that may be gone: longer than any lease lasts.</summary>
    private static readonly TimeSpan LeaseWait = TimeSpan.FromSeconds(30);

    /// <summary>By how many runs a plan is estimated: the newest ones tell most.</summary>
    private const int MostPastRuns = 20;

    private readonly UpgradeWorldSource _worlds = null!;
    private readonly UpgradeJournal _journal = null!;
    private readonly UpgradePolicy _policy = null!;
    private readonly ILogger _logger = NullLogger.Instance;

    /// <summary>For test doubles.</summary>
    protected RollingUpgradeOrchestrator()
    {
    }

    internal RollingUpgradeOrchestrator(UpgradeWorldSource worlds, UpgradeJournal journal, UpgradePolicy policy, ILogger logger)
    {
        _worlds = worlds;
        _journal = journal;
        _policy = policy;
        _logger = logger;
    }

    /// <summary>Whoever has runs driven here by turns; <see langword="null"/>: nobody.</summary>
    internal RunSupervision? Supervision { get; set; }

    /// <summary>Whose runs these are.</summary>
    internal RunOwner Owner => _worlds.Owner;

    /// <summary>The policy of runs that name none.</summary>
    internal UpgradePolicy Policy => _policy;

    /// <summary>An orchestrator without dependency injection.</summary>
    /// <param name="cluster">The cluster; not disposed here.</param>
    /// <param name="journal">Where the runs live.</param>
    /// <param name="ports">The neighbours of the cluster.</param>
    /// <param name="policy">The policy of runs that name none; <see langword="null"/>: the defaults.</param>
    /// <param name="loggers">Where is logged to.</param>
    /// <param name="time">The clock; <see langword="null"/>: the system's.</param>
    /// <exception cref="ArgumentException">The cluster's <see cref="KsmgOptions.RequestLimit"/> is longer than two thirds of the journal's lease: a
    /// call could outlast it.</exception>
    public static RollingUpgradeOrchestrator Create(
        KsmgCluster cluster, UpgradeJournal journal, UpgradePorts ports, UpgradePolicy? policy =
            null, ILoggerFactory? loggers = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(journal);
        ArgumentNullException.ThrowIfNull(ports);
        if (cluster.RequestLimit > journal.LongestRequestLimit)
        {
            throw new ArgumentException(Words.Get("error.request-limit", cluster.RequestLimit, journal.LongestRequestLimit), nameof(cluster));
        }

        return new RollingUpgradeOrchestrator(
            new ClientWorldSource(cluster, ports, time ?? TimeProvider.System),
            journal,
            policy ?? new UpgradePolicy(),
            (loggers ?? NullLoggerFactory.Instance).CreateLogger("Ksmg.Sdk.Upgrades"));
    }

    /// <summary>Observes the cluster and makes a plan. Changes nothing.</summary>
    /// <param name="package">The package; it is read as a whole for its hashes.</param>
    /// <param name="policy">How the run will behave; <see langword="null"/>: the configured one.</param>
    /// <param name="cancellationToken">Ends the observation.</param>
    /// <exception cref="PackageException">The package is damaged.</exception>
    public virtual async Task<UpgradePlan> PlanAsync(UpdatePackage package, UpgradePolicy? policy = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(package);
        if (package.Files.Any(f => f.Sha256 is null))
        {
            await package.VerifyAsync(null, cancellationToken).ConfigureAwait(false);
        }

        return await PlanAsync(PlannedPackage.Of(package), Path.GetFullPath(package.Path), policy, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>How long a plan will take, by the completed runs of this cluster that are kept here. No node is asked.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="JournalException">The runs cannot be listed; one that cannot be read is left out.</exception>
    public virtual async Task<UpgradeEstimate> EstimateAsync(UpgradePlan plan, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(plan);
        List<(UpgradePlan, UpgradeReport)> past = [];
        IReadOnlyList<RunSummary> runs = await ListRunsAsync(cancellationToken).ConfigureAwait(false);
        foreach (RunSummary run in runs.Where(r => r.End is UpgradeEnd.Completed or UpgradeEnd.CompletedWithProblems).TakeLast(MostPastRuns))
        {
            try
            {
                RecordedRun recorded = new(_journal, run.RunId, _worlds.Time);
                past.Add((
                    await recorded.GetPlanAsync(cancellationToken).ConfigureAwait(false),
                    await recorded.GetReportAsync(cancellationToken).ConfigureAwait(false)));
            }
            catch (JournalException)
            {
                // What cannot be read tells nothing of the next run.
            }
        }

        return UpgradeEstimator.Estimate(plan, past);
    }

    /// <summary>Makes the plan a run and drives it in this process. When this returns, the run is durable and has had no effect yet.</summary>
    /// <param name="plan">A plan that is not refused.</param>
    /// <param name="cancellationToken">
    /// Cancels the start only: once it is cancelled, no run is created. Use <see cref="UpgradeRun.StopAsync"/> to stop driving.
    /// </param>
    /// <exception cref="UpgradeException">The plan is refused, is not the one that was hashed, there is nothing to do, or a neighbour that the plan
    /// relies on is not configured.</exception>
    /// <exception cref="ForeignRunException">The plan was made for another cluster, or for other nodes or addresses.</exception>
    /// <exception cref="ActiveRunException">The cluster has an active run.</exception>
    public virtual async Task<UpgradeRun> StartAsync(UpgradePlan plan, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(plan);
        if (!plan.IsAsHashed)
        {
            throw new UpgradeException(Words.Get("error.plan-changed")) { State = UpgradeEnd.Failed };
        }

        UpgradeRun.RefuseForeign(plan, _worlds.Owner);
        // A plan may be read back that an older version made, which knew fewer rules.
        PlanFinding[] rules = [.. PolicyRules.Check(plan.Policy, [.. plan.Nodes.Select(n => n.Name)], plan.CreatedAt)];
        if (rules.Length > 0)
        {
            throw new UpgradeException(Words.Get("error.refused", string.Join(" ", rules.Select(f => f.Text)))) { State = UpgradeEnd.Failed };
        }

        if (plan.IsRefused)
        {
            string reasons = string.Join(" ", plan.Findings.Where(f => f.Severity == FindingSeverity.Refusal).Select(f => f.Text));
            throw new UpgradeException(Words.Get("error.refused", reasons)) { State = UpgradeEnd.Failed };
        }

        if (plan.IsNothingToDo)
        {
            throw new UpgradeException(Words.Get("error.nothing-to-do", plan.To)) { State = UpgradeEnd.Completed };
        }

        await RefuseMissingPortsAsync(plan).ConfigureAwait(false);
        // A journal need not look at the token: no run is created after a stop was asked for.
        cancellationToken.ThrowIfCancellationRequested();
        RunLease lease = await _journal.CreateAsync(plan, cancellationToken).ConfigureAwait(false);
        return Handle(plan.RunId, null, await DriveAsync(plan, lease, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Drives a run again in this process, after taking its lease.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="packagePath">Where the package is now; <see langword="null"/>: where the plan says.</param>
    /// <param name="cancellationToken">Cancels the start only.</param>
    /// <exception cref="LeaseHeldException">A living process drives it.</exception>
    /// <exception cref="ForeignRunException">The run was planned for another cluster, or for other nodes or addresses.</exception>
    /// <exception cref="UpgradeException">
    /// The run has ended, <see cref="UpgradeException.State"/> says how; or a neighbour that its plan relies on is not configured any more.
    /// </exception>
    public virtual async Task<UpgradeRun> ResumeAsync(string runId, string? packagePath = null, CancellationToken cancellationToken = default) =>
        Handle(runId, packagePath, await TakeUpAsync(runId, packagePath, cancellationToken).ConfigureAwait(false));

    /// <summary>
    /// A handle on a run that is driven elsewhere or not at all. What it did can be read whosever it is; a run of another cluster is
    /// neither explained nor does it take commands: <see cref="ForeignRunException"/>.
    /// </summary>
    public virtual UpgradeRun GetRun(string runId) => Handle(runId, null, null);

    /// <summary>A run of this cluster, as the listing shows it.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="ForeignRunException">The run was planned for another cluster, or for other nodes or addresses.</exception>
    /// <exception cref="JournalException">There is no such run, or it is damaged.</exception>
    public virtual async Task<RunSummary> FindRunAsync(string runId, CancellationToken cancellationToken = default)
    {
        _ = await GetOwnPlanAsync(runId, cancellationToken).ConfigureAwait(false);
        return await _journal.FindAsync(runId, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// The runs of this cluster, the newest last. Other clusters' runs in the same journal are left out; one that cannot be read is
    /// listed, as it may be ours.
    /// </summary>
    public virtual async Task<IReadOnlyList<RunSummary>> ListRunsAsync(CancellationToken cancellationToken = default) =>
        [.. (await _journal.ListAsync(_worlds.Owner, cancellationToken).ConfigureAwait(false)).Where(r => r.Owner?.MayBe(_worlds.Owner) != false)];

    internal async Task<UpgradePlan> PlanAsync(
        IReadOnlyList<PlannedPackage> packages, string packagePath, UpgradePolicy? policy, CancellationToken cancellationToken)
    {
        UpgradePolicy chosen = policy ?? _policy;
        UpgradeWorld world = CreateWorld(null);
        await using ConfiguredAsyncDisposable looked = world.ConfigureAwait(false);
        string[] nodes = [.. _worlds.Owner.Nodes.Select(n => n.Name)];
        ClusterObserver observer = new(world, new RunClock(world.Time), nodes, null, chosen);
        ClusterObservation seen = await observer.ObserveAsync(
            nodes.ToDictionary(n => n, _ => Facets.Preflight, StringComparer.Ordinal), null, null, complete: true, cancellationToken).ConfigureAwait(false);
        return UpgradePlanner.Plan(new PlannerInput
        {
            RunId = UpgradePlanner.NewRunId(world.Time.GetUtcNow()),
            Owner = _worlds.Owner,
            PackagePath = packagePath,
            Packages = packages,
            Policy = chosen,
            Adapters = world.Adapters,
            Observation = seen,
            Runs = await _journal.ListAsync(_worlds.Owner, cancellationToken).ConfigureAwait(false),
        });
    }

    private UpgradeRun Handle(string runId, string? packagePath, RunDriving? driving) =>
        new(runId, _journal, _worlds, cancel => ExplainAsync(runId, cancel), cancel => TakeUpAsync(runId, packagePath, cancel), Stay, driving);

    /// <summary>Who stays while a run waits for people.</summary>
    private Vigil Stay(UpgradePlan plan) =>
        new(_journal, plan, new RunClock(_worlds.Time), new Messengers(_worlds.Create(null).Ports.Notifiers, _worlds.Time, _logger));

    /// <summary>Takes the lease of a run and drives it again.</summary>
    private async Task<RunDriving> TakeUpAsync(string runId, string? packagePath, CancellationToken cancellationToken)
    {
        UpgradePlan plan = await GetOwnPlanAsync(runId, cancellationToken).ConfigureAwait(false);
        RunState state = RunState.Fold(await _journal.ReadAsync(runId, 0, cancellationToken).ConfigureAwait(false));
        if (state.IsEnded && !await IsRollbackWantedAsync(plan, state, cancellationToken).ConfigureAwait(false))
        {
            throw new UpgradeException(Words.Get("error.ended", runId, state.State, state.Reason)) { State = state.State };
        }

        await RefuseMissingPortsAsync(plan).ConfigureAwait(false);

        RunLease lease = state.IsEnded
            ? await _journal.ReopenAsync(runId, LeaseWait, cancellationToken).ConfigureAwait(false)
            : await _journal.AcquireAsync(runId, LeaseWait, cancellationToken).ConfigureAwait(false);
        return await DriveAsync(
            packagePath is null ? plan : plan with { PackagePath = Path.GetFullPath(packagePath) }, lease, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Drives a run in the background.</summary>
    /// <param name="plan">The plan, with the path the package has now.</param>
    /// <param name="lease">The lease of the run; given back when the driving ends.</param>
    /// <param name="cancellationToken">Ends the asking whether it may be driven.</param>
    private async Task<RunDriving> DriveAsync(UpgradePlan plan, RunLease lease, CancellationToken cancellationToken)
    {
        try
        {
            await (Supervision?.BeforeDrivingAsync(cancellationToken) ?? Task.CompletedTask).ConfigureAwait(false);
        }
        catch
        {
            await lease.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        RunFeed feed = new();
        CancellationTokenSource stop = new();
        return new RunDriving(feed, stop, DriveAsync(plan, lease, feed, stop.Token), lease.Epoch);
    }

    /// <summary>Whether somebody wants nodes of an ended run back and will get them: one that is taken up for nothing would go on with its plan.</summary>
    private async Task<bool> IsRollbackWantedAsync(UpgradePlan plan, RunState ended, CancellationToken cancellationToken) =>
        (await _journal.ReadCommandsAsync(plan.RunId, cancellationToken).ConfigureAwait(false)).Any(
            c => c.Kind == RunCommandKind.Rollback && RunCommands.Judge(plan, ended, c, _worlds.Time.GetUtcNow()).Entry is not null);

    /// <summary>The plan of a run of this cluster.</summary>
    private Task<UpgradePlan> GetOwnPlanAsync(string runId, CancellationToken cancellationToken) =>
        UpgradeRun.GetOwnPlanAsync(_journal, runId, _worlds.Owner, cancellationToken);

    /// <summary>A configuration that lost a section must not drive a run that relies on it.</summary>
    private async Task RefuseMissingPortsAsync(UpgradePlan plan)
    {
        UpgradeWorld world = _worlds.Create(plan);
        await using ConfiguredAsyncDisposable looked = world.ConfigureAwait(false);
        string missing = string.Join(", ", world.Adapters.MissingFor(plan));
        if (missing.Length > 0)
        {
            throw new UpgradeException(Words.Get("error.missing-ports", plan.RunId, missing));
        }
    }

    /// <summary>
    /// The decision of whoever drives the run, in words, or the one a driver would make now; nothing is caused. The nodes are asked only when
    /// nobody drives it, or its driver has not told lately.
    /// </summary>
    private async Task<UpgradeExplanation> ExplainAsync(string runId, CancellationToken cancellationToken)
    {
        UpgradePlan plan = await GetOwnPlanAsync(runId, cancellationToken).ConfigureAwait(false);
        RunClock clock = new(_worlds.Time);
        RunReading reading = await RunReading.ReadAsync(_journal, runId, clock, cancellationToken).ConfigureAwait(false);
        if (reading.Told is { } told)
        {
            return told;
        }

        (Position position, RunState run) = (reading.Position, reading.Position.Run);
        await RefuseMissingPortsAsync(plan).ConfigureAwait(false);
        UpgradeWorld world = CreateWorld(plan);
        await using ConfiguredAsyncDisposable looked = world.ConfigureAwait(false);
        ClusterObserver observer = new(world, clock, [.. plan.Nodes.Select(n => n.Name)], _journal, plan.Policy);
        ClusterObservation seen = await observer.ObserveAsync(
            position.Wanted, plan, run, complete: true, cancellationToken).ConfigureAwait(false);

        // What a living process has begun is taken as under way.
        HashSet<StepKey> underWay = [.. plan.AllSteps().Select(s => s.Key).Where(k => reading.Holder is not null && run[k].Status == StepStatus.Open)];
        return RunExplainer.Explain(
            new DeciderInput
            {
                Position = position,
                Cluster = seen,
                Now = seen.At,
                WallNow = clock.Wall,
                RequestLimit = world.RequestLimit,
                InFlight = underWay,
                Accepted = new HashSet<StepKey>(),
            },
            reading.Holder,
            reading.Commands);
    }

    private async Task DriveAsync(UpgradePlan plan, RunLease lease, RunFeed feed, CancellationToken stop)
    {
        using Activity? activity = Diagnostics.Source.StartActivity("ksmg.upgrade");
        activity?.SetTag("ksmg.run", plan.RunId).SetTag("ksmg.cluster", plan.Cluster);
        await using ConfiguredAsyncDisposable held = lease.ConfigureAwait(false);
        UpgradeWorld world = CreateWorld(plan);
        await using ConfiguredAsyncDisposable driven = world.ConfigureAwait(false);
        Messengers messengers = new(world.Ports.Notifiers, world.Time, _logger);
        RunClock clock = new(world.Time);
        Silences silences = new(world.Ports.Silence, plan, clock, world.Time);
        UpgradeDriver driver = new(world, clock, plan, _journal, lease, feed, messengers, silences, _logger) { LeavesBetweenWindows = Supervision is not null };
        await driver.DriveAsync(stop).ConfigureAwait(false);
    }

    /// <summary>The world of a run, whose neighbours are measured and limited.</summary>
    private UpgradeWorld CreateWorld(UpgradePlan? plan)
    {
        UpgradeWorld world = _worlds.Create(plan);
        return world with { Ports = MeasuredPorts.Measure(world.Ports, world.Time), Tested = world.Ports };
    }
}
