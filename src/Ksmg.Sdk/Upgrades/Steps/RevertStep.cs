namespace Ksmg.Sdk.Upgrades;

/// <summary>R4: the machine goes back to the snapshot of the drained node: the only one a run ever reverts to, and its own.</summary>
internal sealed class RevertStep : UpgradeStep
{
    private const string PriorBuild = "build.before";

    public override Facets Facets => Facets.Basic;

    public override StopKind OnFailure => StopKind.Human;

    public override Verdict Decide(StepContext c)
    {
        string name = SnapshotStep.Name(c.Plan, c.Node, SnapshotStep.Drained);
        if (c.IsInFlight)
        {
            return new Verdict.Wait(Message.Of("wait.revert", c.NodeName, name), c.Deadline);
        }

        if (!c.State.IsUndecided)
        {
            return StepContext.Apply(Message.Of("apply.revert", c.NodeName, name), ("snapshot", name), (PriorBuild, c.Seen.About?.Version ?? string.Empty));
        }

        // The build that came back tells; where it was the old one already, only the answer of the hypervisor does.
        bool isOld = BuildMatch.Is(c.Seen, c.Node.Build, c.Plan);
        bool told = c.WasAccepted || isOld && c.State.Value(PriorBuild) is { Length: > 0 } before && before != c.Seen.About!.Version;
        if (told && isOld)
        {
            return new Verdict.Done(Message.Of("done.revert", c.NodeName, name));
        }

        if (c.PastDeadline)
        {
            string? seen = c.Seen.Problem ?? c.Seen.About?.Version;
            return new Verdict.Stop(StopKind.Human, Message.Of("stop.revert", c.NodeName, name, c.Policy.SnapshotTimeout, seen));
        }

        return !c.WasAccepted && !c.MayStillArrive && c.Seen.Answers
            ? new Verdict.NotInEffect(Message.Of("seen.not-reverted", c.NodeName, c.Seen.About?.Version))
            : new Verdict.Wait(Message.Of("wait.revert", c.NodeName, name), c.Deadline);
    }

    public override Task ApplyAsync(EffectContext e, CancellationToken cancellationToken) =>
        e.World.Ports.Snapshots!.RevertAsync(e.NodeName, e.Values["snapshot"], cancellationToken);
}
