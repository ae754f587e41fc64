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

    /// <summary>All nodes run the new build.</summary>
    Completed,

    /// <summary>It ended, but nodes were skipped or parked.</summary>
    CompletedWithExceptions,

    /// <summary>A human ended it at a safe point.</summary>
    Aborted,

    /// <summary>It ended without success.</summary>
    Failed,
}
