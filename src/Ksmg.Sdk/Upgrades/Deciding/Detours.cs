namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// The ways off the planned path: a node goes back to work at the old build, is kept out of work, or is taken back to its snapshot.
/// While a node is on one, nothing else happens in the cluster.
/// </summary>
internal static class Detours
{
    /// <summary>The node that is on a detour.</summary>
    public static PlannedNode? Current(UpgradePlan plan, RunState run) => plan.Nodes.FirstOrDefault(n => run.Node(n.Name) is { Goal: not NodeGoal.Upgrade, Mark: null });

    /// <summary>The steps of a node's detour, in order; each comes after the one before.</summary>
    public static IReadOnlyList<PlannedStep> Steps(UpgradePlan plan, RunState run, PlannedNode node)
    {
        bool Touched(StepId id) => run[new StepKey(id, node.Name)].Attempt > 0;
        PlannedStep? Planned(StepId id) => plan.StepsOf(node.Name).FirstOrDefault(s => s.Id == id);

        IEnumerable<PlannedStep?> steps = run.Node(node.Name).Goal switch
        {
            NodeGoal.Park => Procedure.Park.Select(Planned),
            NodeGoal.PutBack => Procedure.PutBack.Where(id => Touched(id == StepId.LoadOn ? StepId.LoadOff : StepId.ReceiveOff)).Select(Planned),
            _ => Procedure.RollBack.Select(id => id.IsIn(StepGroup.RollBack) ? RollBackStep(plan, node, id) : Planned(id)),
        };
        List<PlannedStep> chain = [];
        foreach (PlannedStep step in steps.OfType<PlannedStep>())
        {
            chain.Add(step with { After = chain.Count == 0 ? [] : [chain[^1].Key] });
        }

        return chain;
    }

    /// <summary>Every step a run can have an intent for: those of the plan, and those of rollbacks.</summary>
    public static IEnumerable<PlannedStep> AllSteps(UpgradePlan plan) => plan.Steps.Concat(
        from node in plan.Nodes
        from id in Procedure.RollBack
        where id.IsIn(StepGroup.RollBack)
        let step = RollBackStep(plan, node, id)
        where step is not null
        select step);

    /// <summary>The next step of a node's detour; <see langword="null"/> at its end.</summary>
    public static PlannedStep? Next(UpgradePlan plan, RunState run, PlannedNode node) => Steps(plan, run, node).FirstOrDefault(s => !run[s.Key].IsSettled);

    public static Decision Decide(DeciderInput i, PlannedNode node)
    {
        NodeStanding state = i.Run.Node(node.Name);
        PlannedStep? next = Next(i.Plan, i.Run, node);
        if (next is null)
        {
            NodeOutcome mark = state.Goal switch
            {
                NodeGoal.Park => NodeOutcome.Parked,
                NodeGoal.PutBack => RunGuards.BeforeInstall(i, node.Name) ? NodeOutcome.PutBack : NodeOutcome.Upgraded,
                _ => NodeOutcome.RolledBack,
            };
            PlannedStep anchor = i.Plan.StepsOf(node.Name)[0];
            return new Decision([new StepDecision(anchor, Reached(i, state, mark, Words.Get($"reached.{mark}", node.Name, state.Reason)))]);
        }

        Verdict verdict = Ill(i, state, next) ?? UpgradeDecider.Judge(i, next);
        if (next.Id == StepId.RollbackReceiveOff && verdict is Verdict.Stop && !i.Cluster[node.Name].Answers)
        {
            // A node that does not even answer is switched off by the revert itself: its snapshot was taken while it did not receive.
            verdict = new Verdict.Done(Words.Get("done.silent-anyway", node.Name));
        }

        if (verdict is Verdict.Stop stop)
        {
            verdict = state.Goal switch
            {
                // Best effort: a node that cannot be switched off is told to people as such.
                NodeGoal.Park => Reached(i, state, NodeOutcome.Parked, Words.Get("reached.parked-partly", node.Name, state.Reason, stop.Reason)),
                NodeGoal.PutBack => stop with { Kind = StopKind.Park },
                _ => stop with { Kind = stop.IsGate ? StopKind.Pause : StopKind.Human },
            };
        }

        return new Decision([new StepDecision(next, verdict)]);
    }

    /// <summary>A node whose services, license or integrity are not good does not go back to work: it would take mail and not scan it.</summary>
    private static Verdict? Ill(DeciderInput i, NodeStanding state, PlannedStep next)
    {
        if (state.Goal != NodeGoal.PutBack || i.Run[next.Key].IsUndecided || !i.Enforces(Checks.PutBackWell) || i.Cluster[next.Node!] is not { Answers: true, Status: { } status })
        {
            return null;
        }

        List<Ailment> problems = [.. FinishedNode.OfProduct(next.Node!, status, i.Plan, i.Run, i.Enforces).Where(a => a.Code != NodeHealth.Databases)];
        DateTimeOffset until = StepContext.Later(state.Since, i.Run.ResumedAt) + i.Plan.Policy.StepTimeout;
        return problems.Count == 0 ? null
            : i.Now <= until ? new Verdict.Wait(NodeHealth.Text(next.Node!, problems), until)
            : new Verdict.Stop(StopKind.Park, NodeHealth.Text(next.Node!, problems));
    }

    /// <summary>Where the run stands when a node is at the end of its detour: it goes on only where a human asked for what happened.</summary>
    private static Verdict.Reached Reached(DeciderInput i, NodeStanding state, NodeOutcome mark, string evidence) => new(mark, evidence, mark switch
    {
        _ when i.Run.IsEnding => null,
        NodeOutcome.Parked => UpgradeEnd.NeedsHuman,
        NodeOutcome.PutBack when !state.LeftOut => UpgradeEnd.Paused,
        _ => null,
    });

    private static PlannedStep? RollBackStep(UpgradePlan plan, PlannedNode node, StepId id)
    {
        bool isNeeded = id == StepId.RollbackLoadOff ? plan.StepsOf(node.Name).Any(s => s.Id == StepId.LoadOff) : id != StepId.HandBack || plan.Nodes.Count > 1;
        return isNeeded ? Procedure.Plan(plan.Policy, id, node.Name, after: []) : null;
    }
}
