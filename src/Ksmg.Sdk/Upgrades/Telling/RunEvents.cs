namespace Ksmg.Sdk.Upgrades;

/// <summary>What a journal record says to people.</summary>
internal static class RunEvents
{
    public static UpgradeEvent? From(string runId, JournalRecord record)
    {
        JournalEntry entry = record.Entry;
        UpgradeEventKind? kind = entry.Kind switch
        {
            JournalEntryKind.EpochStarted => UpgradeEventKind.RunStarted,
            JournalEntryKind.Intent => UpgradeEventKind.StepStarted,
            JournalEntryKind.Outcome when entry.Key is null => UpgradeEventKind.Notice,
            JournalEntryKind.Outcome => entry.Outcome is StepOutcome.Done or StepOutcome.Skipped ? UpgradeEventKind.StepFinished : UpgradeEventKind.StepFailed,
            JournalEntryKind.Command => UpgradeEventKind.Command,
            JournalEntryKind.Observation => UpgradeEventKind.Notice,
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
            At = record.At,
            Kind = kind.Value,
            Node = entry.Node,
            Step = entry.Key?.Id,
            Text = Printable.Line(entry.Text),
            Values = entry.Values ?? new Dictionary<string, string>(StringComparer.Ordinal),
        };
    }
}
