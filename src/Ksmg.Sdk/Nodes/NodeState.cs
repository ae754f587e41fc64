namespace Ksmg.Sdk;

/// <summary>What a node table says about a node. An open enumeration: a value this version does not know survives and never means success.</summary>
/// <param name="Value">The word on the wire.</param>
public readonly record struct NodeState(string Value)
{
    /// <summary>Reachable, nothing to report.</summary>
    public static NodeState Available { get; } = new("available");

    /// <summary>The node is not available.</summary>
    public static NodeState Unavailable { get; } = new("unavailable");

    /// <summary>Data synchronization failed.</summary>
    public static NodeState SynchronizationFailed { get; } = new("syncFailed");

    /// <summary>The node failed to apply the settings.</summary>
    public static NodeState ApplyFailed { get; } = new("applyFailed");

    /// <summary>The time differs from the Control node.</summary>
    public static NodeState TimeDiffers { get; } = new("timeDiffers");

    /// <summary>There are cluster configuration issues.</summary>
    public static NodeState ConfigurationIssues { get; } = new("configurationIssues");

    /// <summary>The word on the wire.</summary>
    public override string ToString() => Value ?? string.Empty;
}
