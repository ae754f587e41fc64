namespace Ksmg.Sdk.Upgrades;

/// <summary>The right to drive a run: renewed in the background until it is given back, by disposing it, or lost.</summary>
internal sealed class RunLease : IAsyncDisposable
{
    private readonly IRunStore _store;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _lost;
    private readonly ITimer? _timer;
    private Task _beat = Task.CompletedTask;
    private StoredLease _stored;
    private long _renewedAt;
    private int _beating;
    private volatile bool _isPermanent;
    private volatile bool _givenBack;
    private volatile string? _problem;

    /// <summary>Begins to renew.</summary>
    /// <param name="store">Where the run is.</param>
    /// <param name="runId">The run.</param>
    /// <param name="stored">What was stored.</param>
    /// <param name="renewedAt">The timestamp before it was.</param>
    /// <param name="time">The clock.</param>
    public RunLease(IRunStore store, string runId, StoredLease stored, long renewedAt, TimeProvider time)
    {
        _store = store;
        RunId = runId;
        _stored = stored;
        _time = time;
        _lost = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        Lost = _lost.Token;
        if (store.RenewalInterval == Timeout.InfiniteTimeSpan)
        {
            _isPermanent = true;
            return;
        }

        Renew(renewedAt);
        _timer = time.CreateTimer(static state => ((RunLease)state!).Beat(), this, store.RenewalInterval, store.RenewalInterval);
    }

    public string RunId { get; }

    /// <summary>Grows with every holder; records of older epochs are refused.</summary>
    public long Epoch => _stored.Epoch;

    /// <summary>Cancelled when the lease is lost.</summary>
    public CancellationToken Lost { get; }

    public StoredLease Stored => _stored;

    /// <summary>Why the last renewal failed, if it did.</summary>
    public string? Problem => _problem;

    /// <summary>How long the lease surely holds, counted from the last successful renewal on a monotonic clock; zero when lost.</summary>
    public TimeSpan Remaining
    {
        get
        {
            TimeSpan left = _store.LeaseDuration - (_isPermanent ? TimeSpan.Zero : _time.GetElapsedTime(Volatile.Read(ref _renewedAt)));
            return _givenBack || Lost.IsCancellationRequested || left < TimeSpan.Zero ? TimeSpan.Zero : left;
        }
    }

    /// <summary>Makes sure that it has not run out. Whether somebody has taken the run the store looks, as it writes.</summary>
    /// <exception cref="LeaseLostException">It has.</exception>
    public void Check()
    {
        if (Remaining == TimeSpan.Zero)
        {
            throw Lose();
        }
    }

    /// <summary>It is somebody else's now.</summary>
    public LeaseLostException Lose()
    {
        if (!_givenBack)
        {
            _lost.Cancel();
        }

        return JournalRules.Lost(RunId, Epoch);
    }

    /// <summary>Acts as if the holder had been cut off.</summary>
    public void StopRenewing()
    {
        if (_isPermanent)
        {
            _isPermanent = false;
            Renew(_time.GetTimestamp());
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_givenBack)
        {
            return;
        }

        _givenBack = true;
        if (_timer is not null)
        {
            await _timer.DisposeAsync().ConfigureAwait(false);

            // Whoever has given it back may take the folder away: nothing is written there any more.
            await Volatile.Read(ref _beat).ConfigureAwait(false);
        }

        try
        {
            await TryStoreAsync(s => s with { IsReleased = true }, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // It runs out by itself.
        }

        _lost.CancelAfter(Timeout.InfiniteTimeSpan);
    }

    /// <summary>Begins a beat, unless the last one is still on its way.</summary>
    private void Beat()
    {
        if (Interlocked.Exchange(ref _beating, 1) == 0)
        {
            Volatile.Write(ref _beat, BeatAsync());
        }
    }

    private async Task BeatAsync()
    {
        try
        {
            if (Remaining == TimeSpan.Zero)
            {
                return;
            }

            long now = _time.GetTimestamp();
            if (await TryStoreAsync(s => s with { Beat = s.Beat + 1, BeatAt = _time.GetUtcNow() }, Lost).ConfigureAwait(false))
            {
                _problem = null;
                Renew(now);
            }
            else
            {
                Lose();
            }
        }
        catch (Exception e)
        {
            // The next beat may succeed; if none does, the lease runs out.
            _problem = e.Message;
        }
        finally
        {
            Volatile.Write(ref _beating, 0);
        }
    }

    /// <summary>Stores it anew unless it is another's. A write that succeeded may have been answered as failed: then ours is newer than we know.</summary>
    private async Task<bool> TryStoreAsync(Func<StoredLease, StoredLease> change, CancellationToken cancellationToken)
    {
        while (true)
        {
            StoredLease next = change(_stored);
            if (await _store.WriteLeaseAsync(RunId, _stored, next, cancellationToken).ConfigureAwait(false))
            {
                _stored = next;
                return true;
            }

            StoredLease? now = await _store.ReadLeaseAsync(RunId, cancellationToken).ConfigureAwait(false);
            if (now is null || now.IsReleased || !now.IsSameHolding(_stored))
            {
                return false;
            }

            _stored = now;
        }
    }

    private void Renew(long now)
    {
        Volatile.Write(ref _renewedAt, now);
        TimeSpan left = _store.LeaseDuration - _time.GetElapsedTime(now);
        _lost.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
    }
}
