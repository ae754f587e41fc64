namespace Ksmg.Sdk.Upgrades;

/// <summary>What became of a step.</summary>
public enum StepOutcome
{
    /// <summary>The effect was observed.</summary>
    Done,

    /// <summary>It is proven that the attempt changed nothing; of hooks, that one of them failed, whatever it did before.</summary>
    FailedNoEffect,

    /// <summary>Nobody knows; only an observation leads out of here.</summary>
    Unknown,

    /// <summary>Left out, by whom and why.</summary>
    Skipped,

    /// <summary>Taken back to the prior value.</summary>
    Undone,
}
