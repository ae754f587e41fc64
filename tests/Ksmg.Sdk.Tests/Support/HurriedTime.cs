namespace Ksmg.Sdk.Tests.Support;

/// <summary>A clock that runs a number of times as fast as the machine's: real sockets, pauses and limits of ours in a fraction of their time.</summary>
internal sealed class HurriedTime(int times) : TimeProvider
{
    private readonly long _began = System.GetTimestamp();
    private readonly DateTimeOffset _from = System.GetUtcNow();

    public override DateTimeOffset GetUtcNow() => _from + GetElapsedTime(0, GetTimestamp());

    public override long GetTimestamp() => (System.GetTimestamp() - _began) * times;

    public override long TimestampFrequency => System.TimestampFrequency;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new Hurried(System.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan), times, dueTime, period);

    private sealed class Hurried : ITimer
    {
        private readonly ITimer _timer;
        private readonly int _times;

        public Hurried(ITimer timer, int times, TimeSpan dueTime, TimeSpan period)
        {
            (_timer, _times) = (timer, times);
            Change(dueTime, period);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period) => _timer.Change(Real(dueTime), Real(period));

        public void Dispose() => _timer.Dispose();

        public ValueTask DisposeAsync() => _timer.DisposeAsync();

        private TimeSpan Real(TimeSpan time) => time == Timeout.InfiniteTimeSpan ? time : time / _times;
    }
}
