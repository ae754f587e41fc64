namespace Ksmg.Sdk.Upgrades;

/// <summary>How a node stands in a run.</summary>
public enum NodeOutcome
{
    /// <summary>Not touched yet.</summary>
    Waiting,

    /// <summary>In hand.</summary>
    InProgress,

    /// <summary>At the new build and back in work.</summary>
    Upgraded,

    /// <summary>At the new build already when the plan was made.</summary>
    AlreadyUpgraded,

    /// <summary>Left at the old build and put back to work.</summary>
    PutBack,

    /// <summary>Out of load and not receiving; a human has to look at it.</summary>
    Parked,

    /// <summary>Left out by a human.</summary>
    Skipped,

    /// <summary>Taken back to its snapshot and to work at the old build.</summary>
    RolledBack,
}
