namespace Ksmg.Sdk.Upgrades;

/// <summary>S6: the former Control node gives the role up, once the upgraded one has it and serves.</summary>
internal sealed class DemoteStep : UpgradeStep
{
    public override Facets Facets => Facets.Basic;

    public override StopKind OnFailure => StopKind.Human;

    public override Verdict Decide(StepContext c) => SetAndSee(
        c,
        c.Seen.Role == NodeRole.Secondary ? Message.Of("done.demote", c.NodeName) : null,
        Message.Of("wait.demote", c.NodeName),
        () => Ready(c));

    public override Task ApplyAsync(EffectContext e, CancellationToken cancellationToken) => e.Node.AssignSecondaryAsync(cancellationToken);

    /// <summary>Never leaves the cluster without a Control node: the new one must answer as such, on its own session, right now.</summary>
    private static Verdict Ready(StepContext c)
    {
        NodeObservation? heir = c.Cluster.Controls.FirstOrDefault(n => n.Name != c.NodeName && n.Answers && BuildMatch.Is(n, c.Plan.To, c.Plan));
        DateTimeOffset until = c.ReadySince + c.Policy.StepTimeout;
        if ((heir is not null || !c.Enforces(Checks.Heir)) && c.Seen.Role == NodeRole.Control)
        {
            return StepContext.Apply(Message.Of("apply.demote", c.NodeName, heir?.Name), (Marks.Prior + "role", NodeRole.Control.Value), ("heir", heir?.Name));
        }

        return c.Now > until
            ? new Verdict.Stop(StopKind.Human, Message.Of("stop.no-heir", c.NodeName))
            : new Verdict.Wait(Message.Of("wait.no-heir", c.NodeName), until);
    }
}
