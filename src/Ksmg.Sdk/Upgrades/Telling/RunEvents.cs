namespace Ksmg.Sdk.Upgrades;

/// <summary>What a journal record says to people.</summary>
internal static class RunEvents
{
    /// <summary>A wait that its driver has told of.</summary>
    public static UpgradeEvent From(string cluster, string runId, long sequence, DateTimeOffset at, ExplainedStep wait) => new()
    {
        RunId = runId,
        Cluster = cluster,
        Sequence = sequence,
        At = at,
        Kind = UpgradeEventKind.Waiting,
        Node = wait.Node,
        Step = wait.Id,
        Text = wait.Text,
        Values = wait.Until is { } until ? new Dictionary<string, string>(StringComparer.Ordinal) { [Marks.Until] = until.ToString("O") } : [],
    };

    public static UpgradeEvent? From(string cluster, string runId, JournalRecord record)
    {
        JournalEntry entry = record.Entry;
        UpgradeEventKind? kind = entry.Kind switch
        {
            JournalEntryKind.EpochStarted => UpgradeEventKind.RunStarted,
            JournalEntryKind.Intent => UpgradeEventKind.StepStarted,
            JournalEntryKind.Outcome when entry.Key is null => UpgradeEventKind.Notice,
            JournalEntryKind.Outcome => entry.Outcome is StepOutcome.Done or StepOutcome.Skipped ? UpgradeEventKind.StepFinished : UpgradeEventKind.StepFailed,
            JournalEntryKind.Command => UpgradeEventKind.Command,
            JournalEntryKind.Observation when entry.Values?.ContainsKey(Marks.Notice) == true => UpgradeEventKind.Notice,
            JournalEntryKind.State => Enum.Parse<UpgradeEnd>(entry.Values![Marks.State]) switch
            {
                UpgradeEnd.Paused => UpgradeEventKind.Paused,
                UpgradeEnd.NeedsHuman => UpgradeEventKind.NeedsHuman,
                _ => UpgradeEventKind.Notice,
            },
            JournalEntryKind.RunEnded => UpgradeEventKind.RunEnded,
            _ => null,
        };
        return kind is null ? null : new UpgradeEvent
        {
            RunId = runId,
            Cluster = cluster,
            Sequence = record.Sequence,
            At = record.At,
            Kind = kind.Value,
            Node = entry.Node,
            Step = entry.Key?.Id,
            Text = entry.Text ?? Message.Said(null),
            Values = entry.Values ?? new Dictionary<string, string>(StringComparer.Ordinal),
        };
    }
}
