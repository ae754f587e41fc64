using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Fleet;

/// <summary>A cluster of a fleet, as planned.</summary>
public sealed record FleetCluster
{
    /// <summary>The cluster with its nodes: whoever drives it must have the same one configured.</summary>
    public required RunOwner Owner { get; init; }

    /// <summary>Its name, unique within the fleet.</summary>
    public string Name => Owner.Cluster;

    /// <summary>The name of its wave.</summary>
    public required string Wave { get; init; }

    /// <summary>What people call it by: customer, site, ring.</summary>
    public IReadOnlyDictionary<string, string> Labels
    {
        get;
        init => field = FrozenMap<string>.Of(value);
    }

    = FrozenMap<string>.Empty;

    /// <summary>When its nodes may be taken out of work; none: always.</summary>
    public IReadOnlyList<MaintenanceWindow> Windows
    {
        get;
        init => field = FrozenList<MaintenanceWindow>.Of(value);
    }

    = FrozenList<MaintenanceWindow>.Empty;

    /// <summary>How long a node of it takes: none is begun that would not be back before its window closes.</summary>
    public TimeSpan NodeTime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long before its window opens it is looked at.</summary>
    public TimeSpan LookAhead { get; init; } = TimeSpan.FromHours(2);
}
