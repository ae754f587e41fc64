namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// R4a: a Control node hands the role to another one before it is reverted, so that the cluster is never without. To a node at the new
/// build where there is one; to one at the old build only with the override <see cref="UpgradeOverrides.ControlToOldBuild"/>. Between
/// the two calls there are two Control nodes: mail flows on, and settings cannot be edited for that moment.
/// </summary>
internal sealed class HandBackStep : UpgradeStep
{
    private const string Heir = "heir";
    private const string Demotes = "demotes";

    public override Facets Facets => Facets.Basic;

    public override StopKind OnFailure => StopKind.Human;

    public override bool LooksAtAllNodes => true;

    public override Verdict Decide(StepContext c)
    {
        NodeObservation? control = c.Cluster.Controls.FirstOrDefault(n => n.Name != c.NodeName);
        bool gaveUp = c.Seen.Role == NodeRole.Secondary || control is not null && !c.Seen.Answers;

        // The heir has the role: the second call follows the first at once, and nothing of that one is still on its way.
        if (!gaveUp && !c.IsInFlight && control is not null && c.State.IsUndecided && c.State.Value(Demotes) is null && control.Name == c.State.Value(Heir))
        {
            return Demote(c, control);
        }

        return SetAndSee(
            c,
            gaveUp ? Message.Of("done.hand-back", c.NodeName, control?.Name ?? "-") : null,
            Message.Of("wait.hand-back", c.NodeName),
            () => control is null ? Promote(c) : Demote(c, control));
    }

    public override Task ApplyAsync(EffectContext e, CancellationToken cancellationToken) => e.Values.ContainsKey(Demotes)
        ? e.Node.AssignSecondaryAsync(cancellationToken)
        : e.World.Nodes[e.Values[Heir]].AssignControlAsync(cancellationToken);

    private static Verdict.Apply Demote(StepContext c, NodeObservation control) =>
        StepContext.Apply(Message.Of("apply.demote-reverted", c.NodeName, control.Name), (Heir, control.Name), (Demotes, "true"));

    private static Verdict Promote(StepContext c)
    {
        List<NodeObservation> able =
        [
            .. c.Plan.Nodes
                .Where(n => n.Name != c.NodeName && c.Cluster[n.Name] is { TakesMail: true, Role: { } role } && role == NodeRole.Secondary)
                .OrderBy(n => n.FormerControl ? 0 : 1)
                .Select(n => c.Cluster[n.Name]),
        ];
        NodeObservation? heir = able.Find(n => BuildMatch.Is(n, c.Plan.To, c.Plan)) ?? able.FirstOrDefault();
        if (heir is null)
        {
            return new Verdict.Stop(StopKind.Human, Message.Of("stop.no-other-control", c.NodeName));
        }

        return BuildMatch.Is(heir, c.Plan.To, c.Plan) || !c.Enforces(Checks.ControlToOldBuild)
            ? StepContext.Apply(Message.Of("apply.hand-back", heir.Name, c.NodeName), (Heir, heir.Name))
            : new Verdict.Stop(StopKind.Human, Message.Of("stop.control-to-old-build", c.NodeName, heir.Name), Check: Checks.ControlToOldBuild);
    }
}
