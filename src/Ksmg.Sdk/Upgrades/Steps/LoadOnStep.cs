namespace Ksmg.Sdk.Upgrades;

/// <summary>S15: the load balancer gives the node sessions again, and finds it healthy.</summary>
internal sealed class LoadOnStep : UpgradeStep
{
    public override Facets Facets => Facets.Basic;

    public override StopKind OnFailure => StopKind.Park;

    public override Verdict Decide(StepContext c)
    {
        DateTimeOffset until = c.ReadySince + c.Policy.StepTimeout;
        if (c.Seen.Load is not { } load)
        {
            return c.Now > until && !c.IsInFlight
                ? new Verdict.Stop(StopKind.Park, Words.Get("stop.balancer-silent", c.NodeName, c.Cluster.LoadProblem))
                : new Verdict.Wait(Words.Get("wait.balancer-silent", c.Cluster.LoadProblem), until);
        }

        if (load.Mode == LoadMode.Ready)
        {
            return load.Healthy != false ? new Verdict.Done(Words.Get("done.load-on", c.NodeName))
                : c.Now > until ? new Verdict.Stop(StopKind.Park, Words.Get("stop.unhealthy", c.NodeName))
                : new Verdict.Wait(Words.Get("wait.unhealthy", c.NodeName), until);
        }

        return SetAndSee(c, null, Words.Get("wait.load-on", c.NodeName),
            () => StepContext.Apply(Words.Get("apply.load-on", c.NodeName), ("mode", nameof(LoadMode.Ready))));
    }

    public override Task ApplyAsync(EffectContext e, CancellationToken cancellationToken) =>
        e.World.Ports.LoadBalancer!.SetAsync(e.NodeName, LoadMode.Ready, cancellationToken);
}
