namespace Ksmg.Sdk;

/// <summary>Where the installation of an update stands. An open enumeration: a value this version does not know survives and never means success.</summary>
/// <param name="Value">The word on the wire.</param>
public readonly record struct UpdateState(string Value)
{
    /// <summary>No installation since the node started.</summary>
    public static UpdateState Idle { get; } = new("idle");

    /// <summary>Accepted, being checked.</summary>
    public static UpdateState Preparing { get; } = new("preparing");

    /// <summary>Being installed.</summary>
    public static UpdateState Installing { get; } = new("installing");

    /// <summary>Installed, the node restarts.</summary>
    public static UpdateState Restarting { get; } = new("restarting");

    /// <summary>The last installation succeeded.</summary>
    public static UpdateState Completed { get; } = new("completed");

    /// <summary>Aborted because of unknown objects on the machine.</summary>
    public static UpdateState Interrupted { get; } = new("interrupted");

    /// <summary>The last installation failed.</summary>
    public static UpdateState Failed { get; } = new("failed");

    /// <summary>The word on the wire.</summary>
    public override string ToString() => Value ?? string.Empty;
}
