namespace Ksmg.Sdk.Upgrades;

/// <summary>S16: the finished node is watched for a while; then, where the policy says so, a human lets the run go on.</summary>
internal sealed class GateStep : UpgradeStep
{
    public override Facets Facets => Facets.Basic;

    public override StopKind OnFailure => StopKind.Pause;

    public override bool TouchesNode => false;

    public override Verdict Decide(StepContext c)
    {
        if (FinishedNode.Problem(c.Node, c.Seen, c.Plan) is { } problem)
        {
            DateTimeOffset patience = c.ReadySince + c.Policy.Soak + c.Policy.StepTimeout;
            return c.Now > patience ? new Verdict.Stop(StopKind.Pause, problem) : new Verdict.Wait(problem, patience);
        }

        // Counted from the node's return to work alone: an approval given meanwhile does not start the watch again.
        DateTimeOffset until = c.Step.After.Max(k => c.Run[k].OutcomeAt) + c.Policy.Soak;
        if (c.Now < until)
        {
            return new Verdict.Wait(Words.Get("wait.soak", c.NodeName, until), until, Soon: false);
        }

        return NeedsApproval(c) && !c.Run.IsApproved(c.Step.Key)
            ? new Verdict.Stop(StopKind.Pause, Words.Get("stop.gate", c.NodeName), IsGate: true)
            : new Verdict.Done(Words.Get("done.gate", c.NodeName, c.Policy.Soak));
    }

    private static bool NeedsApproval(StepContext c)
    {
        List<string> order = [.. c.Plan.Steps.Where(s => s.Id == "S16").Select(s => s.Node!)];
        return c.NodeName != order[^1] && (c.Run.PauseAfter ?? c.Policy.PauseAfter) switch
        {
            PausePoint.First => c.NodeName == order[0],
            PausePoint.Each => true,
            _ => false,
        };
    }
}

/// <summary>Whether an upgraded node is as it should be, right now.</summary>
internal static class FinishedNode
{
    public static string? Problem(PlannedNode node, NodeObservation seen, UpgradePlan plan) =>
        !seen.Answers ? Words.Get("finished.silent", node.Name, seen.Problem)
        : !BuildMatch.Is(seen.About, plan.To, plan) ? Words.Get("finished.build", node.Name, seen.About?.Version, plan.To)
        : node.Receiving && seen.Switches?.Receiving == false ? Words.Get("finished.receiving", node.Name)
        : node.Load == LoadMode.Ready && seen.Load is { Mode: not LoadMode.Ready } ? Words.Get("finished.load", node.Name)
        : node.Load == LoadMode.Ready && seen.Load is { Healthy: false } ? Words.Get("finished.unhealthy", node.Name)
        : NodeHealth.Problem(seen.Status!) is { } problem ? Words.Get("finished.health", node.Name, problem)
        : null;
}
