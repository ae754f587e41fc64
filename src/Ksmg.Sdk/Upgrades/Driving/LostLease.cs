namespace Ksmg.Sdk.Upgrades;

/// <summary>Why a driver has no lease any more.</summary>
internal static class LostLease
{
    /// <summary>It is gone to somebody else, or could not be renewed in time, which is told as such.</summary>
    /// <param name="journal">The journal of the run.</param>
    /// <param name="lease">The lease that was lost.</param>
    /// <param name="runId">The run.</param>
    /// <param name="lastSequence">The last record that the driver knows.</param>
    /// <param name="cause">How it showed.</param>
    public static async Task<JournalException> WhyAsync(UpgradeJournal journal, RunLease lease, string runId, long lastSequence, Exception cause)
    {
        try
        {
            IReadOnlyList<JournalRecord> since = await journal.ReadAsync(runId, lastSequence, CancellationToken.None).ConfigureAwait(false);
            return since.Any(r => r.Epoch > lease.Epoch)
                ? new LeaseLostException(Words.Get("error.lease-lost", runId), cause)
                : new JournalException(Words.Get("error.lease-ran-out", runId, lease.Problem ?? Message.Of("error.stood-still")), cause);
        }
        catch (JournalException e)
        {
            return e;
        }
    }
}
