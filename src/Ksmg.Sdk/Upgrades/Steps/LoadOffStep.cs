namespace Ksmg.Sdk.Upgrades;

/// <summary>S1: the load balancer gives the node nothing new, and what it had is over.</summary>
internal sealed class LoadOffStep : UpgradeStep
{
    public override Facets Facets => Facets.Basic | Facets.User | Facets.Arrivals;

    public override StopKind OnFailure => StopKind.PutBack;

    public override Verdict Decide(StepContext c)
    {
        if (c.Seen.Load is not { } load)
        {
            return c.Now > c.ReadySince + c.Policy.StepTimeout && !c.IsInFlight
                ? new Verdict.Stop(StopKind.PutBack, Message.Of("stop.balancer-silent", c.NodeName, c.LoadProblem))
                : new Verdict.Wait(Message.Of("wait.balancer-silent", c.LoadProblem), c.ReadySince + c.Policy.StepTimeout);
        }

        if (load.Mode == LoadMode.Ready)
        {
            if (!c.State.IsUndecided
                && c.Cluster.ServerFindings.FirstOrDefault(f => f.Node == c.NodeName && !c.Policy.Waives(f.Code)) is { } elsewhere)
            {
                return new Verdict.Stop(StopKind.Pause, elsewhere.Text);
            }

            return SetAndSee(c, null, Message.Of("wait.load-off", c.NodeName),
                () => StepContext.Apply(Message.Of("apply.load-off", c.NodeName), (Marks.PriorLoad, load.Mode.ToString()), ("action", "drain")));
        }

        if (c.IsForeign(Marks.PriorLoad, c.Node.Load == LoadMode.Ready))
        {
            return c.Foreign(Message.Of("foreign.load", c.NodeName, load.Mode, c.Node.Load));
        }

        if (load.Sessions == 0 || c.Standing.Goal == NodeGoal.Park)
        {
            return new Verdict.Done(Message.Of("done.load-off", c.NodeName), Prior(load));
        }

        DateTimeOffset until = StepContext.Later(c.State.IntentAt, c.ReadySince) + c.Policy.SessionTimeout;
        if (c.Now <= until || c.IsInFlight)
        {
            return new Verdict.Wait(Message.Of("wait.sessions", c.NodeName, Message.Of("count.session", load.Sessions)), until);
        }

        return c.Policy.SessionsLeft == SessionsLeftAction.Ask || c.State.Value("action") == "close"
            ? new Verdict.Stop(StopKind.Human, Message.Of("stop.sessions", c.NodeName, Message.Of("count.session", load.Sessions), c.Policy.SessionTimeout))
            : StepContext.Apply(Message.Of("apply.close-sessions", c.NodeName, Message.Of("count.session", load.Sessions)), ("action", "close"));
    }

    public override Task ApplyAsync(EffectContext e, CancellationToken cancellationToken) =>
        e.Values["action"] == "close"
            ? e.World.Ports.LoadBalancer!.CloseSessionsAsync(e.NodeName, cancellationToken)
            : e.World.Ports.LoadBalancer!.SetAsync(e.NodeName, LoadMode.Drain, cancellationToken);

    /// <summary>Found out of load without our doing: that is what the node goes back to.</summary>
    private static Dictionary<string, string> Prior(LoadState load) => new(StringComparer.Ordinal) { [Marks.PriorLoad] = load.Mode.ToString() };
}
