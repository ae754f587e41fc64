using System.Text.Json;

namespace Ksmg.Sdk.Upgrades;

/// <summary>What a hook is told when it is called.</summary>
public sealed record HookCall
{
    /// <summary>When it is called.</summary>
    public required HookPoint Point { get; init; }

    /// <summary>The run.</summary>
    public required string RunId { get; init; }

    /// <summary>The cluster.</summary>
    public required string Cluster { get; init; }

    /// <summary>The node, before and after one.</summary>
    public string? Node { get; init; }

    /// <summary>The build that the run begins with.</summary>
    public required BuildNumber From { get; init; }

    /// <summary>The build that all nodes will run.</summary>
    public required BuildNumber To { get; init; }

    /// <summary>Which attempt this is, from 1.</summary>
    public required int Attempt { get; init; }

    /// <summary>
    /// Names run, point, node and hook: the same at each repetition, so that a receiver can tell a repetition from another call.
    /// </summary>
    public required string Key { get; init; }

    /// <summary>The call as JSON, on one line.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, HookCallJson.Default.HookCall);
}
