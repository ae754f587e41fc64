namespace Ksmg.Sdk.Upgrades;

/// <summary>What a human can tell a run.</summary>
public enum RunCommandKind
{
    /// <summary>Stop at the next safe point.</summary>
    Pause,

    /// <summary>Go on beyond the gate after a node.</summary>
    Approve,

    /// <summary>Waive a check by name, with a reason and until a time.</summary>
    Override,
}
