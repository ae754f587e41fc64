namespace Ksmg.Sdk.Upgrades;

/// <summary>The kinds of <see cref="UpgradeEvent"/>.</summary>
public enum UpgradeEventKind
{
    /// <summary>A process began to drive the run.</summary>
    RunStarted,

    /// <summary>A step's effect is about to be caused; its intent is on disk.</summary>
    StepStarted,

    /// <summary>Progress within a step, such as an upload.</summary>
    StepProgress,

    /// <summary>What the run waits for, and until when.</summary>
    Waiting,

    /// <summary>A step's effect was observed, or the step was skipped.</summary>
    StepFinished,

    /// <summary>A step's effect did not come about, or nobody knows.</summary>
    StepFailed,

    /// <summary>A human said something.</summary>
    Command,

    /// <summary>Something worth knowing.</summary>
    Notice,

    /// <summary>The run waits for an approval or was paused.</summary>
    Paused,

    /// <summary>The run cannot go on without a human.</summary>
    NeedsHuman,

    /// <summary>The run has ended.</summary>
    RunEnded,

    /// <summary>The run has waited for people for a while; told to notifiers, and written nowhere.</summary>
    Reminder,
}
