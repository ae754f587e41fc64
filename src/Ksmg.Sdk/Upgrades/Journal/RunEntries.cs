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

    /// <summary>What becomes of a node as a whole.</summary>
    public static JournalEntry Mark(string node, string mark, Message text) => new()
    {
        Kind = JournalEntryKind.Outcome,
        Step = Marks.NodePrefix + node,
        Node = node,
        Text = text,
        Values = One(Marks.Node, mark),
    };

    /// <summary>Something that people are told once, by a key.</summary>
    public static JournalEntry Notice(string key, Message text) => new() { Kind = JournalEntryKind.Observation, Text = text, Values = One(Marks.Notice, key) };

    /// <summary>What a node told for later calls and is not written down yet: whoever takes the run over asks with it.</summary>
    public static JournalEntry? Kept(PlannedStep step, IReadOnlyDictionary<string, string> kept, IReadOnlyDictionary<string, string> known)
    {
        Dictionary<string, string> news = kept.Where(k => known.GetValueOrDefault(k.Key) != k.Value)
            .ToDictionary(k => Marks.Kept + k.Key, k => k.Value, StringComparer.Ordinal);
        return news.Count == 0 ? null : new()
        {
            Kind = JournalEntryKind.Observation,
            Node = step.Node,
            Text = Message.Of("seen.kept", step.Node, string.Join(", ", news.Keys.Select(k => k[Marks.Kept.Length..]).Order(StringComparer.Ordinal))),
            Values = news,
        };
    }

    public static JournalEntry State(UpgradeEnd state, Message text, StepKey? gate = null, string? check = null, IReadOnlyList<string>? changed = null)
    {
        Dictionary<string, string> values = One(Marks.State, state.ToString());
        if (gate is { } key)
        {
            values[Marks.Gate] = key.ToString();
        }

        if (check is not null)
        {
            values[Marks.Check] = check;
        }

        if (changed is { Count: > 0 })
        {
            values[Marks.Nodes] = string.Join(' ', changed);
        }

        return new JournalEntry { Kind = JournalEntryKind.State, Text = text, Values = values };
    }

    public static JournalEntry Ended(UpgradeEnd end, Message reason) =>
        new() { Kind = JournalEntryKind.RunEnded, Text = reason, Values = One(Marks.End, end.ToString()) };

    /// <summary>The values of an entry that has just one.</summary>
    public static Dictionary<string, string> One(string name, string value) => new(StringComparer.Ordinal) { [name] = value };
}
