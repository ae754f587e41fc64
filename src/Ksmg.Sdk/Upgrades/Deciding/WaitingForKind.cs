namespace Ksmg.Sdk.Upgrades;

/// <summary>What a run that nobody drives waits for.</summary>
public enum WaitingForKind
{
    /// <summary>Nothing but somebody who drives it: it was paused, or its driver has gone.</summary>
    Nothing,

    /// <summary>An approval.</summary>
    Approval,

    /// <summary>A human who puts something right, or decides.</summary>
    Decision,
}
