namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// The time of one driver: what the wall clock said when it began, and from there on what a monotonic clock counts while the driver runs.
/// Every limit, rest and interval of a run is counted on it, so that a wall clock that is set forward or back, and a machine or process that
/// was stopped for a while, neither end a wait nor prolong it. Wall time is only written down and shown, and compared with times that
/// people named.
/// </summary>
internal sealed class RunClock(TimeProvider time)
{
    /// <summary>Longer than this a driver that runs is never without a look at its clock but for an answer that is late.</summary>
    private static readonly TimeSpan LongestGap = Neighbour.Limit + TimeSpan.FromSeconds(15);

    private readonly Lock _gate = new();
    private long _read = time.GetTimestamp();
    private TimeSpan _counted;

    /// <summary>When the driver began.</summary>
    public DateTimeOffset Began { get; } = time.GetUtcNow();

    /// <summary>The time decisions rest on. It never goes back, and time during which nobody looked does not count.</summary>
    public DateTimeOffset Now => Read(LongestGap, LongestGap);

    /// <summary>What the wall clock says: to be written down, shown, and compared with times that people named.</summary>
    public DateTimeOffset Wall => time.GetUtcNow();

    /// <summary>How far the wall clock is ahead, in whole seconds: shown times must not flicker.</summary>
    public TimeSpan Ahead => TimeSpan.FromSeconds(Math.Round((Wall - Now).TotalSeconds));

    /// <summary>A time of this clock as the wall clock would say it now.</summary>
    public DateTimeOffset ToWall(DateTimeOffset when) => when + Ahead;

    /// <summary>A time of the wall clock, of a moment that is not yet to come, on this clock.</summary>
    public DateTimeOffset FromWall(DateTimeOffset when) => Earlier(when - Ahead, Now);

    /// <summary>
    /// When a former driver wrote something, by whatever clock: nothing that was written lies in the future. Its times only order and explain:
    /// waits count from the beginning of this driver at the earliest.
    /// </summary>
    public DateTimeOffset Former(DateTimeOffset at) => Earlier(at, Began);

    /// <summary>When something was written, by this driver or by a former one.</summary>
    public DateTimeOffset Written(DateTimeOffset at, bool byUs) => byUs ? FromWall(at) : Former(at);

    /// <summary>A limit of a call, of any length. Time during which the driver was stopped does not count.</summary>
    public AwakeLimit Limit(TimeSpan limit) => new(limit, time);

    /// <summary>Sleeps for a time, or until a call is over. Time during which the driver was stopped does not count.</summary>
    /// <param name="howLong">How long, <see cref="AwakeLimit.LongestPiece"/> at the most.</param>
    /// <param name="calls">What wakes the sleeper when it is over.</param>
    /// <param name="cancellationToken">Wakes the sleeper with an <see cref="OperationCanceledException"/>.</param>
    public async Task SleepAsync(TimeSpan howLong, IEnumerable<Task> calls, CancellationToken cancellationToken)
    {
        _ = Now;

        // A timer that is put away when a call is over. A delay would have to be cancelled: an exception that nobody wants, on a thread that is woken for it.
        TaskCompletionSource slept = new();

        // Timers count whole milliseconds: less would be no rest at all, and the time of a clock that only timers move would stand still.
        using ITimer timer = time.CreateTimer(
            static slept => End(slept), slept, TimeSpan.FromMilliseconds(Math.Ceiling(howLong.TotalMilliseconds)), Timeout.InfiniteTimeSpan);

        // Whoever cancels does not do the sleeper's work.
        using CancellationTokenRegistration cancelled = cancellationToken.UnsafeRegister(
            static slept => ThreadPool.UnsafeQueueUserWorkItem(End, slept, preferLocal: false), slept);
        await Task.WhenAny([slept.Task, .. calls]).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        if (slept.Task.IsCompleted)
        {
            Read(howLong + AwakeLimit.LateWaking, howLong);
        }

        static void End(object? slept) => ((TaskCompletionSource)slept!).TrySetResult();
    }

    private static DateTimeOffset Earlier(DateTimeOffset left, DateTimeOffset right) => left < right ? left : right;

    /// <param name="longest">A longer time since the last reading was not spent running.</param>
    /// <param name="counted">What counts of it then.</param>
    private DateTimeOffset Read(TimeSpan longest, TimeSpan counted)
    {
        lock (_gate)
        {
            long now = time.GetTimestamp();
            TimeSpan passed = time.GetElapsedTime(_read, now);
            _read = now;
            _counted += passed > longest ? counted : passed;
            return Began + _counted;
        }
    }
}
