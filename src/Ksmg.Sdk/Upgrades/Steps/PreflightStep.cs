namespace Ksmg.Sdk.Upgrades;

/// <summary>S0: everything is healthy, and as the plan saw it.</summary>
internal sealed class PreflightStep : UpgradeStep
{
    public override Facets Facets => Facets.Preflight;

    public override StopKind OnFailure => StopKind.Pause;

    public override bool TouchesNode => false;

    public override Verdict Decide(StepContext c)
    {
        if (!c.Cluster.IsComplete)
        {
            return new Verdict.Wait(Words.Get("wait.preflight"), null);
        }

        List<PlanFinding> refusals = [.. Preflight.Check(c.Plan, c.Cluster).Where(f => f.Severity == FindingSeverity.Refusal)];
        return refusals.Count == 0
            ? new Verdict.Done(Words.Get("done.preflight", c.Plan.Nodes.Count))
            : new Verdict.Stop(StopKind.Pause, Words.Get("stop.preflight", string.Join(" ", refusals.Select(f => f.Text))));
    }
}
