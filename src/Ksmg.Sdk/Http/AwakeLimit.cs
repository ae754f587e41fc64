namespace Ksmg.Sdk;

/// <summary>
/// A time limit that counts only while this process is awake: while the machine sleeps, or the process is stopped, nothing can move, and
/// nobody is to blame for it. It counts in pieces; of one that ends late only its own length counts. So any length will do, also one that
/// no timer can wait for.
/// </summary>
internal sealed class AwakeLimit : IDisposable
{
    /// <summary>The longest single wait.</summary>
    public static readonly TimeSpan LongestPiece = TimeSpan.FromSeconds(10);

    /// <summary>How much later than asked for a wait may end in a process that was not stopped.</summary>
    public static readonly TimeSpan LateWaking = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _over = new();
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private TimeSpan _left;
    private TimeSpan _piece;
    private long _began;

    /// <param name="limit">How long from now.</param>
    /// <param name="time">The clock.</param>
    public AwakeLimit(TimeSpan limit, TimeProvider time)
    {
        _time = time;
        _timer = time.CreateTimer(static state => ((AwakeLimit)state!).EndPiece(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Restart(limit);
    }

    /// <summary>Cancelled when the limit is over.</summary>
    public CancellationToken Token => _over.Token;

    public bool IsOver => _over.IsCancellationRequested;

    /// <summary>Counts anew from now on.</summary>
    public void Restart(TimeSpan limit)
    {
        lock (_gate)
        {
            BeginPiece(limit);
        }
    }

    public void Dispose()
    {
        _timer.Dispose();
        _over.Dispose();
    }

    private void BeginPiece(TimeSpan left)
    {
        _left = left;
        _piece = left < LongestPiece ? left : LongestPiece;
        _began = _time.GetTimestamp();
        _timer.Change(_piece, Timeout.InfiniteTimeSpan);
    }

    private void EndPiece()
    {
        lock (_gate)
        {
            TimeSpan passed = _time.GetElapsedTime(_began);
            TimeSpan left = _left - (passed > _piece + LateWaking ? _piece : passed);
            if (left > TimeSpan.Zero)
            {
                BeginPiece(left);
                return;
            }
        }

        try
        {
            _over.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // What was limited has ended meanwhile.
        }
    }
}
