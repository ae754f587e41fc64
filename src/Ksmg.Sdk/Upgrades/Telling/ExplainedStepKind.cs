namespace Ksmg.Sdk.Upgrades;

/// <summary>What becomes of a step that comes next.</summary>
public enum ExplainedStepKind
{
    /// <summary>Its effect is seen already.</summary>
    Done,

    /// <summary>Its effect is caused next.</summary>
    Next,

    /// <summary>Something is waited for.</summary>
    Waiting,

    /// <summary>It stops the run: a human has to do something.</summary>
    Stops,
}
