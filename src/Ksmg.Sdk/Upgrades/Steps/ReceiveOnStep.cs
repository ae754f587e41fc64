namespace Ksmg.Sdk.Upgrades;

/// <summary>S13: the node takes mail again, if it did before we touched it, or for the test message alone.</summary>
internal sealed class ReceiveOnStep : UpgradeStep
{
    public override Facets Facets => Facets.Basic | Facets.Rcpt;

    public override StopKind OnFailure => StopKind.Park;

    public override Verdict Decide(StepContext c)
    {
        if (c.StaysOff)
        {
            return new Verdict.Done(Message.Of("done.receive-as-found", c.NodeName));
        }

        bool on = c.Seen.Switches?.Receiving == true;
        bool accepts = c.Seen.Rcpt is not { Accepted: false };
        DateTimeOffset until = c.ReadySince + c.Policy.StepTimeout;
        if (on && !accepts)
        {
            return c.Now > until
                ? new Verdict.Stop(StopKind.Park, Message.Of("stop.does-not-receive", c.NodeName, c.Seen.Rcpt!.Text))
                : new Verdict.Wait(Message.Of("wait.does-not-receive", c.NodeName, c.Seen.Rcpt!.Text), until);
        }

        if (!c.Seen.Answers && !c.State.IsUndecided)
        {
            return c.Now > until ? new Verdict.Stop(StopKind.Park, Message.Of("stop.silent", c.NodeName, c.Seen.Problem)) : c.WaitForAnswer(until);
        }

        return SetAndSee(
            c,
            on ? ReceivePage.Evidence(c, Message.Of("done.receive-on", c.NodeName, c.Seen.Rcpt?.Text ?? "-")) : null,
            Message.Of("wait.receive-on", c.NodeName),
            () => ReceivePage.Apply(c, "apply.receive-on"));
    }

    public override Task ApplyAsync(EffectContext e, CancellationToken cancellationToken) => ReceivePage.SetAsync(e, enabled: true, cancellationToken);
}
