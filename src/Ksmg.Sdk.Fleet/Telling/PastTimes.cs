using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Fleet;

/// <summary>How long clusters took, by their completed runs in a store.</summary>
internal static class PastTimes
{
    private const int MostRuns = 3;

    /// <summary>What the runs of the plan's clusters with as many nodes took, without what they stood still. No node is asked.</summary>
    public static async Task<IReadOnlyDictionary<string, PastTime>> ReadAsync(UpgradeJournal journal, FleetPlan plan, CancellationToken cancellationToken)
    {
        Dictionary<string, PastTime> times = new(StringComparer.Ordinal);
        ILookup<string?, RunSummary> runs = (await journal.ListAsync(cancellationToken).ConfigureAwait(false))
            .Where(r => r.End is UpgradeEnd.Completed or UpgradeEnd.CompletedWithProblems)
            .ToLookup(r => r.Cluster, StringComparer.Ordinal);
        foreach (FleetCluster cluster in plan.Clusters)
        {
            List<TimeSpan> took = [];
            foreach (RunSummary run in runs[cluster.Name].Where(r => r.Owner!.Nodes.Count == cluster.Owner.Nodes.Count).TakeLast(MostRuns))
            {
                if (await TookAsync(journal, run.RunId, cancellationToken).ConfigureAwait(false) is { } time)
                {
                    took.Add(time);
                }
            }

            if (took.Count > 0)
            {
                times[cluster.Name] = new PastTime(DurationRange.Of(took).Usual, took.Count);
            }
        }

        return times;
    }

    private static async Task<TimeSpan?> TookAsync(UpgradeJournal journal, string run, CancellationToken cancellationToken)
    {
        try
        {
            UpgradeReport report = await new RecordedRun(journal, run).GetReportAsync(cancellationToken).ConfigureAwait(false);
            TimeSpan still = report.Standstills.Aggregate(TimeSpan.Zero, (sum, s) => sum + ((s.Until ?? report.LastAt) - s.From));
            return report.LastAt - report.StartedAt - still;
        }
        catch (JournalException)
        {
            // What cannot be read tells nothing of the next run.
            return null;
        }
    }
}
