namespace Ksmg.Sdk.Upgrades;

/// <summary>What must hold for the cluster as a whole before anything goes on.</summary>
internal static class RunGuards
{
    /// <summary>Attempts in a row that are proven to have changed nothing, before the run stops trying.</summary>
    public const int MostFailures = 3;

    public static StepDecision? Check(DeciderInput i, List<PlannedStep> ready)
    {
        PlannedNode? inHand = InHand(i.Plan, i.Run);
        (StopKind Kind, string Reason)? stop = Pause(i, inHand) ?? NoControl(i) ?? TwoControls(i) ?? ServiceLost(i, inHand) ?? FinishedNodes(i, ready, inHand) ?? Budget(i, ready, inHand);
        if (stop is null)
        {
            return null;
        }

        PlannedStep anchor = ready.FirstOrDefault(s => inHand is null || s.Node == inHand.Name) ?? ready[0];
        return new StepDecision(anchor, stop.Value.Reason.Length > 0 && stop.Value.Kind == StopKind.Pause && IsPatient(i, anchor)
            ? new Verdict.Wait(stop.Value.Reason, i.Now + i.Plan.Policy.StepTimeout)
            : new Verdict.Stop(stop.Value.Kind, stop.Value.Reason));
    }

    /// <summary>The node that is between its first touch and its return to work.</summary>
    public static PlannedNode? InHand(UpgradePlan plan, RunState run) => plan.Nodes.FirstOrDefault(n =>
    {
        List<PlannedStep> steps = [.. plan.Steps.Where(s => s.Node == n.Name && s.Id is not ("S4a" or "S16"))];
        return steps.Any(s => s.Id is "S1" or "S2" && run[s.Key].Status != StepStatus.NotBegun) && steps.Any(s => !run[s.Key].IsSettled);
    });

    /// <summary>Whether the node in hand can still be put back: its installation was not started.</summary>
    public static bool BeforeInstall(DeciderInput i, string node) => i.Plan.Steps
        .Where(s => s.Id == "S8" && s.Node == node)
        .All(s => i.Run[s.Key].Status is StepStatus.NotBegun or StepStatus.FailedNoEffect);

    private static (StopKind, string)? Pause(DeciderInput i, PlannedNode? inHand) =>
        i.Run.PauseWanted is { } wish && inHand is null && i.InFlight.Count == 0 ? (StopKind.Pause, Words.Get("stop.pause-wanted", wish)) : null;

    private static (StopKind, string)? NoControl(DeciderInput i) =>
        i.Enforces(Checks.NoControl) && i.Plan.Nodes.Count > 1 && i.Cluster is { IsComplete: true, NoControlSince: { } since } && i.Now - since > i.Plan.Policy.NoControlLimit
            ? (StopKind.Human, Words.Get("stop.no-control", i.Plan.Policy.NoControlLimit))
            : null;

    private static (StopKind, string)? TwoControls(DeciderInput i)
    {
        List<string> controls = [.. i.Cluster.Controls.Select(n => n.Name)];
        return i.Enforces(Checks.TwoControls) && i.Cluster.IsComplete && controls.Count > 1 && !IsHandover(i)
            ? (StopKind.Human, Words.Get("stop.two-controls", string.Join(", ", controls)))
            : null;
    }

    /// <summary>The handover window: from the promotion's intent to the demotion's outcome there may be two Control nodes.</summary>
    private static bool IsHandover(DeciderInput i)
    {
        if (i.Plan.Nodes.Any(n => n.Role == NodeRole.Control && n.Build == i.Plan.To) && i.Plan.Nodes.Count(n => n.Role == NodeRole.Control) > 1)
        {
            // The plan was made inside the window: both nodes were Control already.
            return !i.Plan.Steps.Where(s => s.Id == "S6").All(s => i.Run[s.Key].IsSettled);
        }

        bool opened = i.Plan.Steps.Any(s => s.Id == "S11" && i.Run[s.Key].Status != StepStatus.NotBegun);
        bool closed = i.Plan.Steps.Where(s => s.Id == "S6").All(s => i.Run[s.Key].IsSettled);
        return opened && !closed;
    }

    /// <summary>Another node left service while one is in hand: before the point of no return ours goes back at once.</summary>
    private static (StopKind, string)? ServiceLost(DeciderInput i, PlannedNode? inHand)
    {
        if (!i.Enforces(Checks.ServiceLost) || inHand is null || i.Plan.Nodes.Count == 1 || !BeforeInstall(i, inHand.Name) || !i.Run[PlannedStep.MakeKey("S2", inHand.Name)].IsSettled)
        {
            return null;
        }

        TimeSpan patience = i.Plan.Policy.StabilityInterval + i.Plan.Policy.PollInterval + i.Plan.Policy.PollInterval;
        List<NodeObservation> lost = [.. i.Plan.Nodes
            .Where(n => n.Name != inHand.Name && n.InService)
            .Select(n => i.Cluster[n.Name])
            .Where(n => n.OutOfWorkSince is { } since && i.Now - since > patience)];
        return lost.Count > i.Plan.Policy.MaxUnavailable - 1
            ? (StopKind.PutBack, Words.Get("stop.service-lost", string.Join(", ", lost.Select(n => n.Name)), inHand.Name))
            : null;
    }

    /// <summary>The next node is touched only while all finished ones pass, right now.</summary>
    private static (StopKind, string)? FinishedNodes(DeciderInput i, List<PlannedStep> ready, PlannedNode? inHand)
    {
        if (!i.Enforces(Checks.FinishedNodes) || inHand is not null || !ready.Any(IsFirstTouch))
        {
            return null;
        }

        string? problem = i.Plan.Nodes
            .Where(n => i.Plan.Steps.Any(s => s.Node == n.Name && s.Id == "S16" && i.Run[s.Key].Status == StepStatus.Done))
            .Select(n => FinishedNode.Problem(n, i.Cluster[n.Name], i.Plan))
            .FirstOrDefault(p => p is not null);
        return problem is null ? null : (StopKind.Pause, problem);
    }

    /// <summary>The nodes out of work, those already broken included, stay within the budget when the next one is touched.</summary>
    private static (StopKind, string)? Budget(DeciderInput i, List<PlannedStep> ready, PlannedNode? inHand)
    {
        if (!i.Enforces(Checks.Budget) || inHand is not null || i.Plan.Nodes.Count == 1 || ready.FirstOrDefault(IsFirstTouch) is not { } first)
        {
            return null;
        }

        List<string> unavailable = [.. i.Cluster.Nodes.Values.Where(n => n.Name != first.Node && !n.TakesMail).Select(n => n.Name)];
        bool tooMany = unavailable.Count + 1 > i.Plan.Policy.MaxUnavailable && i.Plan.Nodes.First(n => n.Name == first.Node).InService;
        return tooMany ? (StopKind.Pause, Words.Get("stop.budget", first.Node, string.Join(", ", unavailable), i.Plan.Policy.MaxUnavailable)) : null;
    }

    private static bool IsFirstTouch(PlannedStep step) => step.Id is "S1" or "S2";

    /// <summary>A node may just be restarting its web interface: trouble elsewhere is waited for before the run is paused.</summary>
    private static bool IsPatient(DeciderInput i, PlannedStep anchor)
    {
        if (i.Run.PauseWanted is not null)
        {
            return false;
        }

        DateTimeOffset since = anchor.After.Select(k => i.Run[k].OutcomeAt).Append(i.Run.ResumedAt).Max();
        return i.Now - since <= i.Plan.Policy.StepTimeout;
    }
}
