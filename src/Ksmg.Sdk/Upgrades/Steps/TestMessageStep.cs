namespace Ksmg.Sdk.Upgrades;

/// <summary>S14: a message sent to the node's own address arrives at its recipient, once, through this node, scanned by this build.</summary>
internal sealed class TestMessageStep : UpgradeStep
{
    private const int MostMessages = 2;

    public override Facets Facets => Facets.Basic | Facets.Probe;

    public override StopKind OnFailure => StopKind.Park;

    public override Verdict Decide(StepContext c)
    {
        if (c.StaysOff)
        {
            return new Verdict.Done(Message.Of("done.probe-none", c.NodeName));
        }

        if (c.IsInFlight)
        {
            return new Verdict.Wait(Message.Of("wait.probe", c.State.Value(Marks.MessageId)), c.Deadline);
        }

        if (!c.State.IsUndecided)
        {
            string id = $"<ksmg-upgrade.{c.Plan.RunId}.{c.NodeName}.{StepContext.Text(c.State.Attempt + 1)}@{c.Seen.ProbeDomain ?? "ksmg-upgrade.invalid"}>";
            return StepContext.Apply(Message.Of("apply.probe", c.NodeName, id), (Marks.MessageId, id));
        }

        string messageId = c.State.Value(Marks.MessageId)!;
        if (c.Seen.ProbeCopies is { Count: > 0 } copies)
        {
            return Judge(c, messageId, copies);
        }

        if (!c.PastDeadline)
        {
            return new Verdict.Wait(Message.Of("wait.probe", messageId), c.Deadline);
        }

        // A message of a driver that is gone may never have been sent: only what this driver sent and did not find counts as lost.
        return c.State.Failures < MostMessages - 1 || c.State.Epoch < c.Run.Epoch
            ? new Verdict.NotInEffect(Message.Of("seen.no-probe", messageId, c.Policy.ProbeTimeout))
            : new Verdict.Stop(StopKind.Park, Message.Of("stop.probe-lost", c.NodeName, messageId, c.Policy.ProbeTimeout, c.Seen.PortProblem ?? "-"));
    }

    public override async Task ApplyAsync(EffectContext e, CancellationToken cancellationToken)
    {
        ProbeAnswer answer = await e.World.Ports.MailProbe!.SendAsync(e.NodeName, e.Values[Marks.MessageId], cancellationToken).ConfigureAwait(false);
        if (!answer.Accepted)
        {
            throw new KsmgApiException(Words.Get("error.probe-refused", e.NodeName, answer.Text)) { Operation = "smtp", Node = e.NodeName, HadNoEffect = true };
        }
    }

    private static Verdict Judge(StepContext c, string messageId, IReadOnlyList<ProbeCopy> copies)
    {
        ProbeCopy copy = copies[0];
        BuildNumber wanted = c.Standing.Goal == NodeGoal.Upgrade || BuildMatch.Is(c.Seen, c.Plan.To, c.Plan) ? c.Plan.To : c.Node.Build;
        Message? wrong = copy switch
        {
            _ when copies.Count > 1 && c.Enforces(Checks.OneProbeCopy) => Message.Of("probe.twice", messageId, copies.Count),
            { ViaHost: { } via } when !IsNode(c, via) => Message.Of("probe.elsewhere", messageId, via, c.Node.HostName ?? c.NodeName),
            { Build: { } build } when build != wanted => Message.Of("probe.build", messageId, build, wanted),
            _ => null,
        };
        return wrong is null
            ? new Verdict.Done(Message.Of("done.probe", messageId, copy.ViaHost ?? "?", copy.Build?.ToString() ?? "?", copy.Databases ?? "?"))
            : new Verdict.Stop(StopKind.Park, Message.Of("stop.probe", c.NodeName, wrong));
    }

    /// <summary>An update may change what a node calls itself: its name before and its name now are both it. Unknown names accuse nobody.</summary>
    private static bool IsNode(StepContext c, string host)
    {
        List<string> names = [.. new[] { c.Node.HostName, c.Seen.Status?.HostName }.OfType<string>()];
        return names.Count == 0 || names.Append(c.NodeName).Any(name => HostNames.AreSame(name, host));
    }
}
