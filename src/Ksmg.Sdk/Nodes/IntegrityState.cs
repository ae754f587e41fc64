namespace Ksmg.Sdk;

/// <summary>
/// The outcome of the last integrity check of a node. An open enumeration: a value this version does not know survives and never means success.
/// </summary>
/// <param name="Value">The word on the wire.</param>
public readonly record struct IntegrityState(string Value)
{
    /// <summary>No damaged component.</summary>
    public static IntegrityState Passed { get; } = new("passed");

    /// <summary>At least one component is damaged.</summary>
    public static IntegrityState Failed { get; } = new("damaged");

    /// <summary>A check is running.</summary>
    public static IntegrityState Running { get; } = new("running");

    /// <summary>No check has run yet.</summary>
    public static IntegrityState NotRun { get; } = new("notRun");

    /// <summary>The word on the wire.</summary>
    public override string ToString() => Value ?? string.Empty;
}
