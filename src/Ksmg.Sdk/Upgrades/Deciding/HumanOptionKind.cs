namespace Ksmg.Sdk.Upgrades;

/// <summary>What a human can do about a run.</summary>
public enum HumanOptionKind
{
    /// <summary>Give the approval it waits for: <see cref="UpgradeRun.ApproveAsync"/>.</summary>
    Approve,

    /// <summary>Drive it again: <see cref="UpgradeRun.ContinueAsync"/>.</summary>
    Continue,

    /// <summary>Stop it at the next safe point: <see cref="UpgradeRun.PauseAsync"/>.</summary>
    Pause,

    /// <summary>Waive a check: <see cref="UpgradeRun.OverrideAsync"/>.</summary>
    Override,

    /// <summary>Keep a node out of work: <see cref="UpgradeRun.ParkAsync"/>.</summary>
    Park,

    /// <summary>Leave a node out: <see cref="UpgradeRun.SkipAsync"/>.</summary>
    Skip,

    /// <summary>End it at the next safe point: <see cref="UpgradeRun.AbortAsync"/>.</summary>
    Abort,

    /// <summary>Take a node back, <see cref="UpgradeRun.RollbackAsync"/>, or all, <see cref="UpgradeRun.RollbackAllAsync"/>.</summary>
    Rollback,
}
