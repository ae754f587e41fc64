namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// S16a: when every node runs the new build, the Control node hands the role to the one that the policy prefers. That one is made Control while
/// it is well and synchronized, then the other one at once Secondary, each in a session of its own: the cluster is never without. Between the two
/// calls there are two Control nodes: mail flows on, and settings cannot be edited for that moment.
/// </summary>
internal sealed class HandOverStep : UpgradeStep
{
    private const string Heir = "heir";
    private const string Demotes = "demotes";

    public override Facets Facets => Facets.Basic;

    public override StopKind OnFailure => StopKind.Human;

    public override bool LooksAtAllNodes => true;

    /// <summary>Whether the role is on its way: what was begun is brought to its end before anything else, and nothing stops in between.</summary>
    public static bool IsUnderWay(StepState state) => state.IsUndecided || !state.IsSettled && state.Value(Demotes) is not null;

    public override Verdict Decide(StepContext c)
    {
        NodeObservation heir = c.Cluster[c.Policy.PreferredControl!];
        if (!IsUnderWay(c.State) && !IsWanted(c, heir))
        {
            return new Verdict.Done(Message.Of("done.control-kept", c.NodeName, heir.Name));
        }

        // A role that was asked for is nowhere but on the node itself: who is not heard may have it.
        if (!c.IsInFlight && new[] { heir, c.Seen }.FirstOrDefault(n => n.Role is null) is { } silent)
        {
            return c.PastDeadline
                ? new Verdict.Stop(StopKind.Human, Message.Of("stop.hand-over-silent", c.NodeName, heir.Name, silent.Name, silent.Problem))
                : new Verdict.Wait(Message.Of("wait.silent", silent.Name, silent.Problem), c.Deadline);
        }

        // One that somebody took back to its snapshot meanwhile may be Control from then: the role does not go to an old build.
        bool heirIs = heir.Role == NodeRole.Control && BuildMatch.Is(heir, c.Plan.To, c.Plan);
        bool bothAre = heirIs && c.Seen.Role == NodeRole.Control;
        if (bothAre && !c.IsInFlight && c.State.IsUndecided && c.State.Value(Demotes) is null)
        {
            // The second call follows the first at once, and nothing of that one is still on its way.
            return Demote(c, heir);
        }

        Verdict verdict = SetAndSee(
            c,
            heirIs && c.Seen.Role == NodeRole.Secondary ? Message.Of("done.hand-over", heir.Name, c.NodeName) : null,
            Message.Of("wait.hand-over", c.NodeName, heir.Name),
            () => bothAre ? Demote(c, heir) : Promote(c, heir));
        return verdict is Verdict.Done done
            ? done with { Values = new Dictionary<string, string>(StringComparer.Ordinal) { ["role"] = NodeRole.Secondary.Value } }
            : verdict;
    }

    public override Task ApplyAsync(EffectContext e, CancellationToken cancellationToken) => e.Values.ContainsKey(Demotes)
        ? e.Node.AssignSecondaryAsync(cancellationToken)
        : e.World.Nodes[e.Values[Heir]].AssignControlAsync(cancellationToken);

    /// <summary>Not when somebody leaves the role where it is, nor to a node that is left out or went back.</summary>
    private static bool IsWanted(StepContext c, NodeObservation heir) => c.Enforces(Checks.PreferredControl)
        && c.Run.Node(heir.Name) is { LeftOut: false, Mark: not (NodeOutcome.Parked or NodeOutcome.RolledBack) };

    private static Verdict Promote(StepContext c, NodeObservation heir)
    {
        if (Unexpected(c, heir, controls: 1) is { } unexpected)
        {
            return unexpected;
        }

        PlannedNode node = c.Plan.Nodes.First(n => n.Name == heir.Name);
        List<Ailment> problems = [.. FinishedNode.Problems(node, c.Plan, c.Run, c.Cluster).Where(a => !Preflight.Accepts(a, c.Plan, c.Enforces))];
        if (problems.Count > 0)
        {
            DateTimeOffset until = c.ReadySince + problems.Max(p => p.Patience(c.Policy));
            Message problem = NodeHealth.Text(heir.Name, problems);
            return c.Now > until
                ? new Verdict.Stop(StopKind.Human, Message.Of("stop.hand-over-unwell", problem, c.NodeName), Check: Checks.PreferredControl)
                : new Verdict.Wait(problem, until);
        }

        IEnumerable<(string, string?)> synchronized =
            c.Cluster.Nodes.Values.Select(n => (InstallStep.SynchronizedAt + "." + n.Name, n.Status?.SynchronizedAt?.ToString("O")));
        return StepContext.Apply(
            Message.Of("apply.hand-over", heir.Name, c.NodeName, Roles(c)), [(Heir, heir.Name), ("roles", Roles(c)), .. synchronized]);
    }

    /// <summary>What was known before the promotion stays known: settings count from there.</summary>
    private static Verdict Demote(StepContext c, NodeObservation heir) => Unexpected(c, heir, controls: 2) ?? StepContext.Apply(
        Message.Of("apply.demote", c.NodeName, heir.Name),
        [
            .. c.State.Values.Select(v => (v.Key, (string?)v.Value)),
            (Heir, heir.Name), (Demotes, "true"),
        ]);

    /// <summary>Somebody else assigns roles meanwhile: a human says which of the nodes is to be Control.</summary>
    private static Verdict? Unexpected(StepContext c, NodeObservation heir, int controls)
    {
        if (c.Seen.Role == NodeRole.Control && c.Cluster.Controls.Count() == controls)
        {
            return null;
        }

        return c.PastDeadline
            ? new Verdict.Stop(StopKind.Human, Message.Of("stop.hand-over", c.NodeName, heir.Name, Roles(c)))
            : new Verdict.Wait(Message.Of("wait.hand-over", c.NodeName, heir.Name), c.Deadline);
    }

    private static string Roles(StepContext c) => string.Join(", ", c.Cluster.Nodes.Values.Select(n => $"{n.Name} {n.Role?.Value ?? "?"}"));
}
