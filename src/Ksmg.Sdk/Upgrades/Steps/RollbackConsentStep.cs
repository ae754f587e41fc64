namespace Ksmg.Sdk.Upgrades;

/// <summary>R3: a human who knows what would be lost says yes.</summary>
internal sealed class RollbackConsentStep : UpgradeStep
{
    public override Facets Facets => Facets.Basic;

    public override StopKind OnFailure => StopKind.Human;

    public override bool BeginsWithEffect => false;

    public override Verdict Decide(StepContext c)
    {
        Message losses = c.Other(StepId.RollbackLosses).Text ?? Message.Said("-");
        return c.IsApproved
            ? new Verdict.Done(Message.Of("done.consent", c.NodeName, losses))
            : new Verdict.Stop(StopKind.Pause, Message.Sentences(Message.Of("stop.consent", c.NodeName, losses), c.MoreApprovals), IsGate: true);
    }
}
