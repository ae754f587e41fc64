namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// The only place where the next actions of a run are chosen: a pure function. "What is next" and "what now, after a crash" are the
/// same question here.
/// </summary>
internal static class UpgradeDecider
{
    /// <summary>The check that stops a run whose wait nobody ends: what it names is a fault of a step.</summary>
    public const string EndlessWait = "endless-wait";

    public static Decision Decide(DeciderInput i)
    {
        if (i.Run.IsEnded)
        {
            return new Decision([]);
        }

        if (Unfenced(i) is { } unfenced)
        {
            return new Decision(OneTouchAtATime(i, [.. ForgottenDrain(i), .. DrainsAnew(i, unfenced.Step), unfenced]));
        }

        if (Detours.Current(i.Plan, i.Run) is { } diverted)
        {
            return Detours.Decide(i, diverted);
        }

        List<PlannedStep> ready = [.. Ready(i.Plan, i.Run, i.WallNow)];
        if (i.Run.IsEnding)
        {
            PlannedNode? inHand = RunGuards.InHand(i.Plan, i.Run);
            ready.RemoveAll(s => s.Node is null || s.Node != inHand?.Name);
            if (ComeToAnEnd(i, inHand, ready) is { } end)
            {
                return end;
            }
        }

        if (ready.Count == 0)
        {
            return EndOfPlan(i);
        }

        return RunGuards.Check(i, ready) is { } stop
            ? new Decision([stop])
            : new Decision(OneTouchAtATime(i, [.. ForgottenDrain(i), .. ready.Select(s => new StepDecision(s, Judge(i, s)))])) { Notice = LongHandover(i) };
    }

    /// <summary>What has to be observed of each node for the next decision.</summary>
    public static Dictionary<string, Facets> Wanted(UpgradePlan plan, RunState run, DateTimeOffset wallNow)
    {
        Dictionary<string, Facets> wanted = plan.Nodes.ToDictionary(n => n.Name, _ => Facets.None, StringComparer.Ordinal);
        IEnumerable<PlannedStep> next = Detours.Current(plan, run) is not { } diverted ? Ready(plan, run, wallNow)
            : Detours.Next(plan, run, diverted) is { } detour ? [detour]
            : [];
        foreach (PlannedStep step in next)
        {
            UpgradeStep kind = StepCatalogue.Get(step.Id);
            foreach (PlannedNode node in plan.Nodes)
            {
                wanted[node.Name] |= step.Node is null || step.Node == node.Name ? kind.Facets : kind.LooksAtAllNodes ? Facets.Basic : Facets.None;
            }
        }

        return wanted;
    }

    /// <summary>
    /// An upload or an installation of a former driver whose request may still arrive, whether that driver lived to write down that it does
    /// not know or not: fence first, then observe, then act. A node that is on its way out of work need not wait for it, and a revert
    /// fences by itself.
    /// </summary>
    private static StepDecision? Unfenced(DeciderInput i)
    {
        PlannedStep? step = !i.Enforces(Checks.LateStart) ? null : i.Plan.Steps.FirstOrDefault(s => UploadStep.IsFenceable(s)
            && i.Run[s.Key] is { IsUndecided: true, IsFenced: false, HasArrived: false } state && state.Epoch < i.Run.Epoch
            && i.Run.Node(s.Node!) is { Mark: null } node && (node.Goal == NodeGoal.Upgrade || node.Goal == NodeGoal.PutBack && s.Id == StepId.Install));
        return step is null ? null : new StepDecision(step, InTime(i, step, OrParked(i, step, StepCatalogue.Get(step.Id).Fence(Context(i, step)))));
    }

    private static IEnumerable<PlannedStep> Ready(UpgradePlan plan, RunState run, DateTimeOffset wallNow)
    {
        bool demoteNow = run.IsOverridden(UpgradeOverrides.DemoteFormerControl, wallNow) && HeirServes(plan, run);
        bool inOrder = !run.IsOverridden(Checks.Order, wallNow);
        return plan.Steps.Where(s => !run.IsSettled(s.Key) && (s.After.All(run.IsSettled) && !AwaitsDrain(run, s) || !inOrder || s.Id == StepId.Demote && demoteNow));
    }

    /// <summary>A drain that is being repeated must not come in after the node's return to load.</summary>
    private static bool AwaitsDrain(RunState run, PlannedStep step) =>
        (step.Id == StepId.LoadOn || step.Id == StepId.Gate) && run[new StepKey(StepId.LoadOff, step.Node)] is { Attempt: > 0, IsSettled: false };

    private static bool HeirServes(UpgradePlan plan, RunState run) => plan.Nodes.FirstOrDefault(n => n.Promote) is { } heir
        && plan.StepsOf(heir.Name).Where(s => s.Id != StepId.Gate).All(s => run.IsSettled(s.Key));

    /// <summary>An aborted run, or one that goes back, finishes or puts back the node in hand; then the nodes to go back do so, the last one first.</summary>
    private static Decision? ComeToAnEnd(DeciderInput i, PlannedNode? inHand, List<PlannedStep> ready)
    {
        PlannedNode? back = i.Plan.Nodes.LastOrDefault(n => i.Run.IsToBeRolledBack(n.Name));
        if (inHand is not null && !(back is not null && i.Run.IsToBeRolledBack(inHand.Name)))
        {
            return RunGuards.BeforeInstall(i, inHand.Name)
                ? Stop(i, inHand, StopKind.PutBack, Words.Get("stop.ending", inHand.Name, i.Run.AbortWanted ?? Words.Get("stop.rolling-back")))
                : ready.Count > 0 ? null : EndOf(i);
        }

        return back is null ? EndOf(i)
            : RunGuards.Budget(i, back) is { } budget ? new Decision([new StepDecision(i.Plan.StepsOf(back.Name)[0], budget)])
            : Stop(i, back, StopKind.RollBack, Words.Get("stop.roll-back", back.Name));
    }

    private static Decision Stop(DeciderInput i, PlannedNode node, StopKind kind, string reason) =>
        new([new StepDecision(i.Plan.StepsOf(node.Name)[0], new Verdict.Stop(kind, reason))]);

    private static Decision EndOf(DeciderInput i)
    {
        if (i.Plan.Steps.All(s => i.Run.IsSettled(s.Key)) && !i.Plan.Nodes.Any(n => i.Run.Node(n.Name).Mark == NodeOutcome.RolledBack))
        {
            // Nothing was left to abort.
            return EndOfPlan(i);
        }

        string nodes = string.Join(", ", i.Plan.Nodes.Select(n => $"{n.Name} {i.Cluster[n.Name].Build?.ToString() ?? i.Cluster[n.Name].About?.Version ?? "?"} ({i.Run.Node(n.Name).Mark?.ToString() ?? i.Cluster[n.Name].Role?.Value ?? "?"})"));
        return i.Run.IsRollingBack && i.Run.AbortWanted is null
            ? Decision.Over(UpgradeEnd.RolledBack, Words.Get("ended.RolledBack", nodes))
            : Decision.Over(UpgradeEnd.Aborted, Words.Get("ended.Aborted", i.Run.AbortWanted ?? "-", nodes));
    }

    private static Decision EndOfPlan(DeciderInput i)
    {
        List<string> left = [.. i.Plan.Nodes.Where(n => i.Run.Node(n.Name).Mark is NodeOutcome.Parked or NodeOutcome.Skipped).Select(n => $"{n.Name} ({i.Run.Node(n.Name).Mark})")];
        string known = i.Run.KnownProblems.Count == 0 ? string.Empty : " " + Words.Get("ended.known", Told(i.Run.KnownProblems));
        string problems = i.Run.Problems.Count == 0 ? string.Empty : " " + Words.Get("ended.problems", Told(i.Run.Problems));
        UpgradeEnd end = left.Count > 0 ? UpgradeEnd.CompletedWithExceptions : problems.Length > 0 ? UpgradeEnd.CompletedWithProblems : UpgradeEnd.Completed;
        return Decision.Over(end, Words.Get($"ended.{end}", i.Plan.Nodes.Count, i.Plan.To, string.Join(", ", left)) + problems + known);
    }

    private static string Told(IReadOnlyDictionary<string, string> problems) =>
        string.Join(" ", problems.SelectMany(p => p.Value.Split('\n').Select(text => $"{p.Key}: {text}")));

    /// <summary>Two Control nodes for a long time: people are told once, nothing is forced.</summary>
    private static (string, string)? LongHandover(DeciderInput i)
    {
        DateTimeOffset? since = RunGuards.HandoverSince(i);
        return since is { } opened && i.Now - opened > i.Plan.Policy.HandoverLimit && !i.Run.HasNotified("handover")
            ? ("handover", Words.Get("notice.handover", i.Plan.Policy.HandoverLimit, i.Plan.Nodes.First(n => n.FormerControl).Name, UpgradeOverrides.DemoteFormerControl))
            : null;
    }

    /// <summary>A step's own verdict; but a node whose installation was started is finished or parked, never put back, and no wait is without end.</summary>
    public static Verdict Judge(DeciderInput i, PlannedStep step) => InTime(i, step, OrParked(i, step, JudgeAlone(i, step)));

    private static Verdict OrParked(DeciderInput i, PlannedStep step, Verdict verdict) =>
        verdict is Verdict.Stop { Kind: StopKind.PutBack } stop && !RunGuards.BeforeInstall(i, step.Node!) && i.Enforces(Checks.NoReturnAfterInstall)
            ? stop with { Kind = StopKind.Park }
            : verdict;

    /// <summary>
    /// A wait whose end is past and that nobody has ended would go on for ever: a human decides. No step waits like this; it is the last
    /// net under all of them. A call under way has its own limit.
    /// </summary>
    private static Verdict InTime(DeciderInput i, PlannedStep step, Verdict verdict) =>
        verdict is Verdict.Wait wait && i.Now > wait.Until + i.Plan.Policy.PollInterval && !i.InFlight.Contains(step.Key)
            ? new Verdict.Stop(StopKind.Human, Words.Get("stop.overdue", step.Id.InWords(), step.Node, wait.Reason), Check: EndlessWait)
            : verdict;

    private static Verdict JudgeAlone(DeciderInput i, PlannedStep step)
    {
        UpgradeStep kind = StepCatalogue.Get(step.Id);
        StepState state = i.Run[step.Key];
        if (state.Status == StepStatus.FailedNoEffect && state.Failures >= RunGuards.MostFailures)
        {
            return new Verdict.Stop(kind.OnFailure, Words.Get("stop.failed", step.Id.InWords(), step.Node, state.Failures, state.Cause));
        }

        return kind.Decide(Context(i, step));
    }

    private static StepContext Context(DeciderInput i, PlannedStep step) => new()
    {
        Plan = i.Plan,
        Run = i.Run,
        Cluster = i.Cluster,
        Step = step,
        Now = i.Now,
        WallNow = i.WallNow,
        RequestLimit = i.RequestLimit,
        IsInFlight = i.InFlight.Contains(step.Key),
        WasAccepted = i.Accepted.Contains(step.Key),
    };

    /// <summary>
    /// A load balancer that is reloaded forgets who was drained. As long as a node is in hand, its drain is looked at again and again.
    /// </summary>
    private static IEnumerable<StepDecision> ForgottenDrain(DeciderInput i)
    {
        if (!i.Enforces(Checks.ForgottenDrain) || RunGuards.InHand(i.Plan, i.Run) is not { } node || i.Cluster[node.Name].Load is not { Mode: LoadMode.Ready })
        {
            yield break;
        }

        PlannedStep? off = i.Plan.StepsOf(node.Name).FirstOrDefault(s => s.Id == StepId.LoadOff);
        bool returns = i.Plan.StepsOf(node.Name).Any(s => s.Id == StepId.LoadOn && s.After.All(i.Run.IsSettled));
        if (off is not null && !returns && i.Run[off.Key].Status == StepStatus.Done && i.Run[new StepKey(StepId.LoadOn, node.Name)].Status == StepStatus.NotBegun)
        {
            yield return new StepDecision(off, new Verdict.NotInEffect(Words.Get("seen.drain-forgotten", node.Name)));
        }
    }

    /// <summary>A drain that was forgotten while the node is fenced is repeated at once: what may still begin must not meet a node in load.</summary>
    private static IEnumerable<StepDecision> DrainsAnew(DeciderInput i, PlannedStep unfenced) => i.Plan.StepsOf(unfenced.Node!)
        .Where(s => s.Id == StepId.LoadOff && i.Run[s.Key] is { Attempt: > 0, IsSettled: false })
        .Select(s => new StepDecision(s, Judge(i, s)));

    private static List<StepDecision> OneTouchAtATime(DeciderInput i, List<StepDecision> decisions)
    {
        bool touching = i.InFlight.Any(k => Procedure.Of(k.Id).TouchesNode);
        List<StepDecision> kept = [];
        foreach (StepDecision decision in decisions)
        {
            if (decision.Verdict is Verdict.Apply && Procedure.Of(decision.Step.Id).TouchesNode)
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
