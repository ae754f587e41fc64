using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>
/// The clock of the machine that drives runs, in a world that lives by a virtual clock: its wall clock can be set, and the machine or the
/// process can be stopped for a while.
/// </summary>
internal sealed class MachineTime(VirtualTimeProvider world) : TimeProvider
{
    private readonly Lock _gate = new();
    private TimeSpan _set;
    private long _lost;
    private long _stoppedAt;
    private long _stoppedUntil;

    public override long TimestampFrequency => world.TimestampFrequency;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override DateTimeOffset GetUtcNow() => world.GetUtcNow() + _set;

    public override long GetTimestamp()
    {
        lock (_gate)
        {
            long now = world.GetTimestamp();
            return _lost > 0 && now < _stoppedUntil ? _stoppedAt - (_lost - (_stoppedUntil - _stoppedAt)) : now - _lost;
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        MachineTimer timer = new(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Somebody sets the wall clock forward, or back.</summary>
    public void Set(TimeSpan by) => _set += by;

    /// <summary>Nothing of the machine's runs for a while, and then all that was due meanwhile.</summary>
    /// <param name="howLong">For how long.</param>
    /// <param name="clockRuns">Whether the monotonic clock runs on: for a process that was stopped, and on some systems for a machine.</param>
    public void Stop(TimeSpan howLong, bool clockRuns)
    {
        lock (_gate)
        {
            _stoppedAt = world.GetTimestamp();
            _stoppedUntil = _stoppedAt + howLong.Ticks;
            _lost += clockRuns ? 0 : howLong.Ticks;
        }
    }

    private sealed class MachineTimer : ITimer
    {
        private readonly MachineTime _machine;
        private readonly TimerCallback _callback;
        private readonly object? _state;
        private readonly ITimer _timer;
        private long _due;
        private TimeSpan _period;

        public MachineTimer(MachineTime machine, TimerCallback callback, object? state)
        {
            _machine = machine;
            _callback = callback;
            _state = state;
            _timer = machine.World.CreateTimer(static timer => ((MachineTimer)timer!).Fire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _period = period;
            if (dueTime >= TimeSpan.Zero)
            {
                _due = _machine.GetTimestamp() + dueTime.Ticks;
            }

            return _timer.Change(dueTime, Timeout.InfiniteTimeSpan);
        }

        public void Dispose() => _timer.Dispose();

        public ValueTask DisposeAsync() => _timer.DisposeAsync();

        private void Fire()
        {
            long stopped = Math.Max(0, _machine._stoppedUntil - _machine.World.GetTimestamp());
            long left = stopped > 0 ? stopped : _due - _machine.GetTimestamp();
            if (left > 0)
            {
                _timer.Change(new TimeSpan(left), Timeout.InfiniteTimeSpan);
                return;
            }

            if (_period > TimeSpan.Zero)
            {
                _due += _period.Ticks;
                _timer.Change(_period, Timeout.InfiniteTimeSpan);
            }

            _callback(_state);
        }
    }

    private VirtualTimeProvider World => world;
}
