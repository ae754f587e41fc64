namespace Ksmg.Sdk.Upgrades;

/// <summary>Where a run stands or how it ended.</summary>
public enum UpgradeEnd
{
    /// <summary>It is active and somebody drives it.</summary>
    Running,

    /// <summary>It waits for an approval, or was paused; nothing is lost by waiting.</summary>
    Paused,

    /// <summary>It cannot go on without a human decision.</summary>
    NeedsHuman,

    /// <summary>All nodes run the new build and are as well as they were.</summary>
    Completed,

    /// <summary>All nodes run the new build, but at least one has a problem that it did not have at the start.</summary>
    CompletedWithProblems,

    /// <summary>It ended, but nodes were skipped or parked.</summary>
    CompletedWithExceptions,

    /// <summary>Nodes were taken back to the old build, as a human asked.</summary>
    RolledBack,

    /// <summary>A human ended it at a safe point.</summary>
    Aborted,

    /// <summary>It ended without success.</summary>
    Failed,
}
