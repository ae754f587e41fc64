namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// The names of the checks between a run and its next effect. Each is asked by this name wherever it is made, so that a human can
/// override those of <see cref="UpgradeOverrides"/>, and tests can take away any single one and see what it was good for.
/// </summary>
internal static class Checks
{
    // The cluster as a whole.
    public const string NoControl = "no-control";
    public const string TwoControls = "two-controls";
    public const string ServiceLost = "service-lost";
    public const string FinishedNodes = UpgradeOverrides.FinishedNode;
    public const string Budget = UpgradeOverrides.Budget;
    public const string MaintenanceWindow = UpgradeOverrides.MaintenanceWindow;
    public const string ExternalGate = UpgradeOverrides.ExternalGate;
    public const string UnknownHealth = UpgradeConsents.UnknownHealth;
    public const string ForeignChange = UpgradeOverrides.ForeignChange;

    /// <summary>The preflight's part of the node in hand, again before its first touch and before its installation.</summary>
    public const string NodeFit = "node-fit";

    /// <summary>What goes back to work at the old build works.</summary>
    public const string PutBackWell = "put-back-well";

    // Whether the world is as the journal tells.
    public const string OlderJournal = UpgradeOverrides.OlderJournal;

    // How steps follow each other.
    public const string Order = "order";
    public const string OneTouch = "one-touch";
    public const string HookFailed = UpgradeOverrides.HookFailed;
    public const string Connections = UpgradeOverrides.Connections;
    public const string DrainHolds = UpgradeOverrides.DrainHolds;
    public const string ForgottenDrain = "forgotten-drain";
    public const string NoReturnAfterInstall = "no-return-after-install";
    public const string LateRequest = "late-request";
    public const string LateStart = UpgradeOverrides.LateStart;

    // Right before the installation.
    public const string InstallReceiving = "install-receiving";
    public const string InstallLoad = "install-load";
    public const string InstallQueue = "install-queue";
    public const string InstallControl = "install-control";
    public const string InstallSynchronized = "install-synchronized";
    public const string InstallRunning = "install-running";
    public const string InstallOnce = "install-once";

    // Roles and what a node shows.
    public const string Heir = "heir";
    public const string PromoteUpgraded = "promote-upgraded";
    public const string PromoteAlone = "promote-alone";

    /// <summary>The node that is to have the Control role at the end gets it when it is well; who overrides this leaves the role where it is.</summary>
    public const string PreferredControl = UpgradeOverrides.PreferredControl;
    public const string Drained = "drained";
    public const string VerifiedBuild = "verified-build";
    public const string OneProbeCopy = "one-probe-copy";
    public const string ControlToOldBuild = UpgradeOverrides.ControlToOldBuild;
}
