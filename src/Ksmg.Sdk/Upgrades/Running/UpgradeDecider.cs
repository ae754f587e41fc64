namespace Ksmg.Sdk.Upgrades;

/// <summary>Everything the decision rests on.</summary>
internal sealed record DeciderInput
{
    public required UpgradePlan Plan { get; init; }

    public required RunState Run { get; init; }

    public required ClusterObservation Cluster { get; init; }

    public required DateTimeOffset Now { get; init; }

    public required TimeSpan RequestLimit { get; init; }

    /// <summary>The keys of the steps whose effect this process is causing right now.</summary>
    public required IReadOnlySet<string> InFlight { get; init; }

    /// <summary>The keys of the steps whose last call came back to this process without a complaint.</summary>
    public required IReadOnlySet<string> Accepted { get; init; }

    /// <summary>Whether a check counts: it does until a human overrides it by name.</summary>
    public bool Enforces(string check) => !Run.IsOverridden(check, Now);
}

/// <summary>
/// The only place where the next actions of a run are chosen: a pure function. "What is next" and "what now, after a crash" are the
/// same question here.
/// </summary>
internal static class UpgradeDecider
{
    /// <summary>The steps that take a node back to work at the old build, in order.</summary>
    private static readonly string[] PutBackSteps = ["S13", "S14", "S15"];

    /// <summary>The steps that keep a node out of work.</summary>
    private static readonly string[] ParkSteps = ["S1", "S2"];

    public static Decision Decide(DeciderInput i)
    {
        if (i.Run.IsEnded)
        {
            return new Decision([]);
        }

        PlannedNode? diverted = i.Plan.Nodes.FirstOrDefault(n => i.Run.Node(n.Name) is { Goal: not NodeGoal.Upgrade, Mark: null });
        if (diverted is not null)
        {
            return new Decision(Divert(i, diverted));
        }

        List<PlannedStep> ready = [.. i.Plan.Steps.Where(s => !i.Run[s.Key].IsSettled && (s.After.All(k => i.Run[k].IsSettled) || !i.Enforces(Checks.Order)))];
        if (ready.Count == 0)
        {
            return new Decision([]);
        }

        return RunGuards.Check(i, ready) is { } stop
            ? new Decision([stop])
            : new Decision(OneTouchAtATime(i, [.. ForgottenDrain(i), .. ready.Select(s => new StepDecision(s, Judge(i, s)))]));
    }

    /// <summary>The steps whose facets have to be observed for the next decision.</summary>
    public static IEnumerable<PlannedStep> Active(UpgradePlan plan, RunState run)
    {
        foreach (PlannedNode node in plan.Nodes)
        {
            NodeState state = run.Node(node.Name);
            if (state is { Goal: not NodeGoal.Upgrade, Mark: null })
            {
                return Sequence(plan, run, node, state.Goal);
            }
        }

        return plan.Steps.Where(s => !run[s.Key].IsSettled && s.After.All(k => run[k].IsSettled));
    }

    /// <summary>A step's own verdict; but a node whose installation was started is finished or parked, never put back.</summary>
    private static Verdict Judge(DeciderInput i, PlannedStep step) =>
        JudgeAlone(i, step) is var verdict && verdict is Verdict.Stop { Kind: StopKind.PutBack } stop && !RunGuards.BeforeInstall(i, step.Node!) && i.Enforces(Checks.NoReturnAfterInstall)
            ? stop with { Kind = StopKind.Park }
            : verdict;

    private static Verdict JudgeAlone(DeciderInput i, PlannedStep step)
    {
        UpgradeStep kind = StepCatalogue.Get(step.Id);
        StepState state = i.Run[step.Key];
        if (state.Status == StepStatus.FailedNoEffect && state.Failures >= RunGuards.MostFailures)
        {
            return new Verdict.Stop(kind.OnFailure, Words.Get("stop.failed", Words.Get($"step.{step.Id}"), step.Node, state.Failures, state.Text));
        }

        return kind.Decide(new StepContext
        {
            Plan = i.Plan,
            Run = i.Run,
            Cluster = i.Cluster,
            Step = step,
            Now = i.Now,
            RequestLimit = i.RequestLimit,
            IsInFlight = i.InFlight.Contains(step.Key),
            WasAccepted = i.Accepted.Contains(step.Key),
        });
    }

    private static IEnumerable<PlannedStep> Sequence(UpgradePlan plan, RunState run, PlannedNode node, NodeGoal goal)
    {
        PlannedStep? Find(string id) => plan.Steps.FirstOrDefault(s => s.Id == id && s.Node == node.Name);
        bool Touched(string id) => run[PlannedStep.MakeKey(id, node.Name)].Attempt > 0;

        string[] ids = goal == NodeGoal.Park ? ParkSteps : PutBackSteps;
        return ids
            .Where(id => goal == NodeGoal.Park || (id == "S15" ? Touched("S1") : Touched("S2")))
            .Select(Find)
            .OfType<PlannedStep>()
            .Select(s => s with { After = [] });
    }

    /// <summary>A node that is taken back to work, or kept out of it: nothing else happens meanwhile.</summary>
    private static List<StepDecision> Divert(DeciderInput i, PlannedNode node)
    {
        NodeState state = i.Run.Node(node.Name);
        List<PlannedStep> sequence = [.. Sequence(i.Plan, i.Run, node, state.Goal)];
        PlannedStep? next = sequence.FirstOrDefault(s => !i.Run[s.Key].IsSettled);
        PlannedStep anchor = next ?? i.Plan.Steps.First(s => s.Node == node.Name);
        if (next is null)
        {
            NodeOutcome mark = state.Goal == NodeGoal.Park ? NodeOutcome.Parked : NodeOutcome.PutBack;
            return [new StepDecision(anchor, new Verdict.Reached(mark, Words.Get($"reached.{mark}", node.Name, state.Reason)))];
        }

        Verdict verdict = Judge(i, next);
        if (verdict is Verdict.Stop stop)
        {
            // Parking is best effort: a node that cannot be switched off is told to people as such. Putting back that fails ends in parking.
            verdict = state.Goal == NodeGoal.Park
                ? new Verdict.Reached(NodeOutcome.Parked, Words.Get("reached.parked-partly", node.Name, state.Reason, stop.Reason))
                : stop with { Kind = StopKind.Park };
        }

        return [new StepDecision(next, verdict)];
    }

    /// <summary>
    /// A load balancer that is reloaded forgets who was drained. As long as a node is in hand, its drain is looked at again and again.
    /// </summary>
    private static IEnumerable<StepDecision> ForgottenDrain(DeciderInput i)
    {
        if (!i.Enforces(Checks.ForgottenDrain) || RunGuards.InHand(i.Plan, i.Run) is not { } node || i.Cluster[node.Name].Load is not { Mode: LoadMode.Ready })
        {
            yield break;
        }

        PlannedStep? off = i.Plan.Steps.FirstOrDefault(s => s.Id == "S1" && s.Node == node.Name);
        if (off is not null && i.Run[off.Key].Status == StepStatus.Done && i.Run[PlannedStep.MakeKey("S15", node.Name)].Status == StepStatus.NotBegun)
        {
            yield return new StepDecision(off, new Verdict.NotInEffect(Words.Get("seen.drain-forgotten", node.Name)));
        }
    }

    private static List<StepDecision> OneTouchAtATime(DeciderInput i, List<StepDecision> decisions)
    {
        bool touching = i.InFlight.Any(k => StepCatalogue.Get(k[..k.IndexOf('/', StringComparison.Ordinal)]).TouchesNode);
        List<StepDecision> kept = [];
        foreach (StepDecision decision in decisions)
        {
            if (decision.Verdict is Verdict.Apply && StepCatalogue.Get(decision.Step.Id).TouchesNode)
            {
                if (touching && i.Enforces(Checks.OneTouch))
                {
                    continue;
                }

                touching = true;
            }

            kept.Add(decision);
        }

        return kept;
    }
}
