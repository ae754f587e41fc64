namespace Ksmg.Sdk.Upgrades;

/// <summary>S4a and S4b: a snapshot of the node's machine, before the run or when it is drained.</summary>
internal sealed class SnapshotStep(string suffix, StopKind onFailure) : UpgradeStep
{
    public const string BeforeRun = "before";
    public const string Drained = "drained";

    public override Facets Facets => Facets.Snapshots;

    public override StopKind OnFailure => onFailure;

    /// <summary>The name carries run and build, and no slash: some hypervisors refuse it.</summary>
    public static string Name(UpgradePlan plan, PlannedNode node, string suffix) => $"ksmg-upgrade.{plan.RunId}.{node.Name}.{node.Build}.{suffix}";

    public override Verdict Decide(StepContext c)
    {
        string name = Name(c.Plan, c.Node, suffix);
        if (c.Seen.Snapshots is not { } snapshots)
        {
            return c.PastDeadline
                ? new Verdict.Stop(onFailure, Message.Of("stop.snapshots-silent", c.NodeName, c.Seen.PortProblem))
                : new Verdict.Wait(Message.Of("wait.snapshots-silent", c.Seen.PortProblem), c.Deadline);
        }

        List<NodeSnapshot> ours = [.. snapshots.Where(s => s.Name == name)];
        if (ours.Count > 1)
        {
            return new Verdict.Stop(StopKind.Human, Message.Of("stop.snapshot-twice", c.NodeName, name));
        }

        if (ours is [{ IsComplete: true }])
        {
            return new Verdict.Done(Message.Of("done.snapshot", name));
        }

        if (ours.Count == 1)
        {
            return c.PastDeadline
                ? new Verdict.Stop(StopKind.Human, Message.Of("stop.snapshot-late", c.NodeName, name))
                : new Verdict.Wait(Message.Of("wait.snapshot", name), c.Deadline);
        }

        // The hypervisor, not the node, is asked here: whether the node answers does not matter.
        if (c.IsInFlight || c.State.IsUndecided && (c.WasAccepted || c.MayStillArrive) && !c.PastDeadline)
        {
            return new Verdict.Wait(Message.Of("wait.snapshot", name), c.Deadline);
        }

        return c.State.IsUndecided
            ? new Verdict.NotInEffect(Message.Of("seen.no-snapshot", name))
            : StepContext.Apply(Message.Of("apply.snapshot", name), ("snapshot", name));
    }

    public override Task ApplyAsync(EffectContext e, CancellationToken cancellationToken) =>
        e.World.Ports.Snapshots!.CreateAsync(e.NodeName, e.Values["snapshot"], cancellationToken);
}
