namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// The ways off the planned path: a node goes back to work at the old build, is kept out of work, or is taken back to its snapshot.
/// While a node is on one, nothing else happens in the cluster.
/// </summary>
internal static class Detours
{
    public static Decision Decide(DeciderInput i, PlannedNode node)
    {
        NodeStanding state = i.Run.Node(node.Name);
        if (i.Position.DetourStep is not { } next)
        {
            NodeOutcome mark = state.Goal switch
            {
                NodeGoal.Park => NodeOutcome.Parked,
                NodeGoal.PutBack => i.Position.IsBeforeInstall(node.Name) ? NodeOutcome.PutBack : NodeOutcome.Upgraded,
                _ => NodeOutcome.RolledBack,
            };
            PlannedStep anchor = i.Plan.StepsOf(node.Name)[0];
            return new Decision([new StepDecision(anchor, Reached(i, state, mark, Message.Of($"reached.{mark}", node.Name, state.Reason)))]);
        }

        Verdict verdict = LastAtWork(i, state, node) ?? Ill(i, state, node, next) ?? StepJudge.Judge(i, next);
        if (next.Id == StepId.RollbackReceiveOff && verdict is Verdict.Stop && !i.Cluster[node.Name].Answers)
        {
            // A node that does not even answer is switched off by the revert itself: its snapshot was taken while it did not receive.
            verdict = new Verdict.Done(Message.Of("done.silent-anyway", node.Name));
        }

        if (verdict is Verdict.Stop stop)
        {
            verdict = state.Goal switch
            {
                // Best effort: a node that cannot be switched off is told to people as such.
                NodeGoal.Park => Reached(i, state, NodeOutcome.Parked, Message.Of("reached.parked-partly", node.Name, state.Reason, stop.Reason)),
                NodeGoal.PutBack => stop with { Kind = StopKind.Park },
                _ => stop with { Kind = stop.IsGate ? StopKind.Pause : StopKind.Human },
            };
        }

        return new Decision([new StepDecision(next, verdict)]);
    }

    /// <summary>
    /// A node that takes mail is not parked while another one is out of work, such as one that a run brought back from a backup knows nothing of: no
    /// mail at all is worse than what it is parked for. But a node that does not scan its mail takes none, and a human's word holds.
    /// </summary>
    private static Verdict.Stop? LastAtWork(DeciderInput i, NodeStanding state, PlannedNode node) =>
        state is { Goal: NodeGoal.Park, At: not null } && Ailments(i, node).Count == 0 ? RunGuards.Budget(i, node) : null;

    /// <summary>A node whose services, license or integrity are not good does not go back to work: it would take mail and not scan it.</summary>
    private static Verdict? Ill(DeciderInput i, NodeStanding state, PlannedNode node, PlannedStep next)
    {
        if (state.Goal != NodeGoal.PutBack || i.Run[next.Key].IsUndecided || !i.Enforces(Checks.PutBackWell))
        {
            return null;
        }

        List<Ailment> problems = Ailments(i, node);
        DateTimeOffset until = StepContext.Later(state.Since, i.Run.ResumedAt) + i.Plan.Policy.StepTimeout;
        if (problems.Count == 0)
        {
            return null;
        }

        Message problem = NodeHealth.Text(node.Name, problems);
        return i.Now <= until ? new Verdict.Wait(problem, until) : new Verdict.Stop(StopKind.Park, problem);
    }

    private static List<Ailment> Ailments(DeciderInput i, PlannedNode node) => i.Cluster[node.Name] is { Answers: true, Status: { } status }
        ? [.. FinishedNode.OfProduct(node.Name, status, i.Plan, i.Run, i.Enforces).Where(a => a.Code != NodeHealth.Databases)]
        : [];

    /// <summary>Where the run stands when a node is at the end of its detour: it goes on only where a human asked for what happened.</summary>
    private static Verdict.Reached Reached(DeciderInput i, NodeStanding state, NodeOutcome mark, Message evidence) => new(mark, evidence, mark switch
    {
        _ when i.Run.IsEnding => null,
        NodeOutcome.Parked => UpgradeEnd.NeedsHuman,
        NodeOutcome.PutBack when !state.LeftOut => UpgradeEnd.Paused,
        _ => null,
    });
}
