namespace Ksmg.Sdk.Upgrades;

/// <summary>R5: the reverted node runs the old build and is well, and the cluster has exactly one Control node.</summary>
internal sealed class RevertedStep : UpgradeStep
{
    public override Facets Facets => Facets.Basic;

    public override StopKind OnFailure => StopKind.Human;

    public override bool LooksAtAllNodes => true;

    public override Verdict Decide(StepContext c)
    {
        DateTimeOffset until = c.ReadySince + c.Step.Timeout;
        List<string> controls = [.. c.Cluster.Controls.Select(n => n.Name)];
        bool steady = c.Seen.SteadySince is { } since && c.Now - since >= c.Policy.StabilityInterval;
        Message? problem = Problem(c, controls);
        if (problem is not null || !steady)
        {
            return c.Now > until
                ? new Verdict.Stop(StopKind.Human, Message.Of("stop.verify", c.NodeName, c.Step.Timeout, problem))
                : new Verdict.Wait(problem ?? Message.Of("wait.verify", c.NodeName), until);
        }

        bool alone = controls.Count == 1 || c.Seen.Role != NodeRole.Control;
        Verdict verdict = SetAndSee(
            c,
            alone ? Message.Of("done.reverted", c.NodeName, c.Node.Build, string.Join(", ", controls)) : null,
            Message.Of("wait.demote", c.NodeName),
            () => StepContext.Apply(
                Message.Of("apply.demote-reverted", c.NodeName, string.Join(", ", controls.Where(n => n != c.NodeName))),
                (Marks.Prior + "role", NodeRole.Control.Value)));
        if (verdict is not Verdict.Done done)
        {
            return verdict;
        }

        return done with
        {
            Values = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["build"] = c.Node.Build.ToString(),
                ["role"] = c.Seen.Status!.Role.Value,
            },
        };
    }

    public override Task ApplyAsync(EffectContext e, CancellationToken cancellationToken) => e.Node.AssignSecondaryAsync(cancellationToken);

    private static Message? Problem(StepContext c, List<string> controls)
    {
        if (!c.Seen.Answers)
        {
            return Message.Of("wait.silent", c.NodeName, c.Seen.Problem);
        }

        if (!BuildMatch.Is(c.Seen, c.Node.Build, c.Plan))
        {
            return Message.Of("hinder.build", c.NodeName, c.Seen.About?.Version, c.Node.Build);
        }

        List<Ailment> ailments = FinishedNode.OfProduct(c.NodeName, c.Seen.Status!, c.Plan, c.Run, c.Enforces);
        if (ailments.Count > 0)
        {
            return NodeHealth.Text(c.NodeName, ailments);
        }

        return controls.Count == 0 ? Message.Of("finished.no-control") : null;
    }
}
