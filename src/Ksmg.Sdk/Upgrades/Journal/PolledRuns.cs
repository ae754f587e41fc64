namespace Ksmg.Sdk.Upgrades;

/// <summary>Looks at all runs every second.</summary>
/// <param name="look">How to look.</param>
/// <param name="time">The clock.</param>
internal sealed class PolledRuns(Func<CancellationToken, Task<RunVersions>> look, TimeProvider time) : IRunStoreChanges
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>The runs of any store, by a question for each.</summary>
    public static PolledRuns Of(IRunStore store, TimeProvider time) => new(
        async cancellationToken =>
        {
            Dictionary<string, string> runs = new(StringComparer.Ordinal);
            foreach (StoredRun run in await store.ListAsync(cancellationToken).ConfigureAwait(false))
            {
                runs[run.RunId] = await store.WaitForChangeAsync(run.RunId, null, TimeSpan.Zero, cancellationToken).ConfigureAwait(false);
            }

            return new RunVersions(runs);
        },
        time);

    public async Task<RunVersions> WaitForAnyChangeAsync(RunVersions? seen, TimeSpan atMost, CancellationToken cancellationToken = default)
    {
        long start = time.GetTimestamp();
        while (true)
        {
            RunVersions now = await look(cancellationToken).ConfigureAwait(false);
            if (seen is null || now.DiffersFrom(seen))
            {
                return now;
            }

            TimeSpan left = atMost - time.GetElapsedTime(start);
            if (left <= TimeSpan.Zero)
            {
                return seen;
            }

            await Task.Delay(left < Interval ? left : Interval, time, cancellationToken).ConfigureAwait(false);
        }
    }
}
