namespace Ksmg.Sdk.Upgrades;

/// <summary>S17: every node runs the new build and does its work, and exactly one of them is Control.</summary>
internal sealed class CommitStep : UpgradeStep
{
    public override Facets Facets => Facets.Basic;

    public override StopKind OnFailure => StopKind.Human;

    public override bool TouchesNode => false;

    public override Verdict Decide(StepContext c)
    {
        DateTimeOffset until = c.ReadySince + c.Policy.StepTimeout;
        string? problem = c.Plan.Nodes.Where(n => !c.Run.Node(n.Name).LeftOut).Select(n => FinishedNode.Problem(n, c.Cluster[n.Name], c.Plan)).FirstOrDefault(p => p is not null);
        List<string> controls = [.. c.Cluster.Controls.Select(n => n.Name)];
        if (problem is null && controls.Count != 1)
        {
            problem = controls.Count == 0 ? Words.Get("finished.no-control") : Words.Get("finished.controls", string.Join(", ", controls));
        }

        return problem is null ? new Verdict.Done(Words.Get("done.commit", c.Plan.Nodes.Count, c.Plan.To, controls[0]))
            : c.Now > until ? new Verdict.Stop(StopKind.Human, problem)
            : new Verdict.Wait(problem, until);
    }
}
