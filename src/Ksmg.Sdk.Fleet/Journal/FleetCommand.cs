using System.Text.Json.Serialization;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Fleet;

/// <summary>What a human, or a worker, tells a fleet.</summary>
internal sealed record FleetCommand : IStoredCommand
{
    public required string Id { get; init; }

    public required FleetCommandKind Kind { get; init; }

    /// <summary>Who says so.</summary>
    public required string By { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>The hash of the plan that was looked at; a command bound to another plan is refused.</summary>
    public string? PlanHash { get; init; }

    /// <summary>The cluster concerned; <see langword="null"/>: the fleet.</summary>
    public string? Cluster { get; init; }

    /// <summary>The gate that is approved, <c>Before/WAVE</c> or <c>After/WAVE</c>; <see langword="null"/>: the one that the fleet waits at.</summary>
    public string? Wave { get; init; }

    /// <summary>A hash of what was looked at when it was approved; <see langword="null"/>: whatever is waited for.</summary>
    public string? WaitHash { get; init; }

    /// <summary>With <see cref="FleetCommandKind.Report"/>: which attempt at the cluster it is about.</summary>
    public int? Attempt { get; init; }

    /// <summary>With <see cref="FleetCommandKind.Report"/>: how the cluster stands.</summary>
    public UpgradeEnd? End { get; init; }

    /// <summary>Why.</summary>
    public Message? Reason { get; init; }
}
