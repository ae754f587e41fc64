namespace Ksmg.Sdk.Upgrades;

/// <summary>S1: the load balancer gives the node nothing new, and what it had is over.</summary>
internal sealed class LoadOffStep : UpgradeStep
{
    public const string PriorLoad = Marks.Prior + "load";

    public override Facets Facets => Facets.Basic | Facets.User;

    public override StopKind OnFailure => StopKind.PutBack;

    public override Verdict Decide(StepContext c)
    {
        if (c.Seen.Load is not { } load)
        {
            return c.Now > c.ReadySince + c.Policy.StepTimeout && !c.IsInFlight
                ? new Verdict.Stop(StopKind.PutBack, Words.Get("stop.balancer-silent", c.NodeName, c.Cluster.LoadProblem))
                : new Verdict.Wait(Words.Get("wait.balancer-silent", c.Cluster.LoadProblem), c.ReadySince + c.Policy.StepTimeout);
        }

        if (load.Mode == LoadMode.Ready)
        {
            return SetAndSee(c, null, Words.Get("wait.load-off", c.NodeName),
                () => StepContext.Apply(Words.Get("apply.load-off", c.NodeName), (PriorLoad, load.Mode.ToString()), ("action", "drain")));
        }

        if (load.Sessions == 0 || c.NodeState.Goal == NodeGoal.Park)
        {
            return new Verdict.Done(Words.Get("done.load-off", c.NodeName), Prior(load));
        }

        DateTimeOffset until = StepContext.Later(c.State.IntentAt, c.ReadySince) + c.Policy.SessionTimeout;
        if (c.Now <= until || c.IsInFlight)
        {
            return new Verdict.Wait(Words.Get("wait.sessions", c.NodeName, load.Sessions), until);
        }

        return c.Policy.SessionsLeft == SessionsLeftAction.Ask || c.State.Value("action") == "close"
            ? new Verdict.Stop(StopKind.Human, Words.Get("stop.sessions", c.NodeName, load.Sessions, c.Policy.SessionTimeout))
            : StepContext.Apply(Words.Get("apply.close-sessions", c.NodeName, load.Sessions), ("action", "close"));
    }

    public override Task ApplyAsync(EffectContext e, CancellationToken cancellationToken) =>
        e.Values["action"] == "close"
            ? e.World.Ports.LoadBalancer!.CloseSessionsAsync(e.NodeName, cancellationToken)
            : e.World.Ports.LoadBalancer!.SetAsync(e.NodeName, LoadMode.Drain, cancellationToken);

    /// <summary>Found out of load without our doing: that is what the node goes back to.</summary>
    private static Dictionary<string, string> Prior(LoadState load) => new(StringComparer.Ordinal) { [PriorLoad] = load.Mode.ToString() };
}
