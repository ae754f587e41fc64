using System.Globalization;

namespace Ksmg.Sdk.Upgrades;

/// <summary>S2: the node takes no more mail.</summary>
internal sealed class ReceiveOffStep : UpgradeStep
{
    /// <summary>How many sessions the load balancer had given the node when receiving was switched off.</summary>
    private const string SessionsTotal = "sessionsTotal";

    public override Facets Facets => Facets.Basic | Facets.User | Facets.Arrivals | Facets.Rcpt;

    public override StopKind OnFailure => StopKind.PutBack;

    public override Verdict Decide(StepContext c)
    {
        bool off = c.Seen.Switches?.Receiving == false;
        bool refuses = c.Seen.Rcpt is not { Accepted: true };
        if (off && !refuses)
        {
            return c.Now > c.ReadySince + c.Policy.StepTimeout
                ? new Verdict.Stop(StopKind.PutBack, Message.Of("stop.still-receives", c.NodeName, c.Seen.Rcpt!.Text))
                : new Verdict.Wait(Message.Of("wait.still-receives", c.NodeName), c.ReadySince + c.Policy.StepTimeout);
        }

        if (off && c.IsForeign(Marks.PriorReceiving, c.Node.Receiving))
        {
            return c.Foreign(Message.Of("foreign.receiving", c.NodeName, "off"));
        }

        if (!c.Seen.Answers && !c.State.IsUndecided)
        {
            return c.Now > c.ReadySince + c.Policy.StepTimeout
                ? new Verdict.Stop(StopKind.PutBack, Message.Of("stop.silent", c.NodeName, c.Seen.Problem))
                : c.WaitForAnswer(c.ReadySince + c.Policy.StepTimeout);
        }

        Verdict verdict = SetAndSee(
            c,
            off ? ReceivePage.Evidence(c, Message.Of("done.receive-off", c.NodeName, c.Seen.Rcpt?.Text ?? "-")) : null,
            Message.Of("wait.receive-off", c.NodeName),
            () => DrainHolds(c) ?? OthersServe(c) ?? ReceivePage.Apply(
                c,
                "apply.receive-off",
                (Marks.PriorReceiving, Marks.Text(c.Seen.Switches!.Receiving)),
                (SessionsTotal, c.Seen.Load?.SessionsTotal?.ToString(CultureInfo.InvariantCulture))));
        return verdict is Verdict.Done done && !c.State.IsUndecided
            ? done with { Values = new Dictionary<string, string>(StringComparer.Ordinal) { [Marks.PriorReceiving] = "false" } }
            : verdict;
    }

    public override Task ApplyAsync(EffectContext e, CancellationToken cancellationToken) => ReceivePage.SetAsync(e, enabled: false, cancellationToken);

    /// <summary>
    /// Whether sessions came from the load balancer after receiving was switched off. A balancer that forgot its drain is told again, and
    /// what came in between counts with its new drain; one that counts anew proves nothing. What came before this driver took
    /// over, or while people had the node in their hands, may be theirs.
    /// </summary>
    public static bool CameSince(StepContext c)
    {
        StepState off = c.Other(StepId.ReceiveOff);
        return c.Enforces(Checks.DrainHolds) && c.Run.ResumedAt < off.OutcomeAt && c.Other(StepId.LoadOff).OutcomeAt <= off.OutcomeAt
            && c.Seen.Load is { Mode: not LoadMode.Ready, SessionsTotal: { } now }
            && off.Value(SessionsTotal) is { } before && now > long.Parse(before, CultureInfo.InvariantCulture);
    }

    /// <summary>The others may have gone since the node was drained, and mail must not find every node closed.</summary>
    private static Verdict? OthersServe(StepContext c)
    {
        if (c.Standing.Goal != NodeGoal.Upgrade || c.OthersOut() is not { Count: > 0 } others)
        {
            return null;
        }

        DateTimeOffset until = c.ReadySince + c.Policy.StepTimeout;
        Message reason = Message.Of("hinder.others-closed", c.NodeName, string.Join(", ", others));
        return c.Now > until ? new Verdict.Stop(StopKind.PutBack, reason) : new Verdict.Wait(reason, until);
    }

    /// <summary>
    /// Who switches receiving off under running sessions turns mail away. The balancer said that the node gets nothing new: for a while
    /// nothing new may be seen there, by the balancer's own count or by the node's.
    /// </summary>
    private static Verdict? DrainHolds(StepContext c)
    {
        bool isOurDrain = c.Step.Id == StepId.ReceiveOff && c.Standing.Goal == NodeGoal.Upgrade && c.Other(StepId.LoadOff).Attempt > 0
            && c.Seen.Load is { Mode: not LoadMode.Ready };
        if (!isOurDrain || !c.Enforces(Checks.DrainHolds) || c.Seen.QuietSince is { } since && c.Now - since >= c.Policy.StabilityInterval)
        {
            return null;
        }

        DateTimeOffset until = c.ReadySince + c.Policy.StepTimeout;
        return c.Now > until
            ? new Verdict.Stop(StopKind.PutBack, Message.Of("stop.drain-does-not-hold", c.NodeName), Check: Checks.DrainHolds)
            : new Verdict.Wait(Message.Of("wait.drain-holds", c.NodeName), until);
    }
}
