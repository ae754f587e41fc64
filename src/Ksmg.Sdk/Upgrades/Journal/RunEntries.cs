namespace Ksmg.Sdk.Upgrades;

/// <summary>The entries that a driver writes, each with the values that belong to its kind.</summary>
internal static class RunEntries
{
    public static JournalEntry Intent(
        PlannedStep step, int attempt, DateTimeOffset deadline, Message reason, IReadOnlyDictionary<string, string> values) => new()
        {
            Kind = JournalEntryKind.Intent,
            Step = step.Key.ToString(),
            Node = step.Node,
            Attempt = attempt,
            Deadline = deadline,
            Text = reason,
            Values = values,
        };

    public static JournalEntry Outcome(
        PlannedStep step, int attempt, StepOutcome outcome, Message text, IReadOnlyDictionary<string, string>? values = null) => new()
        {
            Kind = JournalEntryKind.Outcome,
            Step = step.Key.ToString(),
            Node = step.Node,
            Attempt = attempt,
            Outcome = outcome,
            Text = text,
            Values = values,
        };

    /// <summary>What becomes of a node as a whole, and at which step.</summary>
    public static JournalEntry Mark(string node, string mark, Message text, StepKey? at = null)
    {
        Dictionary<string, string> values = One(Marks.Node, mark);
        Add(values, Marks.StoppedAt, at?.ToString());
        return new JournalEntry { Kind = JournalEntryKind.Outcome, Step = Marks.NodePrefix + node, Node = node, Text = text, Values = values };
    }

    /// <summary>Something that people are told once, by a key.</summary>
    public static JournalEntry Notice(string key, Message text) => new() { Kind = JournalEntryKind.Observation, Text = text, Values = One(Marks.Notice, key) };

    /// <summary>What a node told for later calls and is not written down yet: whoever takes the run over asks with it.</summary>
    public static JournalEntry? Kept(PlannedStep step, IReadOnlyDictionary<string, string> kept, IReadOnlyList<KeyValuePair<string, string>> known)
    {
        Dictionary<string, string> news = kept.Where(k => known.LastOrDefault(former => former.Key == k.Key).Value != k.Value)
            .ToDictionary(k => Marks.Kept + k.Key, k => k.Value, StringComparer.Ordinal);
        return news.Count == 0 ? null : new()
        {
            Kind = JournalEntryKind.Observation,
            Node = step.Node,
            Text = Message.Of("seen.kept", step.Node, string.Join(", ", news.Keys.Select(k => k[Marks.Kept.Length..]).Order(StringComparer.Ordinal))),
            Values = news,
        };
    }

    /// <summary>How the run stands from now on.</summary>
    /// <param name="state">How.</param>
    /// <param name="text">Why.</param>
    /// <param name="at">The step that brought it there.</param>
    /// <param name="isGate">Whether that step waits for an approval.</param>
    /// <param name="check">The check that stopped it, where a human can override that.</param>
    /// <param name="changed">The nodes that somebody else changed.</param>
    public static JournalEntry State(
        UpgradeEnd state, Message text, StepKey? at = null, bool isGate = false, string? check = null, IReadOnlyList<string>? changed = null)
    {
        Dictionary<string, string> values = One(Marks.State, state.ToString());
        Add(values, Marks.StoppedAt, at?.ToString());
        Add(values, Marks.Gate, isGate ? at?.ToString() : null);
        Add(values, Marks.Check, check);
        Add(values, Marks.Nodes, changed is { Count: > 0 } ? string.Join(' ', changed) : null);
        return new JournalEntry { Kind = JournalEntryKind.State, Text = text, Values = values };
    }

    public static JournalEntry Ended(UpgradeEnd end, Message reason) =>
        new() { Kind = JournalEntryKind.RunEnded, Text = reason, Values = One(Marks.End, end.ToString()) };

    /// <summary>The values of an entry that has just one.</summary>
    public static Dictionary<string, string> One(string name, string value) => new(StringComparer.Ordinal) { [name] = value };

    private static void Add(Dictionary<string, string> values, string name, string? value)
    {
        if (value is not null)
        {
            values[name] = value;
        }
    }
}
