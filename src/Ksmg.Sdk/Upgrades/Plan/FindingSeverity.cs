namespace Ksmg.Sdk.Upgrades;

/// <summary>How bad a <see cref="PlanFinding"/> is.</summary>
public enum FindingSeverity
{
    /// <summary>Good to know.</summary>
    Information,

    /// <summary>To be thought about.</summary>
    Warning,

    /// <summary>Nothing is started.</summary>
    Refusal,
}
