namespace Ksmg.Sdk.Upgrades;

/// <summary>How a run comes into somebody's hands: a holder whose lease still moves is left alone.</summary>
internal sealed class LeaseTaking(IRunStore store, TimeProvider time, Guid owner)
{
    /// <summary>A lease that begins now.</summary>
    public StoredLease New(long epoch)
    {
        DateTimeOffset now = time.GetUtcNow();
        return new StoredLease { Epoch = epoch, Owner = owner, Since = now, BeatAt = now };
    }

    /// <summary>Waits until nobody holds the run, and takes it.</summary>
    /// <param name="run">Its records.</param>
    /// <param name="runId">The run.</param>
    /// <param name="wait">How long to wait for a holder that may be gone: its lease has to end first.</param>
    /// <param name="reopen">Whether it is taken up again after its end.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>What was stored, and the timestamp before it was.</returns>
    public async Task<(StoredLease Lease, long RenewedAt)> TakeAsync(
        VerifiedRecords run, string runId, TimeSpan wait, bool reopen, CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        StoredLease? seen = null;
        for (bool first = true; ; first = false)
        {
            StoredLease? now = await StoreCalls.ReadAsync(runId, () => store.ReadLeaseAsync(runId, cancellationToken)).ConfigureAwait(false);
            bool silent = !first && now == seen && time.GetElapsedTime(start) >= store.LeaseDuration;
            if (silent || now?.IsFree == true)
            {
                return await TakeFreeAsync(run, runId, now, reopen, cancellationToken).ConfigureAwait(false);
            }

            if ((!first && now != seen) || store.RenewalInterval == Timeout.InfiniteTimeSpan)
            {
                throw Held(now, Words.Get("journal.driven-by", runId, Describe(now)));
            }

            seen = now;
            TimeSpan left = wait - time.GetElapsedTime(start);
            if (left <= TimeSpan.Zero)
            {
                throw Held(seen, Words.Get("journal.was-driven-by", runId, Describe(seen), store.LeaseDuration));
            }

            TimeSpan half = store.RenewalInterval / 2;
            await Task.Delay(left < half ? left : half, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Who holds a run, for people.</summary>
    public static string Describe(StoredLease? lease) => lease?.Holder ?? Words.Get("journal.holder-unknown");

    /// <summary>Takes a free lease, if nobody else is faster.</summary>
    private async Task<(StoredLease Lease, long RenewedAt)> TakeFreeAsync(
        VerifiedRecords run, string runId, StoredLease? before, bool reopen, CancellationToken cancellationToken)
    {
        JournalRecord last = (await StoreCalls.ReadAsync(runId, () => run.ReadAsync(after: 0, cancellationToken)).ConfigureAwait(false))[^1];
        if (!reopen && JournalRules.EndOf(last) is { } end)
        {
            throw JournalRules.Ended(runId, end);
        }

        long renewedAt = time.GetTimestamp();
        StoredLease lease = New(Math.Max(before?.Epoch ?? 0, last.Epoch) + 1);
        if (!await StoreCalls.WriteAsync(runId, () => store.WriteLeaseAsync(runId, before, lease, cancellationToken)).ConfigureAwait(false))
        {
            StoredLease? faster = await StoreCalls.ReadAsync(runId, () => store.ReadLeaseAsync(runId, cancellationToken)).ConfigureAwait(false);
            throw Held(faster, Words.Get("journal.driven-by", runId, Describe(faster)));
        }

        try
        {
            await StoreCalls.WriteAsync(
                runId, () => run.AppendAsync(lease, lease.Since, JournalRules.EpochStarted(owner), reopen, cancellationToken)).ConfigureAwait(false);
        }
        catch
        {
            await store.WriteLeaseAsync(runId, lease, lease with { IsReleased = true }, CancellationToken.None).ConfigureAwait(false);
            throw;
        }

        return (lease, renewedAt);
    }

    private static LeaseHeldException Held(StoredLease? lease, string message) =>
        new(lease?.HowToFree is { } advice ? $"{message} {advice}" : message) { Holder = Describe(lease) };
}
