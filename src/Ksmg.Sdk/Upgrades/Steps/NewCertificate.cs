namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// A node that shows a certificate which is not trusted once its installation began. The update may have changed it, and then the first other one is
/// trusted where people agreed to that beforehand (<see cref="UpgradeConsents.NewCertificate"/>), whatever is done to the node by then: what was
/// trusted is written down first, once. Without that it is a step's own matter.
/// </summary>
internal static class NewCertificate
{
    /// <summary>The reason of the wait until that is written down.</summary>
    public const string Reason = "wait.new-certificate";

    /// <summary>What becomes of a step whose node shows a certificate that is to be trusted; <see langword="null"/>: it shows none such.</summary>
    public static Verdict? Judge(StepContext c) =>
        c.Step.Node is not null && c.Seen is { ProblemKind: NodeProblemKind.Certificate, OtherFingerprint: { } shown }
        && c.Policy.Waives(UpgradeConsents.NewCertificate)
        && (c.Run.CertificateOf(c.NodeName) ?? shown) == shown
        && c.Plan.StepsOf(c.NodeName).Any(s => s.Id == StepId.Install && c.Run[s.Key].Attempt > 0)
            ? new Verdict.Wait(Message.Of(Reason, c.NodeName, shown), c.Deadline)
            : null;
}
