namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// The names of the checks that a human can override during a run, with a reason and until a time
/// (<see cref="RunCommandKind.Override"/>). The names of <see cref="UpgradeConsents"/> that the preflight asks for are accepted too.
/// There is no override for everything.
/// </summary>
public static class UpgradeOverrides
{
    /// <summary>Touch the next node although more nodes are out of work than <see cref="UpgradePolicy.MaxUnavailable"/> allows.</summary>
    public const string Budget = "budget";

    /// <summary>Touch the next node outside of the maintenance windows.</summary>
    public const string MaintenanceWindow = "maintenance-window";

    /// <summary>Begin the next node although an external gate is not green.</summary>
    public const string ExternalGate = "external-gate";

    /// <summary>Touch the next node although a finished one is not well.</summary>
    public const string FinishedNode = "finished-node";

    /// <summary>Go on although somebody else changed roles, switches, load, membership or settings meanwhile.</summary>
    public const string ForeignChange = "foreign-change";

    /// <summary>Call a node back in load although no connection was seen to arrive while other nodes got some: few senders that keep to one node.</summary>
    public const string Connections = "connections";

    /// <summary>Switch receiving off although sessions arrive at a node that the load balancer calls drained: senders that come past it.</summary>
    public const string DrainHolds = "drain-holds";

    /// <summary>Go on from what is seen although nodes or hypervisor show effects of this run that its journal does not know of.</summary>
    public const string OlderJournal = "older-journal";

    /// <summary>Go on although a hook failed, without it.</summary>
    public const string HookFailed = "hook-failed";

    /// <summary>In a rollback: give the Control role to a node of the old build while an upgraded node has it.</summary>
    public const string ControlToOldBuild = "control-to-old-build";

    /// <summary>Make the former Control node Secondary now instead of right before its update.</summary>
    public const string DemoteFormerControl = "demote-former-control";

    /// <summary>End the run without giving the Control role to the node that the policy prefers.</summary>
    public const string PreferredControl = "preferred-control";

    /// <summary>
    /// Go on although an upload could not be deleted whose installation may still begin: for a node that cannot delete uploads, or where
    /// somebody has seen to it that nothing of the kind arrives any more.
    /// </summary>
    public const string LateStart = "late-start";

    /// <summary>The neighbours without which no run does what it promises.</summary>
    internal static IReadOnlyList<string> SelfTests { get; } =
        [.. new[] { "LoadBalancer", "Snapshots", "Configuration", "MailProbe", "Hooks", "Gates" }.Select(UpgradeConsents.FailedSelfTestOf)];

    internal static IReadOnlyList<string> All { get; } =
    [
        Budget, MaintenanceWindow, ExternalGate, FinishedNode, ForeignChange, OlderJournal, HookFailed, Connections, DrainHolds, ControlToOldBuild,
        DemoteFormerControl, PreferredControl, LateStart,
        UpgradeConsents.ForeignRun, UpgradeConsents.OldDatabases, UpgradeConsents.UpgradeOutOfService,
        UpgradeConsents.ExpiredLicense, UpgradeConsents.NodeProblem, UpgradeConsents.NotSynchronized, UpgradeConsents.UploadWithoutHash,
        UpgradeConsents.UnknownHealth, UpgradeConsents.QueueUnproven, UpgradeConsents.UploadUnproven,
        .. SelfTests,
    ];
}
