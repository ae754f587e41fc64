namespace Ksmg.Cli.Runs;

/// <summary>Steps as a person groups them.</summary>
/// <param name="Key">Its words.</param>
/// <param name="Steps">The steps in it.</param>
internal sealed record RunPhase(string Key, params StepId[] Steps)
{
    /// <summary>The way of a node to the new build.</summary>
    public static IReadOnlyList<RunPhase> Upgrade { get; } =
    [
        new("phase.before", StepId.SnapshotBefore, StepId.HooksBeforeNode),
        new("phase.out", StepId.LoadOff, StepId.ReceiveOff),
        new("phase.drain", StepId.Drain),
        new("phase.save", StepId.SnapshotDrained, StepId.SaveConfiguration),
        new("phase.upload", StepId.Upload),
        new("phase.demote", StepId.Demote),
        new("phase.install", StepId.Install, StepId.WaitForNode),
        new("phase.verify", StepId.VerifyBuild),
        new("phase.promote", StepId.Promote),
        new("phase.restore", StepId.RestoreConfiguration),
        new("phase.mail", StepId.ReceiveOn, StepId.TestMessage, StepId.ReceiveOffAgain),
        new("phase.in", StepId.LoadOn),
        new("phase.watch", StepId.Gate, StepId.HooksAfterNode),
    ];

    /// <summary>The way back to its snapshot.</summary>
    public static IReadOnlyList<RunPhase> Rollback { get; } =
    [
        new("phase.out", StepId.RollbackLoadOff, StepId.RollbackReceiveOff),
        new("phase.losses", StepId.RollbackLosses),
        new("phase.consent", StepId.RollbackConsent),
        new("phase.hand-back", StepId.HandBack),
        new("phase.revert", StepId.Revert, StepId.DeleteUploads),
        new("phase.verify", StepId.VerifyReverted),
        new("phase.mail", StepId.ReceiveOn, StepId.TestMessage, StepId.ReceiveOffAgain),
        new("phase.in", StepId.LoadOn),
    ];

    public string Name => Words.Get(Key);
}
