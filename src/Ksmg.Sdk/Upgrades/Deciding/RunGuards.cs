namespace Ksmg.Sdk.Upgrades;

/// <summary>What must hold for the cluster as a whole before anything goes on.</summary>
internal static class RunGuards
{
    /// <summary>Attempts in a row that are proven to have changed nothing, before the run stops trying.</summary>
    public const int MostFailures = 3;

    public static StepDecision? Check(DeciderInput i, List<PlannedStep> ready)
    {
        PlannedNode? inHand = InHand(i.Plan, i.Run);
        Verdict.Stop? stop = Pause(i, inHand) ?? NoControl(i) ?? ServiceLost(i, inHand) ?? ForeignlyChanged(i, ready, inHand) ?? TwoControls(i) ?? FinishedNodes(i, ready, inHand) ?? Budget(i, ready, inHand) ?? NextNode(i, ready, inHand);
        if (stop is null)
        {
            return null;
        }

        PlannedStep anchor = ready.FirstOrDefault(s => inHand is null || s.Node == inHand.Name) ?? ready[0];
        DateTimeOffset since = anchor.After.Select(k => i.Run[k].OutcomeAt).Append(i.Run.ResumedAt).Max();
        return new StepDecision(anchor, stop.Patience is { } patience && i.Now <= since + patience ? new Verdict.Wait(stop.Reason, since + patience) : stop);
    }

    /// <summary>The node that is between its first touch and its return to work.</summary>
    public static PlannedNode? InHand(UpgradePlan plan, RunState run) => plan.Nodes.FirstOrDefault(n =>
    {
        IReadOnlyList<PlannedStep> steps = plan.StepsOf(n.Name);
        return run.Node(n.Name).Mark is not (NodeOutcome.Parked or NodeOutcome.RolledBack)
            && steps.Any(s => s.Id.IsIn(StepGroup.OutOfWork) && run[s.Key].Status is not (StepStatus.NotBegun or StepStatus.FailedNoEffect))
            && steps.Any(s => s.Id.IsWork() && !run.IsSettled(s.Key));
    });

    /// <summary>Whether the node in hand can still be put back: its installation was not started.</summary>
    public static bool BeforeInstall(DeciderInput i, string node) => i.Plan.StepsOf(node)
        .Where(s => s.Id == StepId.Install)
        .All(s => i.Run[s.Key].Status is StepStatus.NotBegun or StepStatus.FailedNoEffect);

    private static Verdict.Stop? Pause(DeciderInput i, PlannedNode? inHand) =>
        i.Run.PauseWanted is { } wish && inHand is null && i.InFlight.Count == 0 ? new Verdict.Stop(StopKind.Pause, wish) : null;

    private static Verdict.Stop? NoControl(DeciderInput i) =>
        i.Enforces(Checks.NoControl) && i.Plan.Nodes.Count > 1 && i.Cluster is { IsComplete: true, NoControlSince: { } since } && i.Now - since > i.Plan.Policy.NoControlLimit
            ? new Verdict.Stop(StopKind.Human, Words.Get("stop.no-control", i.Plan.Policy.NoControlLimit))
            : null;

    private static Verdict.Stop? TwoControls(DeciderInput i)
    {
        List<string> controls = [.. i.Cluster.Controls.Select(n => n.Name)];
        return i.Enforces(Checks.TwoControls) && i.Cluster.IsComplete && controls.Count > 1 && HandoverSince(i) is null
            ? new Verdict.Stop(StopKind.Human, Words.Get("stop.two-controls", string.Join(", ", controls)))
            : null;
    }

    /// <summary>
    /// Since when the handover window is open: from the promotion's intent to the demotion's outcome there may be two Control nodes.
    /// A plan that was made inside the window starts in it.
    /// </summary>
    public static DateTimeOffset? HandoverSince(DeciderInput i)
    {
        bool closed = i.Plan.Steps.Where(s => s.Id == StepId.Demote).All(s => i.Run[s.Key].IsSettled);
        StepState? promotion = i.Plan.Steps.Where(s => s.Id == StepId.Promote).Select(s => i.Run[s.Key]).FirstOrDefault(s => s.Status != StepStatus.NotBegun);
        bool planned = i.Plan.Nodes.Count(n => n.Role == NodeRole.Control) > 1;
        return closed ? null : promotion is not null ? StepContext.Later(promotion.IntentAt, i.Run.BeganAt) : planned ? i.Run.BeganAt : null;
    }

    /// <summary>
    /// Somebody else changed what the run rests on. The node in hand is finished or put back where that needs no effect on roles or
    /// builds: a node at work is worth more than a pause.
    /// </summary>
    private static Verdict.Stop? ForeignlyChanged(DeciderInput i, List<PlannedStep> ready, PlannedNode? inHand)
    {
        bool matters = inHand is null || ready.Any(s => s.Id == StepId.Demote || s.Id == StepId.Install || s.Id == StepId.Promote);
        List<ForeignChange> changes = matters && i.Enforces(Checks.ForeignChange) ? [.. ForeignChanges.Find(i)] : [];
        return changes.Count == 0 ? null : new Verdict.Stop(StopKind.Pause, Words.Get("stop.foreign", string.Join(" ", changes.Select(c => c.Text))), Check: Checks.ForeignChange)
        {
            Changed = [.. changes.Select(c => c.Node).OfType<string>().Distinct(StringComparer.Ordinal)],
        };
    }

    /// <summary>Another node left service while one is in hand: before the point of no return ours goes back at once.</summary>
    private static Verdict.Stop? ServiceLost(DeciderInput i, PlannedNode? inHand)
    {
        if (!i.Enforces(Checks.ServiceLost) || inHand is null || i.Plan.Nodes.Count == 1 || !BeforeInstall(i, inHand.Name) || !i.Run[new StepKey(StepId.ReceiveOff, inHand.Name)].IsSettled)
        {
            return null;
        }

        TimeSpan patience = i.Plan.Policy.StabilityInterval + i.Plan.Policy.PollInterval + i.Plan.Policy.PollInterval;
        List<NodeObservation> lost = [.. i.Plan.Nodes
            .Where(n => n.Name != inHand.Name && i.Run.AsFound(n).InService)
            .Select(n => i.Cluster[n.Name])
            .Where(n => n.OutOfWorkSince is { } since && i.Now - since > (n.IsMerelySilent ? i.Plan.Policy.StepTimeout : patience))];
        return lost.Count > i.Plan.Policy.MaxUnavailable - 1
            ? new Verdict.Stop(StopKind.PutBack, Words.Get("stop.service-lost", string.Join(", ", lost.Select(n => n.Name)), inHand.Name))
            : null;
    }

    /// <summary>The next node is touched only while all finished ones pass, right now.</summary>
    private static Verdict.Stop? FinishedNodes(DeciderInput i, List<PlannedStep> ready, PlannedNode? inHand)
    {
        if (!i.Enforces(Checks.FinishedNodes) || inHand is not null || !ready.Any(IsFirstTouch))
        {
            return null;
        }

        PlannedNode[] finished = [.. i.Plan.Nodes.Where(n => i.Plan.StepsOf(n.Name).Any(s => s.Id == StepId.Gate && i.Run[s.Key].Status == StepStatus.Done))];
        foreach (PlannedNode node in finished)
        {
            List<Ailment> problems = FinishedNode.Hindrances(node, i.Plan, i.Run, i.Cluster, i.Enforces);
            if (problems.Count > 0)
            {
                return new Verdict.Stop(
                    StopKind.Pause, NodeHealth.Text(node.Name, problems), Check: Checks.FinishedNodes, Patience: problems.Min(p => p.Patience(i.Plan.Policy)));
            }
        }

        return null;
    }

    /// <summary>The preflight may be hours old, and the next node was well then: it is looked at again before anything is done to it.</summary>
    private static Verdict.Stop? NextNode(DeciderInput i, List<PlannedStep> ready, PlannedNode? inHand)
    {
        if (!i.Enforces(Checks.NodeFit) || inHand is not null || ready.FirstOrDefault(IsFirstTouch) is not { } first)
        {
            return null;
        }

        PlannedNode node = i.Plan.Nodes.First(n => n.Name == first.Node);
        if (i.Run.Node(node.Name).Mark == NodeOutcome.Parked)
        {
            // It was touched before, and is out of work.
            return null;
        }

        List<Ailment> problems = Preflight.Unfit(node, i.Plan, i.Run, i.Cluster, i.Enforces);
        return problems.Count == 0 ? null : new Verdict.Stop(
            StopKind.Pause,
            Words.Get("stop.node-unfit", node.Name, NodeHealth.Text(node.Name, problems)),
            Check: UpgradeOverrides.All.FirstOrDefault(c => problems.Exists(p => p.Code == c)),
            Patience: problems.Min(p => p.Patience(i.Plan.Policy)));
    }

    /// <summary>The nodes out of work, those already broken included, stay within the budget when this one is taken out too.</summary>
    public static Verdict.Stop? Budget(DeciderInput i, PlannedNode next)
    {
        List<string> unavailable = [.. i.Cluster.Nodes.Values.Where(n => n.Name != next.Name && !n.TakesMail).Select(n => n.Name)];
        bool tooMany = i.Enforces(Checks.Budget) && i.Plan.Nodes.Count > 1 && unavailable.Count + 1 > i.Plan.Policy.MaxUnavailable && i.Cluster[next.Name].TakesMail;
        return tooMany ? new Verdict.Stop(StopKind.Pause, Words.Get("stop.budget", next.Name, string.Join(", ", unavailable), i.Plan.Policy.MaxUnavailable), Check: Checks.Budget, Patience: i.Plan.Policy.StepTimeout) : null;
    }

    private static Verdict.Stop? Budget(DeciderInput i, List<PlannedStep> ready, PlannedNode? inHand) =>
        inHand is null && ready.FirstOrDefault(IsFirstTouch) is { } first && i.Plan.Nodes.First(n => n.Name == first.Node) is { InService: true } next ? Budget(i, next) : null;

    private static bool IsFirstTouch(PlannedStep step) => step.Id.IsIn(StepGroup.OutOfWork);
}
