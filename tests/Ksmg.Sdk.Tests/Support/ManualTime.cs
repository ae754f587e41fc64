namespace Ksmg.Sdk.Tests.Support;

/// <summary>A clock that moves only when told; timers fire inside <see cref="Advance"/>, in the order they are due.</summary>
internal sealed class ManualTime : TimeProvider
{
    private readonly Lock sync = new();
    private readonly List<ManualTimer> timers = [];
    private readonly List<TimeSpan> requested = [];
    private DateTimeOffset now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Waits up to this long are over as soon as they begin: pauses of no interest to the test.</summary>
    public TimeSpan Skips { get; init; }

    /// <summary>How long every timer so far was asked to wait; what a test asserts on, since real threads decide when a wait begins.</summary>
    public IReadOnlyList<TimeSpan> Requested
    {
        get
        {
            lock (sync)
            {
                return [.. requested];
            }
        }
    }

    /// <summary>Where the clock hangs.</summary>
    public TimeZoneInfo Zone { get; init; } = TimeZoneInfo.Utc;

    public override TimeZoneInfo LocalTimeZone => Zone;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        lock (sync)
        {
            return now;
        }
    }

    public override long GetTimestamp() => GetUtcNow().Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ManualTimer timer = new(this, () => callback(state));
        lock (sync)
        {
            timers.Add(timer);
            requested.Add(dueTime);
        }

        timer.Change(dueTime, period);
        if (dueTime > TimeSpan.Zero && dueTime <= Skips)
        {
            ThreadPool.QueueUserWorkItem(_ => timer.Fire());
        }

        return timer;
    }

    /// <summary>The machine sleeps: what fell due meanwhile fires when it wakes, late.</summary>
    public void Sleep(TimeSpan by)
    {
        lock (sync)
        {
            now += by;
        }

        Advance(TimeSpan.Zero);
    }

    public void Advance(TimeSpan by)
    {
        DateTimeOffset until = GetUtcNow() + by;
        while (true)
        {
            ManualTimer? next;
            lock (sync)
            {
                next = timers.Where(t => t.Due <= until).MinBy(t => t.Due);
                now = next?.Due > now ? next.Due.Value : next is null ? until : now;
                if (next is not null)
                {
                    next.Due = null;
                }
            }

            if (next is null)
            {
                return;
            }

            next.Fire();
        }
    }

    private sealed class ManualTimer(ManualTime time, Action fire) : ITimer
    {
        public DateTimeOffset? Due { get; set; }

        public Action Fire => fire;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time.sync)
            {
                Due = dueTime == Timeout.InfiniteTimeSpan ? null : time.now + dueTime;
            }

            return true;
        }

        public void Dispose()
        {
            lock (time.sync)
            {
                time.timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
