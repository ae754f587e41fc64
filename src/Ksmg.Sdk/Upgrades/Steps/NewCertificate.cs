namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// A node that shows a certificate which is not trusted once its installation began. The update may have changed it, and then the first other one is
/// trusted where people agreed to that beforehand (<see cref="UpgradeConsents.NewCertificate"/>): what was trusted is written down first, once.
/// </summary>
internal static class NewCertificate
{
    /// <summary>The reason of the wait until that is written down.</summary>
    public const string Reason = "wait.new-certificate";

    /// <summary>What becomes of a step of such a node; <see langword="null"/>: it shows none.</summary>
    public static Verdict? Judge(StepContext c, DateTimeOffset until)
    {
        if (c.Seen.ProblemKind != NodeProblemKind.Certificate)
        {
            return null;
        }

        return IsTrusted(c)
            ? new Verdict.Wait(Message.Of(Reason, c.NodeName, c.Seen.OtherFingerprint), until)
            : new Verdict.Stop(StopKind.Park, Message.Of("stop.certificate", c.NodeName, c.Seen.Problem));
    }

    private static bool IsTrusted(StepContext c) => c.Seen.OtherFingerprint is { } shown && c.Policy.Waives(UpgradeConsents.NewCertificate)
        && (c.Run.CertificateOf(c.NodeName) ?? shown) == shown
        && c.Plan.StepsOf(c.NodeName).Any(s => s.Id == StepId.Install && c.Run[s.Key].Attempt > 0);
}
