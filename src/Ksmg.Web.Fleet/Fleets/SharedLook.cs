namespace Ksmg.Web.Fleet;

/// <summary>What is read for one is shown to all who ask; a store that takes its time is waited for only as long as nothing else can be shown.</summary>
/// <param name="read">Reads it.</param>
/// <param name="time">The clock.</param>
internal sealed class SharedLook<T>(Func<Task<T>> read, TimeProvider time)
    where T : class
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private Task<Look<T>>? _reading;
    private Look<T>? _last;
    private long _readAt;

    /// <summary>What is known of it, and since when.</summary>
    public async Task<Look<T>> LookAsync(CancellationToken cancellationToken)
    {
        (Task<Look<T>> reading, Look<T>? last) = Begin();
        if (last is not null)
        {
            await Task.WhenAny(reading, Task.Delay(Patience, time, cancellationToken)).ConfigureAwait(false);
        }

        return last is null || reading.IsCompleted ? await reading.WaitAsync(cancellationToken).ConfigureAwait(false) : last;
    }

    /// <summary>Something was said that changes it: what was read before is not shown any more.</summary>
    public void Forget()
    {
        lock (_gate)
        {
            (_reading, _last) = (null, null);
        }
    }

    private (Task<Look<T>> Reading, Look<T>? Last) Begin()
    {
        lock (_gate)
        {
            if (_reading is null || (_reading.IsCompleted && time.GetElapsedTime(_readAt) >= Fresh))
            {
                _readAt = time.GetTimestamp();
                _last = _reading is { IsCompletedSuccessfully: true } done ? done.Result : _last;

                // What is read for several does not end with one of them.
                _reading = Task.Run(async () => new Look<T>(await read().ConfigureAwait(false), time.GetUtcNow()));
            }

            return (_reading, _last);
        }
    }
}

/// <summary>What was seen, and when.</summary>
internal sealed record Look<T>(T Seen, DateTimeOffset At);
