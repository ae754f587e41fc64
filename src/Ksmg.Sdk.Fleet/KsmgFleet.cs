using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ksmg.Sdk.Fleet;

/// <summary>
/// Many clusters, upgraded in waves: plans fleets, begins them, and works on them in this process as one of any number of workers that share a
/// store. Dispose of it when it is not needed any more: it lets go of what it drives first.
/// </summary>
public class KsmgFleet : IAsyncDisposable
{
    private readonly FleetFile _file = null!;
    private readonly KsmgFleetOptions _options = null!;
    private readonly FleetStores _stores = null!;
    private readonly ILoggerFactory _loggers = NullLoggerFactory.Instance;
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly SemaphoreSlim _starting = new(1);
    private FleetPackages? _packages;

    /// <summary>For test doubles.</summary>
    protected KsmgFleet()
    {
        Journal = null!;
        Runs = null!;
    }

    private KsmgFleet(FleetFile file, KsmgFleetOptions options, FleetStores stores, ILoggerFactory loggers, TimeProvider time)
    {
        _file = file;
        _options = options;
        _stores = stores;
        _loggers = loggers;
        _time = time;
        Journal = new FleetJournal(stores.Fleets, time);
        Runs = new UpgradeJournal(stores.Runs, time);
    }

    /// <summary>Where the runs of the clusters are kept: each is a run like any other.</summary>
    public virtual UpgradeJournal Runs { get; }

    internal FleetJournal Journal { get; }

    private FileClusters Clusters => new(_file, _stores.Runs, _options.Configure, _loggers, _time);

    internal RunGlances Glances => new(_stores.Runs, _time);

    internal TimeProvider Time => _time;

    internal FleetTimes Times => _options.Times;

    /// <summary>Whoever works in this process, once it does.</summary>
    internal FleetWorker? Worker { get; private set; }

    /// <summary>The bell of whoever works in this process.</summary>
    internal QuartzBell? Bell { get; private set; }

    /// <summary>A fleet by its file. Nothing is connected before it is used.</summary>
    /// <param name="file">The file.</param>
    /// <param name="options">What the file does not say.</param>
    /// <param name="loggers">Where is logged to; nowhere when absent.</param>
    /// <param name="time">The clock; the system's when absent.</param>
    /// <exception cref="InvalidDataException">The file with the connection string of the store cannot be read.</exception>
    public static KsmgFleet Create(FleetFile file, KsmgFleetOptions? options = null, ILoggerFactory? loggers = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(file);
        TimeProvider clock = time ?? TimeProvider.System;
        return new KsmgFleet(
            file, options ?? new KsmgFleetOptions(), FleetStores.Of(file.Options.Store, clock), loggers ?? NullLoggerFactory.Instance, clock);
    }

    /// <summary>Makes a plan of the file and a package. No node is asked, and nothing is changed.</summary>
    /// <param name="package">The package; it is read as a whole for its hashes.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="PackageException">The package is damaged.</exception>
    public virtual Task<FleetPlan> PlanAsync(UpdatePackage package, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(package);
        return FleetPlanner.PlanAsync(_file, package, _time, cancellationToken);
    }

    /// <summary>When each cluster of a plan can begin and end, by the same rules as the fleet itself; times by past runs where there are some.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="cancellationToken">Ends the reading of past runs.</param>
    public virtual async Task<FleetSchedule> ScheduleAsync(FleetPlan plan, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return FleetScheduler.Schedule(plan, _time.GetUtcNow(), await PastTimes.ReadAsync(Runs, plan, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>
    /// Makes the plan a fleet, or goes on with the unfinished one of that name if it has the same plan, and works on it in this process until it has
    /// ended or only people can go on.
    /// </summary>
    /// <param name="plan">A plan.</param>
    /// <param name="cancellationToken">Cancels the start only; <see cref="FleetRun.StopAsync"/> lets go.</param>
    /// <exception cref="FleetException">Another fleet of that name has not ended.</exception>
    public virtual async Task<FleetRun> StartAsync(FleetPlan plan, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(plan);
        string id = await BeginAsync(plan, cancellationToken).ConfigureAwait(false);
        FleetWorker worker = await StartWorkingAsync(leavesWhenStanding: true, plan, cancellationToken).ConfigureAwait(false);
        await worker.AnswerAsync(id, cluster: null, cancellationToken).ConfigureAwait(false);
        return new FleetRun(this, id);
    }

    /// <summary>The newest fleet of the file's name, driven elsewhere or not at all; <see langword="null"/>: there was none.</summary>
    public virtual async Task<FleetRun?> FindAsync(CancellationToken cancellationToken = default)
    {
        // One that has not ended is the newest, whatever the clock said that it was begun by.
        FleetSummary[] readable = [.. (await ListAsync(cancellationToken).ConfigureAwait(false)).Where(f => f.Damage is null)];
        return (readable.LastOrDefault(f => f.End is null) ?? readable.LastOrDefault()) is { } newest ? new FleetRun(this, newest.FleetId) : null;
    }

    /// <summary>A handle on a fleet; nothing is read before it is used.</summary>
    /// <param name="fleetId">Its id, as <see cref="ListAsync"/> has it.</param>
    public virtual FleetRun GetRun(string fleetId)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(fleetId);
        return new FleetRun(this, fleetId);
    }

    /// <summary>The fleets of the file's name, the newest last; one that cannot be read is listed, as it may be ours.</summary>
    /// <exception cref="JournalException">The store cannot be read.</exception>
    public virtual async Task<IReadOnlyList<FleetSummary>> ListAsync(CancellationToken cancellationToken = default) =>
        [.. (await Journal.ListAsync(cancellationToken).ConfigureAwait(false)).Where(f => f.Name is null || f.Name == _file.Name)];

    /// <summary>
    /// A cluster of the file, with its runs in the store of the fleet: what people tell one of them, or drive by hand, the fleet sees. Dispose of it
    /// before the fleet.
    /// </summary>
    /// <param name="name">Its name.</param>
    /// <exception cref="FleetException">It is not in the file, or cannot be made as its own file says.</exception>
    public virtual ConfiguredCluster OpenCluster(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return Clusters.Open(name);
    }

    /// <summary>Works on every unfinished fleet of the file's name, as one of any number of workers, until it is cancelled; then it lets go of all.</summary>
    /// <param name="cancellationToken">Ends it: no new effect starts, a call under way ends or is cut at its limit, and the leases are given back.</param>
    public virtual async Task WorkAsync(CancellationToken cancellationToken = default)
    {
        FleetWorker worker = await StartWorkingAsync(leavesWhenStanding: false, plan: null, cancellationToken).ConfigureAwait(false);
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, _time, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await worker.StopAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Lets go of what is driven here, and closes the store.</summary>
    public async ValueTask DisposeAsync()
    {
        await DisposeAsyncCore().ConfigureAwait(false);
        GC.SuppressFinalize(this);
    }

    /// <summary>Lets go of what is driven here, and closes the store.</summary>
    protected virtual async ValueTask DisposeAsyncCore()
    {
        if (Worker is { } worker)
        {
            await worker.DisposeAsync().ConfigureAwait(false);
        }

        if (Bell is { } bell)
        {
            await bell.DisposeAsync().ConfigureAwait(false);
        }

        _packages?.Dispose();
        _starting.Dispose();
        if (_stores is { } stores)
        {
            await stores.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>The id of the fleet that the plan is or becomes. When this returns it is durable, and nothing else has happened.</summary>
    private async Task<string> BeginAsync(FleetPlan plan, CancellationToken cancellationToken)
    {
        for (bool again = false; ; again = true)
        {
            FleetSummary? active = (await ListAsync(cancellationToken).ConfigureAwait(false)).FirstOrDefault(f => f is { End: null, Damage: null });
            if (active is not null)
            {
                return active.PlanHash == plan.Hash
                    ? active.FleetId
                    : throw new FleetException(Words.Get("fleet.active", plan.Name, active.FleetId));
            }

            try
            {
                RunLease lease = await Journal.CreateAsync(plan, cancellationToken).ConfigureAwait(false);
                await lease.DisposeAsync().ConfigureAwait(false);
                return plan.FleetId;
            }
            catch (ActiveRunException) when (!again)
            {
                // Another worker was faster.
            }
        }
    }

    /// <summary>Begins to work here.</summary>
    /// <param name="leavesWhenStanding">Whether a fleet is let go of when only people can go on.</param>
    /// <param name="plan">The plan as it was made here; <see langword="null"/>: none was.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    private async Task<FleetWorker> StartWorkingAsync(bool leavesWhenStanding, FleetPlan? plan, CancellationToken cancellationToken)
    {
        await _starting.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            _packages ??= new FleetPackages(_options.Package);
            if (plan is not null)
            {
                _packages.Know(plan);
            }

            if (Worker is { } working)
            {
                working.GoOn();
                return working;
            }

            ILogger logger = _loggers.CreateLogger("Ksmg.Sdk.Fleet");
            Bell = new QuartzBell(_file.Name, _options.BellTimes, _time, _loggers, _stores.Bell);
            FleetWorkerOptions room = new()
            {
                Capacity = _options.Capacity,
                Name = _file.Name,
                LeavesWhenStanding = leavesWhenStanding,
                Times = _options.Times,
            };
            ClusterRunner runner = new(Journal, _stores.Runs, Clusters, _packages, Bell, _time, _options.Times, logger);
            FleetWorker worker = new(Journal, _stores.Runs, runner, Bell, room, _time, logger);
            await Bell.StartAsync(worker.AnswerAsync, worker.SweepAsync, cancellationToken).ConfigureAwait(false);
            Worker = worker;
            return worker;
        }
        finally
        {
            _starting.Release();
        }
    }
}
