namespace Ksmg.Sdk.Upgrades;

/// <summary>R2: what a revert would lose is found out: mail is waited for until the queues are empty, the rest is named.</summary>
internal sealed class RollbackLossStep : UpgradeStep
{
    public const string Losses = "losses";

    public override Facets Facets => Facets.Basic | Facets.Queues | Facets.Snapshots;

    public override StopKind OnFailure => StopKind.Human;

    public override bool BeginsWithEffect => false;

    public override Verdict Decide(StepContext c)
    {
        string name = SnapshotStep.Name(c.Plan, c.Node, SnapshotStep.Drained);
        DateTimeOffset until = c.ReadySince + c.Policy.DrainTimeout;
        if (c.Seen.Snapshots is not { } snapshots)
        {
            return c.Now > until
                ? new Verdict.Stop(StopKind.Human, Message.Of("stop.snapshots-silent", c.NodeName, c.Seen.PortProblem))
                : new Verdict.Wait(Message.Of("wait.snapshots-silent", c.Seen.PortProblem), until);
        }

        if (snapshots.Where(s => s.Name == name).ToList() is not [{ IsComplete: true } snapshot])
        {
            return new Verdict.Stop(StopKind.Human, Message.Of("stop.no-snapshot", c.NodeName, name));
        }

        bool empty = c.Seen.EmptySince is { } since && c.Now - since >= c.Policy.PollInterval * (c.Policy.DrainStablePolls - 1);
        if (!empty && c.Now <= until)
        {
            return new Verdict.Wait(
                c.Seen.Queues is { } queues
                    ? QueueReport.Left(c.NodeName, queues)
                    : Message.Of("wait.silent", c.NodeName, c.Seen.Problem),
                until);
        }

        Message mail = c.Seen.Queues switch
        {
            _ when empty => Message.Of("loss.none"),
            { } left => Message.Of("loss.queued", left.Total),
            null when c.Seen.Untold.HasFlag(Facets.Queues) => Message.Of("loss.untold"),
            null => Message.Of("loss.unknown", c.Seen.Problem),
        };
        Message losses = Message.Of("loss.all", c.NodeName, snapshot.CreatedAt, mail);
        return new Verdict.Done(losses, new Dictionary<string, string>(StringComparer.Ordinal) { [Losses] = losses.English });
    }
}
