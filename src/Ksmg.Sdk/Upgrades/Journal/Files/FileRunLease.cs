namespace Ksmg.Sdk.Upgrades;

/// <summary>A lease on a <see cref="RunFolder"/>: beats until it is given back or lost.</summary>
internal sealed class FileRunLease : RunLease
{
    private readonly RunFolder _folder;
    private readonly TimeProvider _time;
    private readonly TimeSpan _duration;
    private readonly CancellationTokenSource _lost;
    private readonly ITimer _timer;
    private LeaseFile _file;
    private long _renewedAt;
    private int _beating;
    private volatile bool _givenBack;
    private volatile string? _problem;

    /// <summary>Begins to beat.</summary>
    /// <param name="folder">The run.</param>
    /// <param name="file">What was written into <c>lease.json</c>.</param>
    /// <param name="renewedAt">The timestamp before it was written.</param>
    /// <param name="options">The clocks.</param>
    /// <param name="time">The clock.</param>
    public FileRunLease(RunFolder folder, LeaseFile file, long renewedAt, FileUpgradeJournalOptions options, TimeProvider time)
    {
        _folder = folder;
        _file = file;
        _renewedAt = renewedAt;
        _time = time;
        _duration = options.LeaseDuration;
        _lost = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        Lost = _lost.Token;
        Renew(renewedAt);
        _timer = time.CreateTimer(static state => _ = ((FileRunLease)state!).BeatAsync(), this, options.BeatInterval, options.BeatInterval);
    }

    public override string RunId => _folder.RunId;

    public override long Epoch => _file.Epoch;

    public override CancellationToken Lost { get; }

    public RunFolder Folder => _folder;

    internal override string? Problem => _problem;

    public override TimeSpan Remaining
    {
        get
        {
            TimeSpan left = _duration - _time.GetElapsedTime(Volatile.Read(ref _renewedAt));
            return _givenBack || Lost.IsCancellationRequested || left < TimeSpan.Zero ? TimeSpan.Zero : left;
        }
    }

    /// <summary>Makes sure, under the lock of the run, that nobody has taken it over.</summary>
    /// <exception cref="LeaseLostException">Somebody has, or may have.</exception>
    public void Check()
    {
        if (Remaining == TimeSpan.Zero || !IsOurs())
        {
            Lose();
            throw JournalRules.Lost(RunId, Epoch);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        if (_givenBack)
        {
            return;
        }

        _givenBack = true;
        await _timer.DisposeAsync().ConfigureAwait(false);
        try
        {
            using (await _folder.Lock.EnterAsync(CancellationToken.None).ConfigureAwait(false))
            {
                if (IsOurs())
                {
                    _folder.WriteLease(_file with { Released = true }, durable: false);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or TimeoutException or JournalException)
        {
            // It runs out by itself.
        }

        _lost.CancelAfter(Timeout.InfiniteTimeSpan);
    }

    private async Task BeatAsync()
    {
        if (Interlocked.Exchange(ref _beating, 1) == 1)
        {
            return;
        }

        try
        {
            using (await _folder.Lock.EnterAsync(CancellationToken.None).ConfigureAwait(false))
            {
                if (Remaining == TimeSpan.Zero || _givenBack)
                {
                    return;
                }

                if (!IsOurs())
                {
                    Lose();
                    return;
                }

                long now = _time.GetTimestamp();
                LeaseFile next = _file with { Beat = _file.Beat + 1, BeatAt = _time.GetUtcNow() };
                _folder.WriteLease(next, durable: false);
                _file = next;
                _problem = null;
                Renew(now);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or TimeoutException or JournalException)
        {
            // The next beat may succeed; if none does, the lease runs out.
            _problem = e.Message;
        }
        finally
        {
            Volatile.Write(ref _beating, 0);
        }
    }

    private bool IsOurs() => _folder.ReadLease() is { } file && file.Epoch == _file.Epoch && file.Owner == _file.Owner;

    private void Renew(long now)
    {
        Volatile.Write(ref _renewedAt, now);
        TimeSpan left = _duration - _time.GetElapsedTime(now);
        _lost.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
    }

    private void Lose()
    {
        if (!_givenBack)
        {
            _lost.Cancel();
        }
    }
}
