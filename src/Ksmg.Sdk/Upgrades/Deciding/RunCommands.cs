namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// What becomes of a human's command: a journal entry, or a refusal that says why. Pure: whoever gives the command judges it first,
/// and whoever drives the run has the last word.
/// </summary>
internal static class RunCommands
{
    /// <summary>The longest time an override may last.</summary>
    private static readonly TimeSpan LongestOverride = TimeSpan.FromDays(1);

    public static (JournalEntry? Entry, string Answer) Judge(UpgradePlan plan, RunState run, RunCommand command, DateTimeOffset now)
    {
        if (command.Owner is { } asks && RunOwner.Of(plan).WhyNotOf(asks, plan.RunId) is { } foreign)
        {
            return (null, foreign);
        }

        if (command.PlanHash is not null && command.PlanHash != plan.Hash)
        {
            return Refuse("command.other-plan", plan.Hash);
        }

        if (command.Kind is not (RunCommandKind.Rollback or RunCommandKind.Approve or RunCommandKind.Override) && run.IsEnded)
        {
            return Refuse("command.ended", run.State);
        }

        if (command.Epoch is { } epoch && epoch != run.Epoch)
        {
            return Refuse("command.other-driving");
        }

        PlannedNode? node = plan.Nodes.FirstOrDefault(n => n.Name == command.Node);
        return command.Node is not null && node is null
            ? Refuse("command.no-such-node", command.Node, string.Join(", ", plan.Nodes.Select(n => n.Name)))
            : command.Kind switch
            {
                RunCommandKind.Pause => Pause(command),
                RunCommandKind.Approve => Approve(plan, run, command),
                RunCommandKind.Park => Park(plan, run, command, node),
                RunCommandKind.Skip => Skip(plan, run, command, node),
                RunCommandKind.Abort => Abort(plan, run, command),
                RunCommandKind.Rollback => Rollback(plan, run, command, node),
                RunCommandKind.Override => Override(command, now),
                _ => Refuse("command.unknown", command.Kind),
            };
    }

    /// <summary>The key of the step whose gate the run waits at, or will wait at next.</summary>
    public static PlannedStep? Gate(UpgradePlan plan, RunState run) =>
        Detours.Current(plan, run) is { } diverted
            ? Detours.Next(plan, run, diverted) is { } next && next.Id == StepId.RollbackConsent ? next : null
            : plan.Steps.FirstOrDefault(s => s.Id == StepId.Gate && !run.IsSettled(s.Key) && s.After.All(run.IsSettled));

    private static (JournalEntry?, string) Pause(RunCommand command)
    {
        if (command.PauseAfter is not { } after)
        {
            return (Entry(command, command.Node, Words.Get("command.pause", command.By, command.Reason ?? "-"), command.Epoch is null ? default : (Marks.ThisDriving, "true")),
                Words.Get("command.pause-taken"));
        }

        return Enum.IsDefined(after)
            ? (Entry(command, null, Words.Get("command.pause-after", command.By, after), (Marks.PauseAfter, after.ToString())), Words.Get("command.pause-after-taken", after))
            : Refuse("command.unknown", after);
    }

    private static (JournalEntry?, string) Approve(UpgradePlan plan, RunState run, RunCommand command)
    {
        if (command.PlanHash is null)
        {
            return Refuse("command.no-hash");
        }

        PlannedStep? gate = Gate(plan, run);
        return gate is null || command.Node is not null && command.Node != gate.Node
            ? Refuse("command.no-gate", command.Node ?? "-", gate?.Node ?? "-")
            : (Entry(command, gate.Node, Words.Get("command.approve", command.By, gate.Node, gate.Name), (Marks.Gate, gate.Key.ToString())), Words.Get("command.approve-taken", gate.Node));
    }

    private static (JournalEntry?, string) Park(UpgradePlan plan, RunState run, RunCommand command, PlannedNode? node)
    {
        PlannedNode? inHand = RunGuards.InHand(plan, run);
        return node is null ? Refuse("command.which-node")
            : Detours.Current(plan, run) is { } busy ? Refuse("command.busy", busy.Name)
            : run.Node(node.Name).Mark == NodeOutcome.Parked ? Refuse("command.parked", node.Name)
            : inHand is not null && inHand != node ? Refuse("command.other-in-hand", node.Name, inHand.Name)
            : inHand is null && !IsInstalled(plan, run, node) ? Refuse("command.untouched", node.Name)
            : (Entry(command, node.Name, Words.Get("command.park", command.By, node.Name, command.Reason ?? "-")), Words.Get("command.park-taken", node.Name));
    }

    private static (JournalEntry?, string) Skip(UpgradePlan plan, RunState run, RunCommand command, PlannedNode? node)
    {
        if (node is null)
        {
            return Refuse("command.which-node");
        }

        // The others are upgraded under the first one's control, and the former Control node comes last: neither can be left out.
        if (plan.Nodes.Count == 1 || node.Promote || node.FormerControl)
        {
            return Refuse("command.cannot-skip", node.Name);
        }

        if (plan.StepsOf(node.Name).All(s => run.IsSettled(s.Key)))
        {
            return Refuse("command.nothing-left", node.Name);
        }

        bool inHand = RunGuards.InHand(plan, run) == node;
        bool untouchedBuild = !IsInstalled(plan, run, node);
        return Detours.Current(plan, run) is { } busy ? Refuse("command.busy", busy.Name)
            : inHand && !untouchedBuild ? Refuse("command.park-first", node.Name)
            : (Entry(command, node.Name, Words.Get("command.skip", command.By, node.Name, command.Reason ?? "-"), inHand ? (Marks.PuttingBack, "true") : default), Words.Get("command.skip-taken", node.Name));
    }

    private static (JournalEntry?, string) Abort(UpgradePlan plan, RunState run, RunCommand command)
    {
        string where = run.IsRollingBack ? Words.Get("command.abort-rollback")
            : RunGuards.InHand(plan, run) is not { } inHand ? Words.Get("command.abort-now")
            : Words.Get(IsInstalled(plan, run, inHand) ? "command.abort-finish" : "command.abort-put-back", inHand.Name);
        return (Entry(command, null, Words.Get("command.abort", command.By, command.Reason ?? "-")), where);
    }

    private static (JournalEntry?, string) Rollback(UpgradePlan plan, RunState run, RunCommand command, PlannedNode? node)
    {
        List<PlannedNode> wanted = [.. plan.Nodes.Where(n => (node is null || n == node) && IsInstalled(plan, run, n) && run.Node(n.Name).Mark != NodeOutcome.RolledBack)];
        PlannedNode? without = wanted.Find(n => !plan.StepsOf(n.Name).Any(s => s.Id == StepId.SnapshotDrained));
        return wanted.Count == 0 ? Refuse("command.nothing-to-roll-back", node?.Name ?? string.Join(", ", plan.Nodes.Select(n => n.Name)))
            : without is not null ? Refuse("command.no-snapshot", without.Name)
            : (Entry(command, command.Node, Words.Get("command.rollback", command.By, string.Join(", ", wanted.Select(n => n.Name)), command.Reason ?? "-"), (Marks.Nodes, string.Join(' ', wanted.Select(n => n.Name)))),
                Words.Get("command.rollback-taken", string.Join(", ", wanted.Select(n => n.Name).Reverse())));
    }

    private static (JournalEntry?, string) Override(RunCommand command, DateTimeOffset now)
    {
        string? check = UpgradeOverrides.All.FirstOrDefault(c => string.Equals(c, command.Check, StringComparison.OrdinalIgnoreCase));
        return check is null ? Refuse("command.no-check", command.Check ?? "-", string.Join(", ", UpgradeOverrides.All))
            : string.IsNullOrWhiteSpace(command.Reason) ? Refuse("command.no-reason")
            : command.Until is not { } until || until <= now || until > now + LongestOverride ? Refuse("command.no-until", now, now + LongestOverride)
            : (Entry(command, command.Node, Words.Get("command.override", command.By, check, until, command.Reason), (Marks.Check, check), (Marks.Until, until.ToString("O"))),
                Words.Get("command.override-taken", check, until));
    }

    /// <summary>What people said and nobody has carried out yet, as the run would take it now.</summary>
    public static IReadOnlyList<HumanDecision> Pending(UpgradePlan plan, RunState run, IEnumerable<RunCommand> commands, DateTimeOffset now) =>
    [
        .. commands.Where(c => !run.HasHeard(c.Id)).Select(c =>
        {
            (JournalEntry? entry, string answer) = Judge(plan, run, c, now);
            return new HumanDecision(c.At, c.By, entry?.Text ?? Words.Get("command.will-be-refused", c.By, Words.Get($"command.kind.{c.Kind}"), answer));
        }),
    ];

    /// <summary>Whether the installation of the node was started in this run.</summary>
    private static bool IsInstalled(UpgradePlan plan, RunState run, PlannedNode node) =>
        plan.StepsOf(node.Name).Any(s => s.Id == StepId.Install && run[s.Key] is { Attempt: > 0, Status: not StepStatus.NotBegun });

    private static (JournalEntry?, string) Refuse(string key, params ReadOnlySpan<object?> arguments) => (null, Words.Get(key, arguments));

    private static JournalEntry Entry(RunCommand command, string? node, string text, params ReadOnlySpan<(string Name, string Value)> values)
    {
        Dictionary<string, string> kept = new(StringComparer.Ordinal)
        {
            [Marks.Command] = command.Kind.ToString(),
            ["id"] = command.Id,
            ["by"] = command.By,
            ["at"] = command.At.ToString("O"),
        };
        foreach ((string name, string value) in values)
        {
            if (name is not null)
            {
                kept[name] = value;
            }
        }

        return new JournalEntry { Kind = JournalEntryKind.Command, Node = node, Text = text, Values = kept };
    }
}
