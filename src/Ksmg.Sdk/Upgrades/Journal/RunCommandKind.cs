namespace Ksmg.Sdk.Upgrades;

/// <summary>What a human can tell a run.</summary>
internal enum RunCommandKind
{
    /// <summary>Stop at the next safe point, or change after which nodes the run waits for an approval.</summary>
    Pause,

    /// <summary>Go on beyond the gate that the run waits at.</summary>
    Approve,

    /// <summary>Keep a node out of work.</summary>
    Park,

    /// <summary>Leave a node out; one that was taken out of work is put back first.</summary>
    Skip,

    /// <summary>End the run at the next safe point.</summary>
    Abort,

    /// <summary>Take one node or all back to their snapshots, and end the run.</summary>
    Rollback,

    /// <summary>Waive a check by name, with a reason and until a time.</summary>
    Override,
}
