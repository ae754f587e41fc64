namespace Ksmg.Sdk.Upgrades;

/// <summary>S16: the finished node is watched for a while; then, where the policy says so, a human lets the run go on.</summary>
internal sealed class GateStep : UpgradeStep
{
    public override Facets Facets => Facets.Basic;

    public override StopKind OnFailure => StopKind.Pause;

    public override bool BeginsWithEffect => false;

    public override Verdict Decide(StepContext c)
    {
        // After the last node there is no next one to stop before: the end of the run looks at all of them.
        List<Ailment> problems = IsLast(c) || !c.Enforces(Checks.FinishedNodes) ? [] : FinishedNode.Hindrances(c.Node, c.Plan, c.Run, c.Cluster, c.Enforces);
        if (problems.Count > 0)
        {
            DateTimeOffset patience = c.ReadySince + c.Policy.Soak + problems.Min(p => p.Patience(c.Policy));
            Message problem = NodeHealth.Text(c.NodeName, problems);
            return c.Now > patience ? new Verdict.Stop(StopKind.Pause, problem, Check: Checks.FinishedNodes) : new Verdict.Wait(problem, patience);
        }

        // Counted from the node's return to work alone: an approval given meanwhile does not start the watch again.
        // What a former driver watched cannot be counted on another clock, so that it is watched anew, unless it was seen to be over.
        DateTimeOffset until = StepContext.Later(c.Step.After.Max(k => c.Run[k].OutcomeAt), c.Run.ResumedAt) + c.Policy.Soak;
        if (c.Now < until && !c.Run.HasWaitedAt(c.Step.Key))
        {
            return new Verdict.Wait(Message.Of("wait.soak", c.NodeName, c.Shown(until)), until, Soon: false);
        }

        return NeedsApproval(c) && !c.IsApproved
            ? new Verdict.Stop(StopKind.Pause, Message.Sentences(Message.Of("stop.gate", c.NodeName), c.MoreApprovals), IsGate: true)
            : new Verdict.Done(Message.Of("done.gate", c.NodeName, c.Policy.Soak));
    }

    private static bool IsLast(StepContext c) => c.NodeName == c.Plan.StepsOf(StepId.Gate)[^1].Node;

    private static bool NeedsApproval(StepContext c)
    {
        string first = c.Plan.StepsOf(StepId.Gate)[0].Node!;
        return !IsLast(c) && (c.Run.PauseAfter ?? c.Policy.PauseAfter) switch
        {
            PausePoint.First => c.NodeName == first,
            PausePoint.Each => true,
            _ => false,
        };
    }
}
