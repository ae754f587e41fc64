namespace Ksmg.Sdk.Upgrades;

/// <summary>S2: the node takes no more mail.</summary>
internal sealed class ReceiveOffStep : UpgradeStep
{
    public const string PriorReceiving = Marks.Prior + "receiving";

    public override Facets Facets => Facets.Basic | Facets.User | Facets.Rcpt;

    public override StopKind OnFailure => StopKind.PutBack;

    public override Verdict Decide(StepContext c)
    {
        bool off = c.Seen.Switches?.Receiving == false;
        bool refuses = c.Seen.Rcpt is not { Accepted: true };
        if (off && !refuses)
        {
            return c.Now > c.ReadySince + c.Policy.StepTimeout
                ? new Verdict.Stop(StopKind.PutBack, Words.Get("stop.still-receives", c.NodeName, c.Seen.Rcpt!.Text))
                : new Verdict.Wait(Words.Get("wait.still-receives", c.NodeName), c.ReadySince + c.Policy.StepTimeout);
        }

        if (!c.Seen.Answers && !c.State.IsUndecided)
        {
            return c.Now > c.ReadySince + c.Policy.StepTimeout
                ? new Verdict.Stop(StopKind.PutBack, Words.Get("stop.silent", c.NodeName, c.Seen.Problem))
                : c.WaitForAnswer(c.ReadySince + c.Policy.StepTimeout);
        }

        Verdict verdict = SetAndSee(c, off ? Words.Get("done.receive-off", c.NodeName, c.Seen.Rcpt?.Text ?? "-") : null, Words.Get("wait.receive-off", c.NodeName),
            () => StepContext.Apply(
                Words.Get("apply.receive-off", c.NodeName, ReceivePage.For(c)), (PriorReceiving, StepContext.Text(c.Seen.Switches!.Receiving)), ("page", ReceivePage.For(c))));
        return verdict is Verdict.Done done && !c.State.IsUndecided
            ? done with { Values = new Dictionary<string, string>(StringComparer.Ordinal) { [PriorReceiving] = "false" } }
            : verdict;
    }

    public override Task ApplyAsync(EffectContext e, CancellationToken cancellationToken) => ReceivePage.SetAsync(e, enabled: false, cancellationToken);
}

/// <summary>
/// On whose page a node's receive switch is set: the documented place is the Control node; between builds, in emergency mode, or for
/// the Control node itself it is the node's own.
/// </summary>
internal static class ReceivePage
{
    public static string For(StepContext c)
    {
        NodeObservation? control = c.Cluster.Controls.Count() == 1 ? c.Cluster.Controls.Single() : null;
        return control is { Status.EmergencyMode: false } && c.Seen.Status?.EmergencyMode == false && control.About == c.Seen.About ? control.Name : c.NodeName;
    }

    public static Task SetAsync(EffectContext e, bool enabled, CancellationToken cancellationToken)
    {
        string page = e.Values["page"];
        return e.World.Nodes[page].SetReceivingAsync(page == e.NodeName ? null : e.PlannedNode.ClusterAddress, enabled, cancellationToken);
    }
}
