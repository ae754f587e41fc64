namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// S15: the load balancer gives the node sessions again, finds it healthy, and connections arrive. A node that was found out of load, or
/// not receiving, goes back to just that.
/// </summary>
internal sealed class LoadOnStep : UpgradeStep
{
    public override Facets Facets => Facets.Basic | Facets.Arrivals;

    public override StopKind OnFailure => StopKind.Park;

    public override Verdict Decide(StepContext c)
    {
        DateTimeOffset until = c.ReadySince + c.Policy.StepTimeout;
        if (c.Seen.Load is not { } load)
        {
            return c.Now > until && !c.IsInFlight
                ? new Verdict.Stop(StopKind.Park, Message.Of("stop.balancer-silent", c.NodeName, c.LoadProblem))
                : new Verdict.Wait(Message.Of("wait.balancer-silent", c.LoadProblem), until);
        }

        LoadMode wanted = c.Node.Load ?? LoadMode.Ready;
        if (load.Mode == wanted)
        {
            return wanted == LoadMode.Ready && c.Node.Receiving
                ? InLoad(c, load, until)
                : new Verdict.Done(Message.Of("done.load-as-found", c.NodeName, wanted));
        }

        return SetAndSee(c, null, Message.Of("wait.load-on", c.NodeName),
            () => StepContext.Apply(
                Message.Of(wanted == LoadMode.Ready ? "apply.load-on" : "apply.load-as-found", c.NodeName, wanted), ("mode", wanted.ToString())));
    }

    public override Task ApplyAsync(EffectContext e, CancellationToken cancellationToken) =>
        e.World.Ports.LoadBalancer!.SetAsync(e.NodeName, Enum.Parse<LoadMode>(e.Values["mode"]), cancellationToken);

    /// <summary>What the balancer says of itself is not enough: a session has to arrive, where any arrive at all.</summary>
    private static Verdict InLoad(StepContext c, LoadState load, DateTimeOffset until)
    {
        if (load.Healthy == false)
        {
            return c.Now > until
                ? new Verdict.Stop(StopKind.Park, Message.Of("stop.unhealthy", c.NodeName))
                : new Verdict.Wait(Message.Of("wait.unhealthy", c.NodeName), until);
        }

        DateTimeOffset since = StepContext.Later(c.State.IntentAt, c.ReadySince);
        if (c.Seen.ConnectedAt > since || !c.Enforces(Checks.Connections))
        {
            return new Verdict.Done(Message.Of("done.load-on", c.NodeName));
        }

        // Where no other node gets sessions either, there is nothing to be seen: that is told, and holds nothing up.
        bool othersDo = c.Cluster.Nodes.Values.Any(n => n.Name != c.NodeName && n.ConnectedAt > since);
        DateTimeOffset patience = since + c.Policy.StepTimeout;
        TimeSpan polls = c.Policy.SlowPollInterval + c.Policy.SlowPollInterval;
        DateTimeOffset quiet = since + (polls < c.Policy.StepTimeout ? polls : c.Policy.StepTimeout);
        if (!othersDo && c.Now > quiet)
        {
            return new Verdict.Done(Message.Of("done.load-on-quiet", c.NodeName, TimeSpan.FromSeconds(Math.Ceiling((c.Now - since).TotalSeconds))));
        }

        return c.Now > patience
            ? new Verdict.Stop(StopKind.Human, Message.Of("stop.no-connections", c.NodeName, c.Policy.StepTimeout), Check: Checks.Connections)
            : new Verdict.Wait(Message.Of("wait.no-connections", c.NodeName), othersDo ? patience : quiet);
    }
}
