namespace Ksmg.Simulator;

/// <summary>
/// A clock that stands still until it is told to move. Timers fire in due order, inline on the thread that moves the clock, so that code
/// which waits only for this clock and for in-memory ports runs deterministically and on one thread.
/// </summary>
public sealed class VirtualTimeProvider : TimeProvider
{
    // A continuation may hop to the thread pool once (a semaphore, a channel). It gets this much real time before a run counts as stuck.
    private static readonly TimeSpan HopAllowance = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly PriorityQueue<(VirtualTimer Timer, long Version), (long Due, long Sequence)> _queue = new();
    private readonly DateTimeOffset _start;
    private long _elapsed;
    private long _sequence;

    /// <summary>Creates a clock that starts on 2026-01-05 08:00 UTC, or at another time.</summary>
    public VirtualTimeProvider(DateTimeOffset? start = null) =>
        _start = start ?? new DateTimeOffset(2026, 1, 5, 8, 0, 0, TimeSpan.Zero);

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <summary>How far the clock has moved since its start.</summary>
    public TimeSpan Elapsed => new(Volatile.Read(ref _elapsed));

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => _start + Elapsed;

    /// <inheritdoc/>
    public override long GetTimestamp() => Volatile.Read(ref _elapsed);

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new VirtualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves the clock to the next timer and fires it.</summary>
    /// <returns><see langword="false"/> if no timer is waiting.</returns>
    public bool AdvanceToNextTimer() => FireNext(long.MaxValue);

    /// <summary>Moves the clock, firing every timer that falls due on the way.</summary>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        long target = _elapsed + by.Ticks;
        while (FireNext(target))
        {
        }

        Volatile.Write(ref _elapsed, target);
    }

    /// <summary>
    /// Runs a task to its end, moving the clock from timer to timer while the task waits.
    /// </summary>
    /// <param name="work">Starts the task; called on this thread, without a synchronization context.</param>
    /// <param name="limit">How much virtual time may pass.</param>
    /// <exception cref="TimeoutException">The limit is over and the task still waits.</exception>
    /// <exception cref="InvalidOperationException">The task waits for something that no timer will bring.</exception>
    public void Run(Func<Task> work, TimeSpan limit)
    {
        ArgumentNullException.ThrowIfNull(work);
        SynchronizationContext? outer = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            Drive(work(), limit);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(outer);
        }
    }

    /// <inheritdoc cref="Run(Func{Task}, TimeSpan)"/>
    /// <returns>The result of the task.</returns>
    public T Run<T>(Func<Task<T>> work, TimeSpan limit)
    {
        ArgumentNullException.ThrowIfNull(work);
        Task<T>? task = null;
        Run(Start, limit);
        return task!.GetAwaiter().GetResult();

        Task Start() => task = work();
    }

    private void Drive(Task task, TimeSpan limit)
    {
        long end = _elapsed + limit.Ticks;
        while (!task.IsCompleted)
        {
            if (FireNext(end) || HopEnds(task))
            {
                continue;
            }

            throw NextDue() is null
                ? new InvalidOperationException($"Stuck at {GetUtcNow():O}: the task waits for something that no timer will bring.")
                : new TimeoutException($"At {GetUtcNow():O} the task has not ended within {limit} of virtual time.");
        }

        task.GetAwaiter().GetResult();
    }

    private bool HopEnds(Task task) =>
        NextDue() is null && SpinWait.SpinUntil(() => task.IsCompleted || NextDue() is not null, HopAllowance);

    private long? NextDue()
    {
        lock (_gate)
        {
            DropDead();
            return _queue.TryPeek(out _, out (long Due, long Sequence) key) ? key.Due : null;
        }
    }

    private bool FireNext(long until)
    {
        VirtualTimer timer;
        lock (_gate)
        {
            DropDead();
            if (!_queue.TryPeek(out _, out (long Due, long Sequence) key) || key.Due > until)
            {
                return false;
            }

            timer = _queue.Dequeue().Timer;
            Volatile.Write(ref _elapsed, Math.Max(_elapsed, key.Due));
            timer.Version++;
            if (timer.Period > 0)
            {
                Enqueue(timer, timer.Period);
            }
        }

        timer.Fire();
        return true;
    }

    private void DropDead()
    {
        while (_queue.TryPeek(out (VirtualTimer Timer, long Version) entry, out _) && entry.Version != entry.Timer.Version)
        {
            _queue.Dequeue();
        }
    }

    private void Enqueue(VirtualTimer timer, long inTicks) =>
        _queue.Enqueue((timer, timer.Version), (_elapsed + inTicks, ++_sequence));

    private sealed class VirtualTimer(VirtualTimeProvider clock, TimerCallback callback, object? state) : ITimer
    {
        /// <summary>Counts the settings of the timer; a queue entry of an older setting is dead.</summary>
        public long Version { get; set; }

        public long Period { get; private set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._gate)
            {
                Version++;
                Period = period > TimeSpan.Zero ? period.Ticks : 0;
                if (dueTime >= TimeSpan.Zero)
                {
                    clock.Enqueue(this, dueTime.Ticks);
                }

                return true;
            }
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
