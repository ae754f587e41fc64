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

        Verdict verdict = Ill(i, state, next) ?? StepJudge.Judge(i, next);
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

    /// <summary>A node whose services, license or integrity are not good does not go back to work: it would take mail and not scan it.</summary>
    private static Verdict? Ill(DeciderInput i, NodeStanding state, PlannedStep next)
    {
        if (state.Goal != NodeGoal.PutBack || i.Run[next.Key].IsUndecided || !i.Enforces(Checks.PutBackWell)
            || i.Cluster[next.Node!] is not { Answers: true, Status: { } status })
        {
            return null;
        }

        List<Ailment> problems = [.. FinishedNode.OfProduct(next.Node!, status, i.Plan, i.Run, i.Enforces).Where(a => a.Code != NodeHealth.Databases)];
        DateTimeOffset until = StepContext.Later(state.Since, i.Run.ResumedAt) + i.Plan.Policy.StepTimeout;
        if (problems.Count == 0)
        {
            return null;
        }

        Message problem = NodeHealth.Text(next.Node!, problems);
        return i.Now <= until ? new Verdict.Wait(problem, until) : new Verdict.Stop(StopKind.Park, problem);
    }

    /// <summary>Where the run stands when a node is at the end of its detour: it goes on only where a human asked for what happened.</summary>
    private static Verdict.Reached Reached(DeciderInput i, NodeStanding state, NodeOutcome mark, Message evidence) => new(mark, evidence, mark switch
    {
        _ when i.Run.IsEnding => null,
        NodeOutcome.Parked => UpgradeEnd.NeedsHuman,
        NodeOutcome.PutBack when !state.LeftOut => UpgradeEnd.Paused,
        _ => null,
    });
}
