namespace Ksmg.Sdk;

/// <summary>The state of one service on a node. An open enumeration: a value this version does not know survives and never means success.</summary>
/// <param name="Value">The word on the wire.</param>
public readonly record struct ServiceState(string Value)
{
    /// <summary>The service runs.</summary>
    public static ServiceState Running { get; } = new("running");

    /// <summary>The service is stopped.</summary>
    public static ServiceState Stopped { get; } = new("stopped");

    /// <summary>The service ended unexpectedly.</summary>
    public static ServiceState Failed { get; } = new("failed");

    /// <summary>The word on the wire.</summary>
    public override string ToString() => Value ?? string.Empty;
}
