using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests;

/// <summary>What a node goes through by itself keeps its order on a machine that is late with its timers.</summary>
public sealed class SimulatorRestartTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_node_comes_up_however_late_timers_overtake_each_other(bool answersWhileInstalling)
    {
        Unpunctual time = new();
        await using SimulatedCluster cluster = SimulatedCluster.CreateVirtual(
            new SimulatedClusterOptions { AnswersWhileInstalling = answersWhileInstalling }, time);
        cluster.Act("gw2", "upgrade");
        cluster.Act("gw3", "power-off");
        cluster.Act("gw3", "power-on");
        for (int i = 0; i < 20; i++)
        {
            time.PassLatestFirst(TimeSpan.FromHours(1));
        }

        Assert.Equal((WebState.Up, WebState.Up), (cluster.World["gw2"].Web, cluster.World["gw3"].Web));
        Assert.Equal("2.1.0.7854", cluster.World["gw2"].Build.ToString());
    }

    /// <summary>Fires what is due, the latest first.</summary>
    private sealed class Unpunctual : TimeProvider
    {
        private readonly List<Timer> _timers = [];
        private DateTimeOffset _now = new(2026, 1, 5, 8, 0, 0, TimeSpan.Zero);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow() => _now;

        public override long GetTimestamp() => _now.Ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Timer timer = new(this, () => callback(state));
            _timers.Add(timer);
            timer.Change(dueTime, period);
            return timer;
        }

        public void PassLatestFirst(TimeSpan time)
        {
            _now += time;
            foreach (Timer timer in _timers.Where(t => t.Due <= _now).OrderByDescending(t => t.Due).ToList())
            {
                timer.Fire();
            }
        }

        private sealed class Timer(Unpunctual time, Action fire) : ITimer
        {
            private TimeSpan _period = Timeout.InfiniteTimeSpan;

            public DateTimeOffset? Due { get; private set; }

            public void Fire()
            {
                if (Due is not null)
                {
                    Due = _period > TimeSpan.Zero ? time._now + _period : null;
                    fire();
                }
            }

            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                Due = dueTime < TimeSpan.Zero ? null : time._now + dueTime;
                _period = period;
                return true;
            }

            public void Dispose() => time._timers.Remove(this);

            public ValueTask DisposeAsync()
            {
                Dispose();
                return ValueTask.CompletedTask;
            }
        }
    }
}
