namespace Ksmg.Sdk.Upgrades;

/// <summary>What the journal of a run tells of its time: when it stood still, when nodes were out of work, and when the turn of a step came.</summary>
internal sealed class RunTimes
{
    private readonly IReadOnlyList<JournalRecord> _records;
    private readonly ILookup<StepKey?, DateTimeOffset> _settled;

    /// <param name="plan">The plan.</param>
    /// <param name="records">The whole journal, with times that never fall.</param>
    public RunTimes(UpgradePlan plan, IReadOnlyList<JournalRecord> records)
    {
        _records = records;
        _settled = records
            .Where(r => r.Entry is { Kind: JournalEntryKind.Outcome, Outcome: StepOutcome.Done or StepOutcome.Skipped })
            .ToLookup(r => r.Entry.Key, r => r.At);
        Standstills = FindStandstills();
        Gaps = plan.Nodes.ToDictionary(n => n.Name, n => FindGaps(plan, n), StringComparer.Ordinal);
        Serving = FindServing(plan);
    }

    /// <summary>When nobody drove the run, or it waited for a human.</summary>
    public IReadOnlyList<ReportPeriod> Standstills { get; }

    /// <summary>When each node was out of work.</summary>
    public IReadOnlyDictionary<string, List<ReportPeriod>> Gaps { get; }

    /// <summary>How many nodes were in service.</summary>
    public IReadOnlyList<ServingNodes> Serving { get; }

    /// <summary>When the turn of a step came, the last time before its outcome; <see langword="null"/> while it has not come.</summary>
    public DateTimeOffset? ReadyAt(PlannedStep step, DateTimeOffset? finished)
    {
        if (_records.Count == 0 || step.Id.IsIn(StepGroup.RollBack))
        {
            return null;
        }

        DateTimeOffset limit = finished ?? _records[^1].At;
        DateTimeOffset ready = _records[0].At;
        foreach (StepKey before in step.After)
        {
            DateTimeOffset[] settled = [.. _settled[before].Where(at => at <= limit)];
            if (settled.Length == 0)
            {
                return null;
            }

            ready = settled[^1] > ready ? settled[^1] : ready;
        }

        return ready;
    }

    /// <summary>How long periods last together; one that lasts is counted up to the last word of the run.</summary>
    public TimeSpan Sum(IEnumerable<ReportPeriod> periods) => periods.Aggregate(TimeSpan.Zero, (sum, p) => sum + ((p.Until ?? _records[^1].At) - p.From));

    private List<ReportPeriod> FindStandstills()
    {
        List<ReportPeriod> periods = [];
        DateTimeOffset? since = null;
        JournalRecord? before = null;
        foreach (JournalRecord record in _records)
        {
            bool isDrivenAgain = record.Entry.Kind == JournalEntryKind.EpochStarted && before is { Entry.Kind: not JournalEntryKind.RunCreated };
            if (StateOf(record.Entry) is { } state && state != UpgradeEnd.Running)
            {
                since ??= record.At;
            }
            else if (isDrivenAgain || record.Entry.Kind == JournalEntryKind.RunEnded || StateOf(record.Entry) == UpgradeEnd.Running)
            {
                // A driver that dies writes nothing of it: its last word is all that is known.
                since ??= isDrivenAgain ? before!.At : null;
                periods.AddRange(since is { } from ? [new ReportPeriod(from, record.At)] : []);
                since = null;
            }

            before = record;
        }

        return since is { } open ? [.. periods, new ReportPeriod(open)] : periods;
    }

    private static UpgradeEnd? StateOf(JournalEntry entry) =>
        entry.Kind == JournalEntryKind.State && Enum.TryParse(entry.Values?.GetValueOrDefault(Marks.State), out UpgradeEnd state) ? state : null;

    /// <summary>From the first touch of load or receiving to the last step that gives both back; more than once when a node was put back.</summary>
    private List<ReportPeriod> FindGaps(UpgradePlan plan, PlannedNode node)
    {
        StepKey? returning = plan.StepsOf(node.Name).LastOrDefault(s => Procedure.PutBack.Contains(s.Id))?.Key;
        List<ReportPeriod> gaps = [];
        DateTimeOffset? since = null;
        foreach (JournalRecord record in _records.Where(r => r.Entry.Node == node.Name))
        {
            if (since is null && IsLeaving(record.Entry))
            {
                since = record.At;
            }
            else if (since is { } start && IsBack(record.Entry, returning))
            {
                gaps.Add(new ReportPeriod(start, record.At));
                since = null;
            }
        }

        return since is { } open ? [.. gaps, new ReportPeriod(open)] : gaps;
    }

    private static bool IsLeaving(JournalEntry entry) =>
        entry.Key is { } step
        && (step.Id.IsIn(StepGroup.OutOfWork) || step.Id == StepId.RollbackLoadOff || step.Id == StepId.RollbackReceiveOff)
        && (entry.Kind == JournalEntryKind.Intent || entry.Outcome == StepOutcome.Done);

    private static bool IsBack(JournalEntry entry, StepKey? returning) =>
        (entry.Key == returning && entry.Outcome == StepOutcome.Done) || entry.Values?.GetValueOrDefault(Marks.Node) == nameof(NodeOutcome.PutBack);

    private List<ServingNodes> FindServing(UpgradePlan plan)
    {
        if (_records.Count == 0)
        {
            return [];
        }

        List<ReportPeriod> gaps = [.. plan.Nodes.Where(n => n.InService).SelectMany(n => Gaps[n.Name])];
        int all = plan.Nodes.Count(n => n.InService);
        IEnumerable<DateTimeOffset> changes = gaps.Select(g => g.From).Concat(gaps.Select(g => g.Until).OfType<DateTimeOffset>());
        List<ServingNodes> serving = [];
        foreach (DateTimeOffset at in changes.Prepend(_records[0].At).Distinct().Order())
        {
            int count = all - gaps.Count(g => g.From <= at && (g.Until is null || at < g.Until));
            if (serving.Count == 0 || serving[^1].Count != count)
            {
                serving.Add(new ServingNodes(at, count));
            }
        }

        return serving;
    }
}
