namespace Ksmg.Sdk.Upgrades;

/// <summary>S9: the node answers again, steadily. A node that comes up receiving is switched off first, on purpose and by name.</summary>
internal sealed class WaitForNodeStep : UpgradeStep
{
    public override Facets Facets => Facets.Basic | Facets.Update;

    public override StopKind OnFailure => StopKind.Park;

    public override bool BeginsWithEffect => false;

    public override Verdict Decide(StepContext c)
    {
        DateTimeOffset until = c.ReadySince + c.Step.Timeout;
        if (c.Seen.ProblemKind is NodeProblemKind.Certificate)
        {
            return new Verdict.Stop(StopKind.Park, Message.Of("stop.certificate", c.NodeName, c.Seen.Problem));
        }

        bool steady = c.Seen is { Answers: true, IsInstalling: false } && c.Seen.SteadySince is { } since && c.Now - since >= c.Policy.StabilityInterval;
        if (!steady)
        {
            return c.Now > until
                ? new Verdict.Stop(StopKind.Park, Message.Of("stop.not-back", c.NodeName, c.Step.Timeout, WhyNot(c)))
                : new Verdict.Wait(Message.Of("wait.not-back", c.NodeName, WhyNot(c)), until);
        }

        return SetAndSee(
            c,
            c.Seen.Switches?.Receiving == false ? Message.Of("done.back", c.NodeName) : null,
            Message.Of("wait.receive-off", c.NodeName),
            () => ReceivePage.Apply(c, "apply.came-up-receiving"));
    }

    private static Message WhyNot(StepContext c) => c.Seen switch
    {
        { Problem: { } problem } => Message.Said(problem),
        { IsInstalling: true } => Message.Of("back.installing"),
        _ => Message.Of("back.unsteady", c.Policy.StabilityInterval),
    };

    public override Task ApplyAsync(EffectContext e, CancellationToken cancellationToken) => ReceivePage.SetAsync(e, enabled: false, cancellationToken);
}
