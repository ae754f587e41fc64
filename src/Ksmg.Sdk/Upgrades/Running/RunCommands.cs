namespace Ksmg.Sdk.Upgrades;

/// <summary>What becomes of a human's command: a journal entry, or a refusal that says why.</summary>
internal static class RunCommands
{
    public static (JournalEntry? Entry, string Answer) Judge(UpgradePlan plan, RunState run, RunCommand command)
    {
        if (command.PlanHash is not null && command.PlanHash != plan.Hash)
        {
            return (null, Words.Get("command.other-plan", plan.Hash));
        }

        return command.Kind switch
        {
            RunCommandKind.Pause => (Entry(command, command.Node, Words.Get("command.pause", command.By, command.Reason ?? "-")), Words.Get("command.pause-taken")),
            RunCommandKind.Approve => Approve(plan, run, command),
            _ => (null, Words.Get("command.unknown", command.Kind)),
        };
    }

    private static (JournalEntry?, string) Approve(UpgradePlan plan, RunState run, RunCommand command)
    {
        if (command.PlanHash is null)
        {
            return (null, Words.Get("command.no-hash"));
        }

        string? gate = plan.Steps.FirstOrDefault(s => s.Id == "S16" && !run[s.Key].IsSettled && s.After.All(k => run[k].IsSettled))?.Node;
        if (gate is null || command.Node is not null && command.Node != gate)
        {
            return (null, Words.Get("command.no-gate", command.Node ?? "-", gate ?? "-"));
        }

        return (Entry(command, gate, Words.Get("command.approve", command.By, gate)), Words.Get("command.approve-taken", gate));
    }

    private static JournalEntry Entry(RunCommand command, string? node, string text) => new()
    {
        Kind = JournalEntryKind.Command,
        Node = node,
        Text = text,
        Values = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [Marks.Command] = command.Kind.ToString(),
            ["id"] = command.Id,
            ["by"] = command.By,
            ["at"] = command.At.ToString("O"),
        },
    };
}
