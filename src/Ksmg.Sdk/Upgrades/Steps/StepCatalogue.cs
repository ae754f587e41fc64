namespace Ksmg.Sdk.Upgrades;

/// <summary>The steps by their number.</summary>
internal static class StepCatalogue
{
    private static readonly Dictionary<string, (string Name, UpgradeStep Step)> Steps = new(StringComparer.Ordinal)
    {
        ["S0"] = ("preflight", new PreflightStep()),
        ["S4a"] = ("snapshot-before", new SnapshotStep(SnapshotStep.BeforeRun, StopKind.Pause)),
        ["S1"] = ("load-off", new LoadOffStep()),
        ["S2"] = ("receive-off", new ReceiveOffStep()),
        ["S3"] = ("drain", new DrainStep()),
        ["S4b"] = ("snapshot-drained", new SnapshotStep(SnapshotStep.Drained, StopKind.PutBack)),
        ["S5"] = ("save-configuration", new SaveConfigurationStep()),
        ["S6"] = ("demote", new DemoteStep()),
        ["S7"] = ("upload", new UploadStep()),
        ["S8"] = ("install", new InstallStep()),
        ["S9"] = ("wait-for-node", new WaitForNodeStep()),
        ["S10"] = ("verify-build", new VerifyBuildStep()),
        ["S11"] = ("promote", new PromoteStep()),
        ["S12"] = ("restore-configuration", new RestoreConfigurationStep()),
        ["S13"] = ("receive-on", new ReceiveOnStep()),
        ["S14"] = ("test-message", new TestMessageStep()),
        ["S14b"] = ("receive-off-again", new ReceiveOffStep()),
        ["S15"] = ("load-on", new LoadOnStep()),
        ["S16"] = ("gate", new GateStep()),
        ["S17"] = ("commit", new CommitStep()),
        ["R1"] = ("rollback-load-off", new LoadOffStep()),
        ["R1b"] = ("rollback-receive-off", new ReceiveOffStep()),
        ["R2"] = ("rollback-losses", new RollbackLossStep()),
        ["R3"] = ("rollback-consent", new RollbackConsentStep()),
        ["R4a"] = ("hand-back", new HandBackStep()),
        ["R4"] = ("revert", new RevertStep()),
        ["R4b"] = ("delete-uploads", new RevertedUploadsStep()),
        ["R5"] = ("verify-reverted", new RevertedStep()),
    };

    public static UpgradeStep Get(string id) => Steps[id].Step;

    public static string Name(string id) => Steps[id].Name;
}
