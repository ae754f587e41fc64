namespace Ksmg.Sdk.Upgrades;

/// <summary>What must hold for the cluster as a whole.</summary>
/// <param name="Check">The name under which it is asked; a human who overrides it by that name takes it away.</param>
/// <param name="Find">Why the run stops, from what is known and the steps that are ready; <see langword="null"/>: it holds.</param>
internal sealed record RunGuard(string Check, Func<DeciderInput, IReadOnlyList<PlannedStep>, Verdict.Stop?> Find);

/// <summary>What must hold for the cluster as a whole before anything goes on.</summary>
internal static class RunGuards
{
    /// <summary>In the order in which they are asked: the first that does not hold is told.</summary>
    public static IReadOnlyList<RunGuard> All { get; } =
    [
        new(Checks.NoControl, NoControl),
        new(Checks.ServiceLost, ServiceLost),
        new(Checks.ForeignChange, ForeignlyChanged),
        new(Checks.TwoControls, TwoControls),
        new(Checks.MaintenanceWindow, OutsideOfWindows),
        new(Checks.ExternalGate, ExternalGates),
        new(Checks.FinishedNodes, FinishedNodes),
        new(Checks.Budget, Budget),
        new(Checks.UnknownHealth, UnknownHealth),
        new(Checks.NodeFit, NextNode),
    ];

    public static StepDecision? Check(DeciderInput i, IReadOnlyList<PlannedStep> ready)
    {
        if ((Pause(i) ?? FirstThatFails(i, ready, All)) is not { } stop)
        {
            return null;
        }

        PlannedStep anchor = Anchor(i.Position, ready);
        if (stop.PassesAt is { } passes)
        {
            return new StepDecision(anchor, new Verdict.Wait(stop.Reason, passes, Soon: false, Check: stop.Check));
        }

        DateTimeOffset since = anchor.After.Select(k => i.Run[k].OutcomeAt).Append(i.Run.ResumedAt).Max();
        return new StepDecision(anchor, stop.Patience is { } patience && i.Now <= since + patience ? Waiting(stop, since + patience) : stop);
    }

    /// <summary>What would stop the run before it touches a node if its windows were open now; <see langword="null"/>: nothing.</summary>
    public static Message? Ahead(DeciderInput i, string node)
    {
        IReadOnlyList<PlannedStep> touch = [.. i.Plan.StepsOf(node).Where(s => s.Id.IsIn(StepGroup.OutOfWork))];
        return FirstThatFails(i, touch, All.SkipWhile(g => g.Check != Checks.MaintenanceWindow).Skip(1))?.Reason;
    }

    /// <summary>The nodes out of work, those already broken included, stay within the budget when this one is taken out too.</summary>
    public static Verdict.Stop? Budget(DeciderInput i, PlannedNode next)
    {
        int most = i.Plan.Policy.MaxUnavailable;
        List<string> unavailable = [.. i.Cluster.Nodes.Values.Where(n => n.Name != next.Name && !n.TakesMail).Select(n => n.Name)];
        bool tooMany = unavailable.Count + 1 > most && i.Cluster[next.Name].TakesMail;
        if (!tooMany || !i.Enforces(Checks.Budget))
        {
            return null;
        }

        Message reason = Message.Of("stop.budget", next.Name, string.Join(", ", unavailable), most);
        return new Verdict.Stop(StopKind.Pause, reason, Check: Checks.Budget, Patience: i.Plan.Policy.StepTimeout);
    }

    /// <summary>The step at which a stop is told: the first of the node in hand, or of all.</summary>
    private static PlannedStep Anchor(Position position, IReadOnlyList<PlannedStep> ready) =>
        ready.FirstOrDefault(s => position.InHand is not { } inHand || s.Node == inHand.Name) ?? ready[0];

    private static Verdict.Stop? FirstThatFails(DeciderInput i, IReadOnlyList<PlannedStep> ready, IEnumerable<RunGuard> guards)
    {
        foreach (RunGuard guard in guards)
        {
            if (i.Enforces(guard.Check) && guard.Find(i, ready) is { } stop)
            {
                return stop with { Check = stop.Check ?? UpgradeOverrides.All.FirstOrDefault(c => c == guard.Check) };
            }
        }

        return null;
    }

    /// <summary>What others have to bring about is looked at seldom, and a human need not wait until patience ends.</summary>
    private static Verdict.Wait Waiting(Verdict.Stop stop, DateTimeOffset until) =>
        stop.Check == Checks.ExternalGate ? new Verdict.Wait(stop.Reason, until, Soon: false, Check: stop.Check) : new Verdict.Wait(stop.Reason, until);

    /// <summary>A human's wish, which nobody needs to override.</summary>
    private static Verdict.Stop? Pause(DeciderInput i) =>
        i.Run.PauseWanted is { } wish && i.Position.InHand is null && i.InFlight.Count == 0 ? new Verdict.Stop(StopKind.Pause, wish) : null;

    private static Verdict.Stop? NoControl(DeciderInput i, IReadOnlyList<PlannedStep> ready)
    {
        TimeSpan limit = i.Plan.Policy.NoControlLimit;
        return i.Plan.Nodes.Count > 1 && i.Cluster is { IsComplete: true, NoControlSince: { } since } && i.Now - since > limit
            ? new Verdict.Stop(StopKind.Human, Message.Of("stop.no-control", limit))
            : null;
    }

    private static Verdict.Stop? TwoControls(DeciderInput i, IReadOnlyList<PlannedStep> ready)
    {
        List<string> controls = [.. i.Cluster.Controls.Select(n => n.Name)];
        return i.Cluster.IsComplete && controls.Count > 1 && i.Position.HandoverSince is null
            ? new Verdict.Stop(StopKind.Human, Message.Of("stop.two-controls", string.Join(", ", controls)))
            : null;
    }

    /// <summary>
    /// Somebody else changed what the run rests on. The node in hand is finished or put back where that needs no effect on roles or
    /// builds: a node at work is worth more than a pause.
    /// </summary>
    private static Verdict.Stop? ForeignlyChanged(DeciderInput i, IReadOnlyList<PlannedStep> ready)
    {
        bool matters = i.Position.InHand is null || ready.Any(s => s.Id == StepId.Demote || s.Id == StepId.Install || s.Id == StepId.Promote);
        List<ForeignChange> changes = matters ? [.. ForeignChanges.Find(i)] : [];
        return changes.Count == 0 ? null : new Verdict.Stop(StopKind.Pause, Message.Of("stop.foreign", changes.Select(c => c.Text)))
        {
            Changed = [.. changes.Select(c => c.Node).OfType<string>().Distinct(StringComparer.Ordinal)],
        };
    }

    /// <summary>Another node left service while one is in hand: before the point of no return ours goes back at once.</summary>
    private static Verdict.Stop? ServiceLost(DeciderInput i, IReadOnlyList<PlannedStep> ready)
    {
        if (i.Position.InHand?.Name is not { } inHand || i.Plan.Nodes.Count == 1
            || !i.Position.IsBeforeInstall(inHand) || !i.Run[new StepKey(StepId.ReceiveOff, inHand)].IsSettled)
        {
            return null;
        }

        UpgradePolicy policy = i.Plan.Policy;
        TimeSpan patience = policy.StabilityInterval + policy.PollInterval + policy.PollInterval;
        List<NodeObservation> lost = [.. i.Plan.Nodes
            .Where(n => n.Name != inHand && i.Run.AsFound(n).InService)
            .Select(n => i.Cluster[n.Name])
            .Where(n => n.OutOfWorkSince is { } since && i.Now - since > (n.IsMerelySilent ? policy.StepTimeout : patience))];
        return lost.Count > policy.MaxUnavailable - 1
            ? new Verdict.Stop(StopKind.PutBack, Message.Of("stop.service-lost", string.Join(", ", lost.Select(n => n.Name)), inHand))
            : null;
    }

    /// <summary>The next node is touched only while all finished ones pass, right now.</summary>
    private static Verdict.Stop? FinishedNodes(DeciderInput i, IReadOnlyList<PlannedStep> ready)
    {
        if (NextToBeTouched(i, ready) is null)
        {
            return null;
        }

        PlannedNode[] finished =
            [.. i.Plan.Nodes.Where(n => i.Plan.StepsOf(n.Name).Any(s => s.Id == StepId.Gate && i.Run[s.Key].Status == StepStatus.Done))];
        foreach (PlannedNode node in finished)
        {
            List<Ailment> problems = FinishedNode.Hindrances(node, i.Plan, i.Run, i.Cluster, i.Enforces);
            if (problems.Count > 0)
            {
                return new Verdict.Stop(StopKind.Pause, NodeHealth.Text(node.Name, problems), Patience: problems.Min(p => p.Patience(i.Plan.Policy)));
            }
        }

        return null;
    }

    /// <summary>Nothing is begun on a node, its snapshot beforehand included, that would not be over before the windows close.</summary>
    private static Verdict.Stop? OutsideOfWindows(DeciderInput i, IReadOnlyList<PlannedStep> ready)
    {
        UpgradePolicy policy = i.Plan.Policy;
        if (policy.Windows.Count == 0 || NextToBegin(i, ready) is not { } node)
        {
            return null;
        }

        return MaintenanceHours.Next(policy.Windows, i.WallNow, policy.NodeTime)?.From switch
        {
            null => new Verdict.Stop(StopKind.Pause, Message.Of("stop.window", node, policy.NodeTime)),
            { } from when from > i.WallNow => new Verdict.Stop(StopKind.Pause, Message.Of("wait.window", node, from)) { PassesAt = i.Now + (from - i.WallNow) },
            _ => null,
        };
    }

    /// <summary>No node is begun while something outside is not green, or does not say that it is.</summary>
    private static Verdict.Stop? ExternalGates(DeciderInput i, IReadOnlyList<PlannedStep> ready)
    {
        if (i.Plan.Gates.Count == 0 || NextToBeTouched(i, ready) is not { } next)
        {
            return null;
        }

        List<GateReading> closed =
        [
            .. i.Plan.Gates
                .Select(name => i.Cluster.Gates.FirstOrDefault(gate => gate.Name == name)
                    ?? new GateReading(name, IsGreen: false, Message.Of("gate.not-asked"), i.WallNow, TimeSpan.Zero))
                .Where(gate => !gate.IsGreen),
        ];
        return closed.Count == 0 ? null : new Verdict.Stop(
            StopKind.Pause,
            Message.Of("stop.external-gate", next.Name, closed.Select(gate => gate.InWords)),
            Check: Checks.ExternalGate,
            Patience: closed.Max(gate => gate.Patience));
    }

    /// <summary>The node that is begun next, and waits for its window where that is closed.</summary>
    public static string? NextToBegin(DeciderInput i, IReadOnlyList<PlannedStep> ready) => i.Position.InHand is not null
        ? null
        : ready.FirstOrDefault(s => s.Node is not null && !s.Id.IsIn(StepGroup.Watch) && !s.Id.IsIn(StepGroup.HandOver))?.Node;

    private static Verdict.Stop? Budget(DeciderInput i, IReadOnlyList<PlannedStep> ready) =>
        NextToBeTouched(i, ready) is { InService: true } next ? Budget(i, next) : null;

    /// <summary>The last node that serves is never one of which the load balancer knows nothing.</summary>
    private static Verdict.Stop? UnknownHealth(DeciderInput i, IReadOnlyList<PlannedStep> ready) =>
        !i.Plan.Policy.Waives(UpgradeConsents.UnknownHealth)
            && NextToBeTouched(i, ready) is { InService: true } next && Preflight.UnknownInFloor(next.Name, i.Plan, i.Cluster) is { Count: > 0 } unknown
            ? new Verdict.Stop(
                StopKind.Pause, Message.Of("stop.unknown-health", next.Name, string.Join(", ", unknown)), Patience: i.Plan.Policy.StepTimeout)
            : null;

    /// <summary>The preflight may be hours old, and the next node was well then: it is looked at again before anything is done to it.</summary>
    private static Verdict.Stop? NextNode(DeciderInput i, IReadOnlyList<PlannedStep> ready)
    {
        // One that is parked was touched before, and is out of work.
        if (NextToBeTouched(i, ready) is not { } node || i.Run.Node(node.Name).Mark == NodeOutcome.Parked)
        {
            return null;
        }

        List<Ailment> problems = Preflight.Unfit(node, i.Plan, i.Run, i.Cluster, i.Enforces);
        return problems.Count == 0 ? null : new Verdict.Stop(
            StopKind.Pause,
            Message.Of("stop.node-unfit", node.Name, NodeHealth.Text(node.Name, problems)),
            Check: UpgradeOverrides.All.FirstOrDefault(c => problems.Exists(p => p.Code == c)),
            Patience: problems.Min(p => p.Patience(i.Plan.Policy)));
    }

    /// <summary>What is asked before a node is touched is asked before its hooks are called, too; then they run to their end.</summary>
    private static PlannedNode? NextToBeTouched(DeciderInput i, IReadOnlyList<PlannedStep> ready) =>
        i.Position.InHand is null && ready.FirstOrDefault(s => Position.IsBeginning(s) && !(s.Id.IsHooks() && i.InFlight.Contains(s.Key))) is { } first
            ? i.Plan.Nodes.First(n => n.Name == first.Node)
            : null;
}
