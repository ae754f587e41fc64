namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// What becomes of a human's command: a journal entry, or a refusal that says why. Pure: whoever gives the command judges it first,
/// and whoever drives the run has the last word.
/// </summary>
internal static class RunCommands
{
    /// <summary>The longest time an override may last.</summary>
    private static readonly TimeSpan LongestOverride = TimeSpan.FromDays(1);

    public static (JournalEntry? Entry, Message Answer) Judge(UpgradePlan plan, RunState run, RunCommand command, DateTimeOffset now) =>
        Judge(new Position(plan, run, now), command, now);

    public static (JournalEntry? Entry, Message Answer) Judge(Position position, RunCommand command, DateTimeOffset now)
    {
        (UpgradePlan plan, RunState run) = (position.Plan, position.Run);
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
                RunCommandKind.Approve => Approve(position, command),
                RunCommandKind.Park => Park(position, command, node),
                RunCommandKind.Skip => Skip(position, command, node),
                RunCommandKind.Abort => Abort(position, command),
                RunCommandKind.Rollback => Rollback(position, command, node),
                RunCommandKind.Override => Override(command, now),
                _ => Refuse("command.unknown", command.Kind),
            };
    }

    private static (JournalEntry?, Message) Pause(RunCommand command)
    {
        if (command.PauseAfter is not { } after)
        {
            Message text = Decided("command.pause", command);
            return (Entry(command, command.Node, text, command.Epoch is null ? default : (Marks.ThisDriving, "true")), Message.Of("command.pause-taken"));
        }

        return Enum.IsDefined(after)
            ? (Entry(command, null, Why(Message.Of("command.pause-after", command.By, after), command), (Marks.PauseAfter, after.ToString())),
                Message.Of("command.pause-after-taken", after))
            : Refuse("command.unknown", after);
    }

    private static (JournalEntry?, Message) Approve(Position position, RunCommand command)
    {
        if (command.PlanHash is null)
        {
            return Refuse("command.no-hash");
        }

        if (position.Gate is not { } gate || command.Node is not null && command.Node != gate.Node)
        {
            return Refuse("command.no-gate", command.Node ?? "-", position.Gate?.Node ?? "-");
        }

        IReadOnlyList<string> before = position.Run.ApprovalsOf(gate.Key);
        int needed = position.Plan.Policy.ApprovalsNeeded;
        if (needed > 1 && Approvals.Hold(before, command.By))
        {
            return Refuse("command.approve-same", command.By, gate.Node);
        }

        Message text = Message.Of("command.approve", command.By, gate.Node, gate.Name);
        Message answer = Message.Of(before.Count + 1 < needed ? "command.approve-one-more" : "command.approve-taken", gate.Node);
        return (Entry(command, gate.Node, text, (Marks.Gate, gate.Key.ToString())), answer);
    }

    private static (JournalEntry?, Message) Park(Position position, RunCommand command, PlannedNode? node)
    {
        if (node is null)
        {
            return Refuse("command.which-node");
        }

        if (position.Diverted is { } busy)
        {
            return Refuse("command.busy", busy.Name);
        }

        if (position.Run.Node(node.Name).Mark == NodeOutcome.Parked)
        {
            return Refuse("command.parked", node.Name);
        }

        if (position.InHand is { } inHand && inHand != node)
        {
            return Refuse("command.other-in-hand", node.Name, inHand.Name);
        }

        return position.InHand is null && !position.IsInstalled(node.Name)
            ? Refuse("command.untouched", node.Name)
            : (Entry(command, node.Name, Decided("command.park", command, node.Name)),
                Message.Of("command.park-taken", node.Name));
    }

    private static (JournalEntry?, Message) Skip(Position position, RunCommand command, PlannedNode? node)
    {
        if (node is null)
        {
            return Refuse("command.which-node");
        }

        // The others are upgraded under the first one's control, and the former Control node comes last: neither can be left out.
        if (position.Plan.Nodes.Count == 1 || node.Promote || node.FormerControl)
        {
            return Refuse("command.cannot-skip", node.Name);
        }

        if (position.Plan.StepsOf(node.Name).All(s => position.Run.IsSettled(s.Key)))
        {
            return Refuse("command.nothing-left", node.Name);
        }

        if (position.Diverted is { } busy)
        {
            return Refuse("command.busy", busy.Name);
        }

        bool inHand = position.InHand == node;
        if (inHand && position.IsInstalled(node.Name))
        {
            return Refuse("command.park-first", node.Name);
        }

        Message text = Decided("command.skip", command, node.Name);
        return (Entry(command, node.Name, text, inHand ? (Marks.PuttingBack, "true") : default), Message.Of("command.skip-taken", node.Name));
    }

    private static (JournalEntry?, Message) Abort(Position position, RunCommand command)
    {
        JournalEntry entry = Entry(command, null, Decided("command.abort", command));
        if (position.Run.IsRollingBack)
        {
            return (entry, Message.Of("command.abort-rollback"));
        }

        if (position.InHand is not { } inHand)
        {
            return (entry, Message.Of("command.abort-now"));
        }

        return (entry, Message.Of(position.IsInstalled(inHand.Name) ? "command.abort-finish" : "command.abort-put-back", inHand.Name));
    }

    private static (JournalEntry?, Message) Rollback(Position position, RunCommand command, PlannedNode? node)
    {
        List<PlannedNode> wanted =
        [
            .. position.Plan.Nodes.Where(n =>
                (node is null || n == node) && position.IsInstalled(n.Name) && position.Run.Node(n.Name).Mark != NodeOutcome.RolledBack),
        ];
        if (wanted.Count == 0)
        {
            return Refuse("command.nothing-to-roll-back", node?.Name ?? string.Join(", ", position.Plan.Nodes.Select(n => n.Name)));
        }

        if (wanted.Find(n => !position.Plan.StepsOf(n.Name).Any(s => s.Id == StepId.SnapshotDrained)) is { } without)
        {
            return Refuse("command.no-snapshot", without.Name);
        }

        IEnumerable<string> names = wanted.Select(n => n.Name);
        Message text = Decided("command.rollback", command, string.Join(", ", names));
        JournalEntry entry = Entry(command, command.Node, text, (Marks.Nodes, string.Join(' ', names)));
        return (entry, Message.Of("command.rollback-taken", string.Join(", ", names.Reverse())));
    }

    private static (JournalEntry?, Message) Override(RunCommand command, DateTimeOffset now)
    {
        if (UpgradeOverrides.All.FirstOrDefault(c => string.Equals(c, command.Check, StringComparison.OrdinalIgnoreCase)) is not { } check)
        {
            return Refuse("command.no-check", command.Check ?? "-", string.Join(", ", UpgradeOverrides.All));
        }

        if (string.IsNullOrWhiteSpace(command.Reason))
        {
            return Refuse("command.no-reason");
        }

        if (command.Until is not { } until || until <= now || until > now + LongestOverride)
        {
            return Refuse("command.no-until", now, now + LongestOverride);
        }

        Message text = Message.Of("command.override", command.By, check, until, command.Reason);
        JournalEntry entry = Entry(command, command.Node, text, (Marks.Check, check), (Marks.Until, until.ToString("O")));
        return (entry, Message.Of("command.override-taken", check, until));
    }

    /// <summary>What people said and nobody has carried out yet, as the run would take it now.</summary>
    public static IReadOnlyList<HumanDecision> Pending(Position position, IEnumerable<RunCommand> commands, DateTimeOffset now) =>
    [
        .. commands.Where(c => !position.Run.HasHeard(c.Id)).Select(c =>
        {
            (JournalEntry? entry, Message answer) = Judge(position, c, now);
            return new HumanDecision(c.At, c.By, entry?.Text ?? Message.Of("command.will-be-refused", c.By, Message.Of($"command.kind.{c.Kind}"), answer));
        }),
    ];

    /// <summary>Makes of a run what it will be when its driver has heard what people said.</summary>
    public static void Foresee(UpgradePlan plan, RunState run, IEnumerable<RunCommand> said, DateTimeOffset now)
    {
        foreach (RunCommand command in said.Where(c => !run.HasHeard(c.Id)))
        {
            if (Judge(plan, run, command, now).Entry is { } entry)
            {
                run.Apply(new JournalRecord(run.LastSequence + 1, now, run.Epoch, entry, string.Empty));
            }
        }
    }

    /// <summary>What was decided, by whom, on what, and why where that was said.</summary>
    private static Message Decided(string key, RunCommand command, params string[] on) => string.IsNullOrWhiteSpace(command.Reason)
        ? Message.Of($"command.plain.{command.Kind}", [command.By, .. on])
        : Message.Of(key, [command.By, .. on, command.Reason]);

    private static Message Why(Message decided, RunCommand command) => string.IsNullOrWhiteSpace(command.Reason)
        ? decided
        : Message.Sentences(decided, Message.Of("command.why", command.Reason));

    private static (JournalEntry?, Message) Refuse(string key, params ReadOnlySpan<object?> arguments) => (null, Message.Of(key, arguments));

    private static JournalEntry Entry(RunCommand command, string? node, Message text, params ReadOnlySpan<(string Name, string Value)> values)
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
