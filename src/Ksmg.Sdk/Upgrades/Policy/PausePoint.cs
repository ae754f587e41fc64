namespace Ksmg.Sdk.Upgrades;

/// <summary>After which nodes a run waits for an approval.</summary>
public enum PausePoint
{
    /// <summary>After the first node.</summary>
    First,

    /// <summary>After each node but the last.</summary>
    Each,

    /// <summary>Never.</summary>
    None,
}
