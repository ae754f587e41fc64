namespace Ksmg.Simulator;

/// <summary>Which clusters a simulated fleet has. The same options make the same fleet.</summary>
/// <remarks>
/// A share is of all clusters, from 0 to 1; one above 0 concerns at least one cluster. Which clusters it concerns, the seed decides; none is
/// concerned by two.
/// </remarks>
public sealed record SimulatedFleetOptions
{
    /// <summary>How many clusters there are: <c>c001</c>, <c>c002</c>… Default: 20.</summary>
    public int Clusters { get; init; } = 20;

    /// <summary>How many nodes the smallest cluster may have; at least 2. Default: 3.</summary>
    public int FewestNodes { get; init; } = 3;

    /// <summary>How many nodes the largest cluster may have. Default: 3.</summary>
    public int MostNodes { get; init; } = 3;

    /// <summary>Makes everything random repeatable. Default: 1.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Load on each cluster from the start, through its balancer. Default: 0, none.</summary>
    public double MailPerSecond { get; init; }

    /// <summary>The share of clusters of which some Secondary nodes are at the target build already. Default: 0.</summary>
    public double PartlyUpgraded { get; init; }

    /// <summary>The share of clusters of which all nodes are at the target build already. Default: 0.</summary>
    public double Upgraded { get; init; }

    /// <summary>The share of clusters on which something happens that a human has to decide about. Default: 0.</summary>
    public double NeedHuman { get; init; }

    /// <summary>The share of clusters that are so from the start that no plan is allowed. Default: 0.</summary>
    public double Refused { get; init; }

    /// <summary>
    /// Everything else about each cluster: speed, package, builds, switches. Its nodes and seed are the fleet's to decide, and its ports are
    /// free ones. Default: as for one cluster, with a package of 256 KiB.
    /// </summary>
    public SimulatedClusterOptions Cluster { get; init; } = new() { PackageBytes = 256 << 10 };
}
