namespace Ksmg.Sdk.Upgrades;

/// <summary>Where a step belongs in the life of a run.</summary>
internal enum StepGroup
{
    /// <summary>The run as a whole.</summary>
    Run,

    /// <summary>Before anything is touched.</summary>
    Before,

    /// <summary>The first touch: the node is taken out of work.</summary>
    OutOfWork,

    /// <summary>Until the point of no return.</summary>
    Prepare,

    /// <summary>From the installation until the node is what it is to be.</summary>
    Install,

    /// <summary>The node goes back to work.</summary>
    BackToWork,

    /// <summary>The watch over a finished node.</summary>
    Watch,

    /// <summary>Every node is finished, and the Control role goes to the one that is to have it.</summary>
    HandOver,

    /// <summary>The node goes back to its snapshot.</summary>
    RollBack,
}

/// <summary>What has to be known of a step before anybody looks at a cluster.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Name">Its name.</param>
/// <param name="Group">Where it belongs.</param>
/// <param name="Timeout">How long it may take before a human is asked.</param>
/// <param name="TouchesNode">Whether its effect touches the node's mail flow, role or build: only one such effect is under way at a time, and
/// every node is observed afresh right before it.</param>
internal sealed record ProcedureStep(StepId Id, string Name, StepGroup Group, Func<UpgradePolicy, TimeSpan> Timeout, bool TouchesNode);

/// <summary>The one table of steps, and the ways off the planned path as lists of them.</summary>
internal static class Procedure
{
    private const bool Touches = true;
    private const bool Looks = false;

    private static readonly ProcedureStep[] Table =
    [
        new(StepId.Preflight, "preflight", StepGroup.Run, p => p.StepTimeout, Looks),
        new(StepId.HooksBeforeRun, "hooks-before-run", StepGroup.Run, p => p.StepTimeout, Looks),
        new(StepId.SnapshotBefore, "snapshot-before", StepGroup.Before, p => p.SnapshotTimeout, Looks),
        new(StepId.HooksBeforeNode, "hooks-before-node", StepGroup.Before, p => p.StepTimeout, Looks),
        new(StepId.LoadOff, "load-off", StepGroup.OutOfWork, p => p.SessionTimeout, Touches),
        new(StepId.ReceiveOff, "receive-off", StepGroup.OutOfWork, p => p.StepTimeout, Touches),
        new(StepId.Drain, "drain", StepGroup.Prepare, p => p.DrainTimeout, Looks),
        new(StepId.SnapshotDrained, "snapshot-drained", StepGroup.Prepare, p => p.SnapshotTimeout, Looks),
        new(StepId.SaveConfiguration, "save-configuration", StepGroup.Prepare, p => p.StepTimeout, Looks),
        new(StepId.Demote, "demote", StepGroup.Prepare, p => p.StepTimeout, Touches),
        new(StepId.Upload, "upload", StepGroup.Prepare, p => p.UploadTimeout, Looks),
        new(StepId.Install, "install", StepGroup.Install, p => p.InstallTimeout, Touches),
        new(StepId.WaitForNode, "wait-for-node", StepGroup.Install, p => p.StepTimeout, Touches),
        new(StepId.VerifyBuild, "verify-build", StepGroup.Install, p => p.StepTimeout, Looks),
        new(StepId.Promote, "promote", StepGroup.Install, p => p.StepTimeout, Touches),
        new(StepId.RestoreConfiguration, "restore-configuration", StepGroup.Install, p => p.StepTimeout, Looks),
        new(StepId.ReceiveOn, "receive-on", StepGroup.BackToWork, p => p.StepTimeout, Touches),
        new(StepId.TestMessage, "test-message", StepGroup.BackToWork, p => p.ProbeTimeout, Looks),
        new(StepId.ReceiveOffAgain, "receive-off-again", StepGroup.BackToWork, p => p.StepTimeout, Touches),
        new(StepId.LoadOn, "load-on", StepGroup.BackToWork, p => p.StepTimeout, Touches),
        new(StepId.Gate, "gate", StepGroup.Watch, p => p.Soak, Looks),
        new(StepId.HooksAfterNode, "hooks-after-node", StepGroup.Watch, p => p.StepTimeout, Looks),
        new(StepId.HandOver, "hand-over", StepGroup.HandOver, p => p.StepTimeout, Touches),
        new(StepId.Commit, "commit", StepGroup.Run, p => p.StepTimeout, Looks),
        new(StepId.HooksAfterRun, "hooks-after-run", StepGroup.Run, p => p.StepTimeout, Looks),
        new(StepId.RollbackLoadOff, "rollback-load-off", StepGroup.RollBack, p => p.SessionTimeout, Touches),
        new(StepId.RollbackReceiveOff, "rollback-receive-off", StepGroup.RollBack, p => p.StepTimeout, Touches),
        new(StepId.RollbackLosses, "rollback-losses", StepGroup.RollBack, p => p.DrainTimeout, Looks),
        new(StepId.RollbackConsent, "rollback-consent", StepGroup.RollBack, p => p.StepTimeout, Looks),
        new(StepId.HandBack, "hand-back", StepGroup.RollBack, p => p.StepTimeout, Touches),
        new(StepId.Revert, "revert", StepGroup.RollBack, p => p.SnapshotTimeout, Touches),
        new(StepId.DeleteUploads, "delete-uploads", StepGroup.RollBack, p => p.InstallTimeout, Touches),
        new(StepId.VerifyReverted, "verify-reverted", StepGroup.RollBack, p => p.InstallTimeout, Touches),
    ];

    // Not frozen: what makes such a dictionary of our own types has to be compiled at every start.
    private static readonly Dictionary<StepId, ProcedureStep> ById = Table.ToDictionary(s => s.Id);

    private static readonly Dictionary<string, StepId>.AlternateLookup<ReadOnlySpan<char>> Ids =
        Table.ToDictionary(s => s.Id.Value, s => s.Id, StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    private static readonly StepId[] Hooks = [.. Enum.GetValues<HookPoint>().Select(HooksAt)];

    /// <summary>All steps.</summary>
    public static IReadOnlyList<ProcedureStep> Steps => Table;

    /// <summary>What keeps a node out of work, in order.</summary>
    public static IReadOnlyList<StepId> Park { get; } = [StepId.LoadOff, StepId.ReceiveOff];

    /// <summary>What takes a node back to work at the old build, in order.</summary>
    public static IReadOnlyList<StepId> PutBack { get; } = [StepId.ReceiveOn, StepId.TestMessage, StepId.LoadOn];

    /// <summary>What takes a node back to its snapshot and to work, in order.</summary>
    public static IReadOnlyList<StepId> RollBack { get; } =
    [
        StepId.RollbackLoadOff, StepId.RollbackReceiveOff, StepId.RollbackLosses, StepId.RollbackConsent,
        StepId.HandBack, StepId.Revert, StepId.DeleteUploads, StepId.VerifyReverted,
        StepId.ReceiveOn, StepId.TestMessage, StepId.ReceiveOffAgain, StepId.LoadOn,
    ];

    /// <summary>What is looked at anew of a node that is parked: it is not finished any more.</summary>
    public static IReadOnlyList<StepId> AnewWhenParked { get; } = [.. Park, .. PutBack, StepId.Gate];

    /// <summary>What is done again on a node that was put back: its snapshot before the run and its saved configuration are still good.</summary>
    public static IReadOnlyList<StepId> AnewAfterPutBack { get; } =
    [
        StepId.HooksBeforeNode,
        .. Park, StepId.Drain, StepId.SnapshotDrained, StepId.Demote, StepId.Upload, StepId.Install, StepId.WaitForNode, StepId.VerifyBuild, .. PutBack,
    ];

    /// <summary>The step of the hooks of a point.</summary>
    public static StepId HooksAt(HookPoint point) => point switch
    {
        HookPoint.BeforeRun => StepId.HooksBeforeRun,
        HookPoint.BeforeNode => StepId.HooksBeforeNode,
        HookPoint.AfterNode => StepId.HooksAfterNode,
        HookPoint.AfterRun => StepId.HooksAfterRun,
        _ => throw new ArgumentOutOfRangeException(nameof(point), point, null),
    };

    /// <summary>Whether a step calls hooks.</summary>
    public static bool IsHooks(this StepId id) => Hooks.Contains(id);

    /// <summary>A step that this version knows.</summary>
    /// <exception cref="KeyNotFoundException">It does not.</exception>
    public static ProcedureStep Of(StepId id) => ById[id];

    /// <summary>Whether a step belongs there.</summary>
    public static bool IsIn(this StepId id, StepGroup group) => ById.TryGetValue(id, out ProcedureStep? step) && step.Group == group;

    /// <summary>Whether the node is not finished without the step: a snapshot beforehand and what comes afterwards are no work on it.</summary>
    public static bool IsWork(this StepId id) =>
        !ById.TryGetValue(id, out ProcedureStep? step) || step.Group is not (StepGroup.Before or StepGroup.Watch or StepGroup.HandOver or StepGroup.RollBack);

    /// <summary>What the step does, in words.</summary>
    public static Message InWords(this StepId id) => Message.Of($"step.{id}");

    /// <summary>The number as this version knows it, or another one.</summary>
    public static StepId IdOf(ReadOnlySpan<char> text) => Ids.TryGetValue(text, out StepId id) ? id : new StepId(text.ToString());

    /// <summary>A step as it stands in a plan with this policy.</summary>
    public static PlannedStep Plan(UpgradePolicy policy, StepId id, string? node, IReadOnlyList<StepKey> after, int? package = null) => new()
    {
        Id = id,
        Name = Of(id).Name,
        Node = node,
        Package = package,
        After = after,
        Timeout = Of(id).Timeout(policy),
    };
}
