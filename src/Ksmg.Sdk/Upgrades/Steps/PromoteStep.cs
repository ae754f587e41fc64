namespace Ksmg.Sdk.Upgrades;

/// <summary>S11: the first upgraded node becomes Control, in a session on that node.</summary>
internal sealed class PromoteStep : UpgradeStep
{
    public override Facets Facets => Facets.Basic;

    public override StopKind OnFailure => StopKind.Human;

    public override Verdict Decide(StepContext c)
    {
        string roles = string.Join(", ", c.Cluster.Nodes.Values.Select(n => $"{n.Name} {n.Role?.Value ?? "?"}"));
        Verdict verdict = SetAndSee(
            c,
            c.Seen.Role == NodeRole.Control ? Message.Of("done.promote", c.NodeName, roles) : null,
            Message.Of("wait.promote", c.NodeName),
            () => Ready(c, roles));
        return verdict is Verdict.Done done
            ? done with { Values = new Dictionary<string, string>(StringComparer.Ordinal) { ["role"] = NodeRole.Control.Value } }
            : verdict;
    }

    public override Task ApplyAsync(EffectContext e, CancellationToken cancellationToken) => e.Node.AssignControlAsync(cancellationToken);

    private static Verdict Ready(StepContext c, string roles)
    {
        DateTimeOffset until = c.ReadySince + c.Policy.StepTimeout;
        if (c.Cluster.Controls.FirstOrDefault(n => n.Name != c.NodeName && BuildMatch.Is(n, c.Plan.To, c.Plan)) is { } other && c.Enforces(Checks.PromoteAlone))
        {
            return new Verdict.Stop(StopKind.Human, Message.Of("stop.promote-other", c.NodeName, other.Name, c.Plan.To));
        }

        // Who is not heard may be Control at the new build meanwhile.
        if (c.Plan.Nodes.Where(n => n.FormerControl).Select(n => c.Cluster[n.Name]).FirstOrDefault(n => n.Role is null) is { } silent)
        {
            return c.Now > until
                ? new Verdict.Stop(StopKind.Human, Message.Of("stop.promote-silent", c.NodeName, silent.Name, silent.Problem))
                : new Verdict.Wait(Message.Of("wait.silent", silent.Name, silent.Problem), until);
        }

        if (c.Seen.Role == NodeRole.Secondary && (BuildMatch.Is(c.Seen, c.Plan.To, c.Plan) || !c.Enforces(Checks.PromoteUpgraded)))
        {
            IEnumerable<(string, string?)> synchronized =
                c.Cluster.Nodes.Values.Select(n => (InstallStep.SynchronizedAt + "." + n.Name, n.Status?.SynchronizedAt?.ToString("O")));
            return StepContext.Apply(
                Message.Of("apply.promote", c.NodeName, roles), [(Marks.Prior + "role", NodeRole.Secondary.Value), ("roles", roles), .. synchronized]);
        }

        return c.Now > until
            ? new Verdict.Stop(StopKind.Human, Message.Of("stop.promote", c.NodeName, roles))
            : new Verdict.Wait(Message.Of("wait.promote", c.NodeName), until);
    }
}
