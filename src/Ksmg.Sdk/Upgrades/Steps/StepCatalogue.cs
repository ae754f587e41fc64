namespace Ksmg.Sdk.Upgrades;

/// <summary>The steps by their number.</summary>
internal static class StepCatalogue
{
    private static readonly Dictionary<StepId, UpgradeStep> Steps = new()
    {
        [StepId.Preflight] = new PreflightStep(),
        [StepId.HooksBeforeRun] = new HookStep(HookPoint.BeforeRun),
        [StepId.SnapshotBefore] = new SnapshotStep(SnapshotStep.BeforeRun, StopKind.Pause),
        [StepId.HooksBeforeNode] = new HookStep(HookPoint.BeforeNode),
        [StepId.LoadOff] = new LoadOffStep(),
        [StepId.ReceiveOff] = new ReceiveOffStep(),
        [StepId.Drain] = new DrainStep(),
        [StepId.SnapshotDrained] = new SnapshotStep(SnapshotStep.Drained, StopKind.PutBack),
        [StepId.SaveConfiguration] = new SaveConfigurationStep(),
        [StepId.Demote] = new DemoteStep(),
        [StepId.Upload] = new UploadStep(),
        [StepId.Install] = new InstallStep(),
        [StepId.WaitForNode] = new WaitForNodeStep(),
        [StepId.VerifyBuild] = new VerifyBuildStep(),
        [StepId.Promote] = new PromoteStep(),
        [StepId.RestoreConfiguration] = new RestoreConfigurationStep(),
        [StepId.ReceiveOn] = new ReceiveOnStep(),
        [StepId.TestMessage] = new TestMessageStep(),
        [StepId.ReceiveOffAgain] = new ReceiveOffStep(),
        [StepId.LoadOn] = new LoadOnStep(),
        [StepId.Gate] = new GateStep(),
        [StepId.HooksAfterNode] = new HookStep(HookPoint.AfterNode),
        [StepId.HandOver] = new HandOverStep(),
        [StepId.Commit] = new CommitStep(),
        [StepId.HooksAfterRun] = new HookStep(HookPoint.AfterRun),
        [StepId.RollbackLoadOff] = new LoadOffStep(),
        [StepId.RollbackReceiveOff] = new ReceiveOffStep(),
        [StepId.RollbackLosses] = new RollbackLossStep(),
        [StepId.RollbackConsent] = new RollbackConsentStep(),
        [StepId.HandBack] = new HandBackStep(),
        [StepId.Revert] = new RevertStep(),
        [StepId.DeleteUploads] = new RevertedUploadsStep(),
        [StepId.VerifyReverted] = new RevertedStep(),
    };

    public static UpgradeStep Get(StepId id) => Steps[id];
}
