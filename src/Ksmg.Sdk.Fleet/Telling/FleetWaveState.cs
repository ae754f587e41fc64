namespace Ksmg.Sdk.Fleet;

/// <summary>Where a wave of a fleet is.</summary>
public enum FleetWaveState
{
    /// <summary>A wave before it is not done with.</summary>
    Closed,

    /// <summary>It waits for people: before it begins, or when it is over.</summary>
    Gate,

    /// <summary>Its clusters are begun.</summary>
    Open,

    /// <summary>It is over, and watched before the next one begins.</summary>
    Soak,

    /// <summary>It is over.</summary>
    Over,
}
