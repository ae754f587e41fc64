namespace Ksmg.Sdk.Upgrades;

/// <summary>Where a run stands in its plan, by its journal alone: found once for a turn, and asked by everything that decides.</summary>
internal sealed class Position
{
    private readonly DateTimeOffset _wallNow;

    /// <param name="plan">The plan.</param>
    /// <param name="run">The run, which does not change while it is decided on.</param>
    /// <param name="wallNow">What the wall clock says: some steps are ready early by a human's word, until a time that was named with it.</param>
    public Position(UpgradePlan plan, RunState run, DateTimeOffset wallNow)
    {
        Plan = plan;
        Run = run;
        _wallNow = wallNow;
        InHand = plan.Nodes.FirstOrDefault(IsInHand);
        Diverted = plan.Nodes.FirstOrDefault(n => run.Node(n.Name) is { Goal: not NodeGoal.Upgrade, Mark: null });
        DetourStep = Diverted is null ? null : Detour(Diverted).FirstOrDefault(s => !run[s.Key].IsSettled);
        HandoverSince = FindHandover();
    }

    public UpgradePlan Plan { get; }

    public RunState Run { get; }

    /// <summary>The node that is between its first touch and its return to work.</summary>
    public PlannedNode? InHand { get; }

    /// <summary>The node that is off the planned path: while there is one, nothing else happens in the cluster.</summary>
    public PlannedNode? Diverted { get; }

    /// <summary>What comes next on the detour; <see langword="null"/> at its end.</summary>
    public PlannedStep? DetourStep { get; }

    /// <summary>
    /// Since when the handover window is open: from the promotion's intent to the demotion's outcome there may be two Control nodes.
    /// A plan that was made inside the window starts in it.
    /// </summary>
    public DateTimeOffset? HandoverSince { get; }

    /// <summary>The steps of the plan that can begin or are under way.</summary>
    public IReadOnlyList<PlannedStep> Ready => field ??= FindReady();

    /// <summary>The steps whose turn it is: those of the plan, or the one of the detour while a node is on it.</summary>
    public IReadOnlyList<PlannedStep> Due => Diverted is null ? Ready : DetourStep is { } step ? [step] : [];

    /// <summary>What has to be observed of each node for the next decision.</summary>
    public IReadOnlyDictionary<string, Facets> Wanted => field ??= FindWanted();

    /// <summary>Whether the next decision is likely to be an effect, before which every node has to be asked.</summary>
    public bool IsEffectLikely => Due.Any(
        s => StepCatalogue.Get(s.Id).BeginsWithEffect && Run[s.Key].Status is StepStatus.NotBegun or StepStatus.FailedNoEffect);

    /// <summary>The node that would be begun next, where none is in hand: its hooks or its first touch are ready.</summary>
    public string? Next => InHand is null && Diverted is null ? Ready.FirstOrDefault(IsBeginning)?.Node : null;

    /// <summary>The step whose gate the run waits at, or will wait at next.</summary>
    public PlannedStep? Gate
    {
        get
        {
            if (Diverted is not null)
            {
                return DetourStep?.Id == StepId.RollbackConsent ? DetourStep : null;
            }

            return Plan.StepsOf(StepId.Gate).FirstOrDefault(s => !Run.IsSettled(s.Key) && IsReached(s));
        }
    }

    /// <summary>Whether all that comes before a step is settled.</summary>
    public bool IsReached(PlannedStep step)
    {
        // No enumerator: this is asked of every step in each turn.
        for (int i = 0; i < step.After.Count; i++)
        {
            if (!Run.IsSettled(step.After[i]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether a node can still be put back: its installation was not started, or is proven to have changed nothing.</summary>
    public bool IsBeforeInstall(string node) =>
        Installs(node).All(s => s.Status is StepStatus.NotBegun or StepStatus.FailedNoEffect);

    /// <summary>Whether the installation of a node was started in this run, whatever came of it.</summary>
    public bool IsInstalled(string node) => Installs(node).Any(s => s is { Attempt: > 0, Status: not StepStatus.NotBegun });

    /// <summary>Whether a node is begun with the step, whatever was done for it before the run touched any.</summary>
    public static bool IsBeginning(PlannedStep step) => step.Id == StepId.HooksBeforeNode || step.Id.IsIn(StepGroup.OutOfWork);

    private IEnumerable<StepState> Installs(string node) => Plan.StepsOf(node).Where(s => s.Id == StepId.Install).Select(s => Run[s.Key]);

    private bool IsInHand(PlannedNode node)
    {
        if (Run.Node(node.Name).Mark is NodeOutcome.Parked or NodeOutcome.RolledBack)
        {
            return false;
        }

        IReadOnlyList<PlannedStep> steps = Plan.StepsOf(node.Name);
        return steps.Any(s => s.Id.IsIn(StepGroup.OutOfWork) && Run[s.Key].Status is not (StepStatus.NotBegun or StepStatus.FailedNoEffect))
            && !steps.All(s => !s.Id.IsWork() || Run.IsSettled(s.Key));
    }

    /// <summary>The steps of a node's detour, in order; each comes after the one before.</summary>
    private List<PlannedStep> Detour(PlannedNode node)
    {
        bool IsTouched(StepId id) => Run[new StepKey(id, node.Name)].Attempt > 0;
        PlannedStep? Planned(StepId id) => Plan.StepsOf(node.Name).FirstOrDefault(s => s.Id == id);

        IEnumerable<PlannedStep?> steps = Run.Node(node.Name).Goal switch
        {
            NodeGoal.Park => Procedure.Park.Select(Planned),
            NodeGoal.PutBack => Procedure.PutBack.Where(id => IsTouched(id == StepId.LoadOn ? StepId.LoadOff : StepId.ReceiveOff)).Select(Planned),
            _ => Procedure.RollBack.Select(id => id.IsIn(StepGroup.RollBack) ? Plan.RollBackStep(node, id) : Planned(id)),
        };
        List<PlannedStep> chain = [];
        foreach (PlannedStep step in steps.OfType<PlannedStep>())
        {
            chain.Add(step with { After = chain.Count == 0 ? [] : [chain[^1].Key] });
        }

        return chain;
    }

    private DateTimeOffset? FindHandover()
    {
        if (Plan.StepsOf(StepId.Demote).All(s => Run[s.Key].IsSettled))
        {
            return null;
        }

        StepState? promotion = Plan.StepsOf(StepId.Promote).Select(s => Run[s.Key]).FirstOrDefault(s => s.Status != StepStatus.NotBegun);
        if (promotion is not null)
        {
            return StepContext.Later(promotion.IntentAt, Run.BeganAt);
        }

        return Plan.Nodes.Count(n => n.Role == NodeRole.Control) > 1 ? Run.BeganAt : null;
    }

    private List<PlannedStep> FindReady()
    {
        bool demotesNow = Run.IsOverridden(UpgradeOverrides.DemoteFormerControl, _wallNow) && HeirServes();
        bool inOrder = !Run.IsOverridden(Checks.Order, _wallNow);
        return
        [
            .. Plan.Steps.Where(s => !Run.IsSettled(s.Key)
                && (IsReached(s) && !AwaitsDrain(s) || !inOrder || s.Id == StepId.Demote && demotesNow)),
        ];
    }

    private Dictionary<string, Facets> FindWanted()
    {
        Dictionary<string, Facets> wanted = Plan.Nodes.ToDictionary(n => n.Name, _ => Facets.None, StringComparer.Ordinal);
        if (Next is { } next && Plan.Gates.Count > 0)
        {
            wanted[next] |= Facets.Gates;
        }

        foreach (PlannedStep due in Due)
        {
            UpgradeStep kind = StepCatalogue.Get(due.Id);
            Facets ofOthers = kind.LooksAtAllNodes ? Facets.Basic : Facets.None;
            foreach (PlannedNode node in Plan.Nodes)
            {
                wanted[node.Name] |= due.Node is null || due.Node == node.Name ? kind.Facets : ofOthers;
            }
        }

        return wanted;
    }

    private bool HeirServes() => Plan.Nodes.FirstOrDefault(n => n.Promote) is { } heir
        && Plan.StepsOf(heir.Name).Where(s => s.Id.IsWork()).All(s => Run.IsSettled(s.Key));

    /// <summary>A drain that is being repeated must not come in after the node's return to load.</summary>
    private bool AwaitsDrain(PlannedStep step) =>
        (step.Id == StepId.LoadOn || step.Id == StepId.Gate) && Run[new StepKey(StepId.LoadOff, step.Node)] is { Attempt: > 0, IsSettled: false };
}
