using System.Globalization;

namespace Ksmg.Sdk.Upgrades;

/// <summary>Makes the report of a run from its plan, its journal and its inbox. Pure.</summary>
internal static class ReportBuilder
{
    /// <param name="plan">The plan.</param>
    /// <param name="records">The whole journal.</param>
    /// <param name="commands">What people said and nobody has answered.</param>
    /// <param name="isDriven">Whether a process drives the run.</param>
    /// <param name="now">The time the answers are judged at.</param>
    public static UpgradeReport Build(
        UpgradePlan plan, IReadOnlyList<JournalRecord> records, IReadOnlyList<RunCommand>? commands = null, bool isDriven = true, DateTimeOffset now = default)
    {
        List<JournalRecord> inOrder = InOrder(records);
        RunState run = RunState.Fold(inOrder);
        Position position = new(plan, run, now);
        RunTimes times = new(plan, inOrder);
        ILookup<StepKey?, JournalRecord> byStep = records
            .Where(r => r.Entry.Kind is JournalEntryKind.Intent or JournalEntryKind.Outcome)
            .ToLookup(r => r.Entry.Key);
        return new UpgradeReport
        {
            RunId = plan.RunId,
            Cluster = plan.Cluster,
            End = run.State,
            Reason = Reason(position, isDriven),
            StoppedAt = run.StoppedAt ?? At(position).FirstOrDefault()?.Key,
            From = plan.From,
            To = plan.To,
            StartedAt = records.Count == 0 ? plan.CreatedAt : records[0].At,
            LastAt = records.Count == 0 ? plan.CreatedAt : records[^1].At,
            PlanHash = plan.Hash,
            Epochs = run.Epoch,
            Standstills = times.Standstills,
            Serving = times.Serving,
            ServingFloor = plan.Nodes.Count > 1 ? Math.Max(1, plan.Nodes.Count - plan.Policy.MaxUnavailable) : 0,
            Nodes = [.. plan.Nodes.Select(node => Node(plan, node, run, inOrder, times, byStep))],
            Steps = [.. plan.Steps.Where(s => s.Node is null).Select(s => Step(s, byStep[s.Key], times))],
            Decisions =
            [
                .. records
                    .Where(r => r.Entry.Kind == JournalEntryKind.Command)
                    .Select(r => new HumanDecision(GivenAt(r), r.Entry.Values!["by"], r.Entry.Text ?? Message.Said(null))),
            ],
            Pending = RunCommands.Pending(position, commands ?? [], now),
        };
    }

    /// <summary>When a decision was given: the run may have taken it long after.</summary>
    private static DateTimeOffset GivenAt(JournalRecord record) =>
        DateTimeOffset.TryParse(record.Entry.Values!.GetValueOrDefault("at"), CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out DateTimeOffset at)
            ? at
            : record.At;

    /// <summary>The records with times that never fall: a clock that was set back turns neither order nor durations round.</summary>
    private static List<JournalRecord> InOrder(IReadOnlyList<JournalRecord> records)
    {
        List<JournalRecord> inOrder = [];
        foreach (JournalRecord record in records)
        {
            inOrder.Add(inOrder.Count > 0 && inOrder[^1].At > record.At ? record with { At = inOrder[^1].At } : record);
        }

        return inOrder;
    }

    /// <summary>Why a run stands where it does. One that was let go of in the middle has written nothing of it; what it was at says so.</summary>
    public static Message Reason(Position position, bool isDriven)
    {
        RunState run = position.Run;
        if (run.State != UpgradeEnd.Running || isDriven)
        {
            return run.Reason ?? Message.Of("report.running");
        }

        List<PlannedStep> under = At(position);
        IEnumerable<Message> at = under.Select(s => Message.Of(s.Node is null ? "report.at-step" : "report.at-step-of", s.Id.InWords(), s.Node));
        return under.Count == 0 ? Message.Of("report.interrupted-before-end") : Message.Of("report.interrupted", at);
    }

    /// <summary>What the run is at: the steps that nobody knows the outcome of, or else the one whose turn it is.</summary>
    private static List<PlannedStep> At(Position position)
    {
        (UpgradePlan plan, RunState run) = (position.Plan, position.Run);
        List<PlannedStep> under = [.. plan.AllSteps().Where(s => run[s.Key].IsUndecided)];
        PlannedStep? onPath = plan.Steps.FirstOrDefault(s => !run.IsSettled(s.Key) && s.After.All(run.IsSettled));
        if (under.Count == 0 && (position.Diverted is null ? onPath : position.DetourStep) is { } next)
        {
            under.Add(next);
        }

        return under;
    }

    private static NodeReport Node(
        UpgradePlan plan, PlannedNode node, RunState run, IReadOnlyList<JournalRecord> records, RunTimes times, ILookup<StepKey?, JournalRecord> byStep)
    {
        // The steps of a rollback are there when it was begun.
        List<PlannedStep> steps = [.. plan.AllSteps().Where(s => s.Node == node.Name && (!s.Id.IsIn(StepGroup.RollBack) || byStep[s.Key].Any()))];
        List<JournalRecord> seen =
        [
            .. records.Where(r => r.Entry is { Kind: JournalEntryKind.Outcome, Outcome: StepOutcome.Done } && r.Entry.Node == node.Name),
        ];
        NodeFacts before = Facts(records, Marks.Before + node.Name) ?? new NodeFacts
        {
            Role = node.Role,
            Build = node.Build,
            Receiving = node.Receiving,
            Load = node.Load,
        };
        NodeFacts? after = Facts(records, Marks.After + node.Name);
        List<ReportPeriod> gaps = times.Gaps[node.Name];
        return new NodeReport
        {
            Name = node.Name,
            Outcome = OutcomeOf(plan, node, steps, run),
            RoleBefore = node.Role,
            RoleAfter = after?.Role ?? (Last(seen, "role") is { } role ? new NodeRole(role) : null),
            BuildBefore = node.Build,
            BuildAfter = BuildNumber.TryParse(Last(seen, "build"), out BuildNumber build) ? build : node.Build,
            OutOfService = node.InService && gaps.Count > 0 ? times.Sum(gaps) : null,
            Gaps = node.InService ? gaps : [],
            Before = before,
            After = after,
            Changes = after is null ? [] : [.. NodeChanges.Between(before, after)],
            Problems = MessageLines.Read(run.Problems.GetValueOrDefault(node.Name)),
            KnownProblems = MessageLines.Read(run.KnownProblems.GetValueOrDefault(node.Name)),
            Steps = [.. steps.Select(s => Step(s, byStep[s.Key], times))],
        };
    }

    /// <summary>What was written last of how a node is.</summary>
    private static NodeFacts? Facts(IReadOnlyList<JournalRecord> records, string mark) =>
        NodeFactsJson.Read(records.LastOrDefault(r => r.Entry.Values?.ContainsKey(mark) == true)?.Entry.Values![mark]);

    private static NodeOutcome OutcomeOf(UpgradePlan plan, PlannedNode node, List<PlannedStep> steps, RunState run)
    {
        NodeStanding state = run.Node(node.Name);

        // A snapshot beforehand and the watch afterwards do not make a node unfinished.
        List<PlannedStep> work = [.. steps.Where(s => s.Id.IsWork())];
        if (state.Mark is NodeOutcome.Parked or NodeOutcome.Skipped or NodeOutcome.RolledBack)
        {
            return state.Mark.Value;
        }

        if (state.Mark == NodeOutcome.PutBack && work.TrueForAll(s => run[s.Key].IntentAt <= state.Since))
        {
            return NodeOutcome.PutBack;
        }

        if (node.Build == plan.To)
        {
            return NodeOutcome.AlreadyUpgraded;
        }

        if (state.Goal != NodeGoal.Upgrade)
        {
            return NodeOutcome.InProgress;
        }

        if (work.Count > 0 && work.TrueForAll(s => run[s.Key].IsSettled))
        {
            return NodeOutcome.Upgraded;
        }

        return work.TrueForAll(s => run[s.Key].Status == StepStatus.NotBegun) ? state.Mark ?? NodeOutcome.Waiting : NodeOutcome.InProgress;
    }

    private static StepReport Step(PlannedStep step, IEnumerable<JournalRecord> records, RunTimes times)
    {
        JournalRecord? first = records.FirstOrDefault(r => r.Entry.Kind == JournalEntryKind.Intent);
        JournalRecord? last = records.LastOrDefault();
        JournalRecord? outcome = last?.Entry.Kind == JournalEntryKind.Outcome ? last : null;
        return new StepReport
        {
            Id = step.Id,
            Name = step.Name,
            Package = step.Package,
            Outcome = outcome?.Entry.Outcome,
            Attempts = records.Max(r => r.Entry.Attempt) ?? 0,
            ReadyAt = times.ReadyAt(step, outcome?.At),
            StartedAt = first?.At,
            FinishedAt = outcome?.At,
            Evidence = last?.Entry.Text,
        };
    }

    private static string? Last(List<JournalRecord> records, string value) =>
        records.LastOrDefault(r => !string.IsNullOrEmpty(r.Entry.Values?.GetValueOrDefault(value)))?.Entry.Values![value];
}
