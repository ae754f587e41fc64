namespace Ksmg.Sdk.Upgrades;

/// <summary>Which snapshots a run takes.</summary>
public enum SnapshotPolicy
{
    /// <summary>Of every node before the run, and of each node when it is drained.</summary>
    BeforeRunAndDrained,

    /// <summary>Of every node before the run only.</summary>
    BeforeRun,

    /// <summary>None; needs the consent <see cref="UpgradeConsents.NoSnapshots"/>.</summary>
    None,
}
