namespace Ksmg.Sdk.Upgrades;

/// <summary>The kinds of <see cref="JournalEntry"/>.</summary>
internal enum JournalEntryKind
{
    /// <summary>The run was created: plan hash, engine and schema version.</summary>
    RunCreated,

    /// <summary>A process took the run: owner and epoch.</summary>
    EpochStarted,

    /// <summary>An effect is about to be caused.</summary>
    Intent,

    /// <summary>What became of a step.</summary>
    Outcome,

    /// <summary>Something was observed that the run rests on.</summary>
    Observation,

    /// <summary>A human said something.</summary>
    Command,

    /// <summary>The run was paused, needs a human, or goes on.</summary>
    State,

    /// <summary>The run has ended.</summary>
    RunEnded,
}
