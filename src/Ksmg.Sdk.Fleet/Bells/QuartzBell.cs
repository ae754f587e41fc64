using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Quartz;

namespace Ksmg.Sdk.Fleet;

/// <summary>
/// Quartz as a bell: within this process, or between all workers over one PostgreSQL. A ring is a trigger that fires once. Nothing rests on it: what
/// Quartz does not take is answered here, what it loses is found by a sweep, and each worker sweeps by its own clock too.
/// </summary>
/// <param name="name">The name of the fleets it rings for: workers of other fleets over the same database hear nothing of it.</param>
/// <param name="times">How often it looks, and how long it waits.</param>
/// <param name="time">The clock.</param>
/// <param name="loggers">Where is logged to, by Quartz too.</param>
/// <param name="database">Where the workers' bells are one; <see langword="null"/>: this process is the only worker.</param>
internal sealed class QuartzBell(
    string name, BellTimes times, TimeProvider time, ILoggerFactory loggers, BellDatabase? database = null) : IDoorbell, IAsyncDisposable
{
    /// <summary>Begins a trigger's name; the name of the cluster follows, or nothing.</summary>
    private const string Mark = "/";

    /// <summary>In a group that no fleet's id is like.</summary>
    private static readonly TriggerKey EveryFleet = new("sweep", "*");

    private readonly ILogger _logger = loggers.CreateLogger(Diagnostics.Name);
    private readonly CancellationTokenSource _stop = new();
    private Func<string, string?, CancellationToken, Task> _answer = (_, _, _) => Task.CompletedTask;
    private Func<CancellationToken, Task> _sweep = _ => Task.CompletedTask;
    private StandaloneSchedulerFactory? _factory;
    private IScheduler? _scheduler;
    private Task _tending = Task.CompletedTask;
    private (string[] Alive, long AskedAt)? _workers;
    private long _restUntil;
    private long _sweptAt;
    private int _turn;

    /// <summary>When this worker looked at all fleets last, called by Quartz or by its own clock; <see langword="null"/>: it never could.</summary>
    public DateTimeOffset? SweptAt => Volatile.Read(ref _sweptAt) is > 0 and var ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    /// <summary>Begins to ring here. A database that does not answer is no fault: until it does, this worker's own sweeps go on.</summary>
    /// <param name="answer">Begins what is to be done about a fleet or a cluster, and returns.</param>
    /// <param name="sweep">Begins what is to be done about every unfinished fleet, and returns.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public async Task StartAsync(
        Func<string, string?, CancellationToken, Task> answer, Func<CancellationToken, Task> sweep, CancellationToken cancellationToken = default)
    {
        (_answer, _sweep) = (answer, sweep);
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        _tending = Task.Run(TendAsync, CancellationToken.None);
    }

    /// <inheritdoc/>
    public async Task RingAsync(string fleetId, string? cluster, DateTimeOffset at, CancellationToken cancellationToken = default)
    {
        DateTimeOffset now = time.GetUtcNow();
        bool isRung = await TryAsync(
            async (quartz, end) =>
            {
                TriggerBuilder<IJob> trigger = TriggerBuilder.Create(time).WithIdentity(Mark + cluster, fleetId).StartAt(at > now ? at : now);
                if (cluster is not null && database is not null)
                {
                    trigger.WithPreferredNode(PreferredNode.For(await NextWorkerAsync(quartz, end).ConfigureAwait(false)));
                }

                await ScheduleAsync(quartz, trigger, TriggerConflict.KeepEarlier, end).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
        BellDiagnostics.Rang(isRung);
        if (!isRung && at <= now)
        {
            await AnswerAsync(fleetId, cluster, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Somebody rang, or it is time for a sweep.</summary>
    public Task HearAsync(TriggerKey key, CancellationToken cancellationToken) => key.Equals(EveryFleet)
        ? SweepAsync(BellDiagnostics.ByQuartz, cancellationToken)
        : AnswerAsync(key.Group, key.Name.Length > Mark.Length ? key.Name[Mark.Length..] : null, cancellationToken);

    /// <summary>Why Quartz does not ring, as seen from here; <see langword="null"/>: it does.</summary>
    public async Task<string?> FindTroubleAsync(CancellationToken cancellationToken = default)
    {
        bool isLate = false;
        bool isAnswered = await TryAsync(
            async (quartz, end) => isLate = await IsLateAsync(quartz, end).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        if (!isAnswered)
        {
            return Words.Get("bell.no-answer");
        }

        return isLate ? Words.Get("bell.late") : null;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _tending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_factory is not null)
        {
            // What it holds in the database another worker takes over, should this come to nothing.
            Task closing = _factory.DisposeAsync().AsTask().WaitAsync(times.Patience, time, CancellationToken.None);
            await closing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (database is not null)
        {
            await database.DisposeAsync().ConfigureAwait(false);
        }

        _stop.Dispose();
    }

    private async Task OpenAsync(CancellationToken cancellationToken)
    {
        try
        {
            _factory = await BellScheduler.OpenAsync(name, this, time, loggers, database, cancellationToken).ConfigureAwait(false);
            _scheduler = await _factory.GetScheduler(cancellationToken).ConfigureAwait(false);
            Log.BellRings(_logger, _scheduler.SchedulerInstanceId);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            Log.BellSilent(_logger, e.GetBaseException().Message);
        }
    }

    /// <summary>This worker's own clock: whatever has become of Quartz, it looks, and it puts in order what Quartz has left lying.</summary>
    private async Task TendAsync()
    {
        while (true)
        {
            if (_scheduler is null)
            {
                await OpenAsync(_stop.Token).ConfigureAwait(false);
            }

            await SweepAsync(BellDiagnostics.ByItself, _stop.Token).ConfigureAwait(false);
            await TryAsync(
                async (quartz, end) =>
                {
                    if (await IsLateAsync(quartz, end).ConfigureAwait(false))
                    {
                        TriggerBuilder<IJob> sweep = TriggerBuilder.Create(time).WithIdentity(EveryFleet).StartAt(time.GetUtcNow() + times.Sweep)
                            .WithSimpleSchedule(s => s.WithInterval(times.Sweep).RepeatForever());
                        await ScheduleAsync(quartz, sweep, TriggerConflict.Replace, end).ConfigureAwait(false);
                    }
                },
                _stop.Token).ConfigureAwait(false);
            await Task.Delay(times.OwnSweep * (1 + RandomNumberGenerator.GetInt32(250) / 1000.0), time, _stop.Token).ConfigureAwait(false);
        }
    }

    private async Task<bool> IsLateAsync(IScheduler quartz, CancellationToken cancellationToken) =>
        (await quartz.GetTrigger(EveryFleet, cancellationToken).ConfigureAwait(false))?.NextFireTimeUtc is not { } next
        || time.GetUtcNow() - next > times.Overdue;

    /// <summary>Puts a ring in. One that should have come long ago does not keep an other one back: whoever took it may be gone.</summary>
    private async Task ScheduleAsync(IScheduler quartz, TriggerBuilder<IJob> trigger, TriggerConflict conflict, CancellationToken cancellationToken)
    {
        ITrigger ring = trigger.ForJob(BellScheduler.Job).Build();
        ScheduleTriggerResult result = await quartz.ScheduleTrigger(ring, conflict, cancellationToken).ConfigureAwait(false);
        if (result.Outcome == ScheduleOutcome.Kept && time.GetUtcNow() - result.NextFireTimeUtc > times.Overdue)
        {
            await quartz.ScheduleTrigger(ring, TriggerConflict.Replace, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Whose turn it is: who puts a ring in would otherwise be the first to take it out again, each time.</summary>
    private async Task<string> NextWorkerAsync(IScheduler quartz, CancellationToken cancellationToken)
    {
        if (_workers is not { } workers || time.GetElapsedTime(workers.AskedAt) > times.Rest)
        {
            List<ClusterNode> all = await quartz.QueryClusterNodes(cancellationToken).ConfigureAwait(false);
            workers = ([.. all.Where(n => n.IsCurrentNode || n.State == ClusterNodeState.Alive).Select(n => n.InstanceId)], time.GetTimestamp());
            _workers = workers;
        }

        return workers.Alive[(int)((uint)Interlocked.Increment(ref _turn) % workers.Alive.Length)];
    }

    private async Task AnswerAsync(string fleetId, string? cluster, CancellationToken cancellationToken)
    {
        try
        {
            await _answer(fleetId, cluster, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // Who rang must not stumble over it, and neither must Quartz, which would ring at once and for ever.
            Log.AnswerFailed(_logger, fleetId, cluster ?? string.Empty, e);
        }
    }

    private async Task SweepAsync(string by, CancellationToken cancellationToken)
    {
        string? fault = null;
        using CancellationTokenSource limit = new(times.OwnSweep, time);
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await _sweep(end.Token).ConfigureAwait(false);
            Volatile.Write(ref _sweptAt, time.GetUtcNow().UtcTicks);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            fault = e.GetType().Name;
            Log.SweepFailed(_logger, e.Message);
        }

        BellDiagnostics.Swept(by, fault);
    }

    /// <summary>Asks Quartz for something, for a bounded time, and after a failure not at once again.</summary>
    private async Task<bool> TryAsync(Func<IScheduler, CancellationToken, Task> call, CancellationToken cancellationToken)
    {
        if (_scheduler is not { } scheduler || time.GetUtcNow().UtcTicks < Volatile.Read(ref _restUntil))
        {
            return false;
        }

        using CancellationTokenSource limit = new(times.Patience, time);
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await call(scheduler, end.Token).WaitAsync(end.Token).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            Volatile.Write(ref _restUntil, (time.GetUtcNow() + times.Rest).UtcTicks);
            Log.BellSilent(_logger, e.GetBaseException().Message);
            return false;
        }
    }
}
