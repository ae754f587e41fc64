namespace Ksmg.Sdk;

/// <summary>The role of a node in its cluster. An open enumeration: a value this version does not know survives and never means success.</summary>
/// <param name="Value">The word on the wire.</param>
public readonly record struct NodeRole(string Value)
{
    /// <summary>The Control node: settings are edited here and pushed to the others.</summary>
    public static NodeRole Control { get; } = new("control");

    /// <summary>A Secondary node: processes mail, receives its settings from the Control node.</summary>
    public static NodeRole Secondary { get; } = new("secondary");

    /// <summary>The word on the wire.</summary>
    public override string ToString() => Value ?? string.Empty;
}
