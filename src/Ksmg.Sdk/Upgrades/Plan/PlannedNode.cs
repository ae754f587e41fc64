namespace Ksmg.Sdk.Upgrades;

/// <summary>A node of a plan, as it was observed, and what becomes of it.</summary>
public sealed record PlannedNode
{
    /// <summary>The configured name.</summary>
    public required string Name { get; init; }

    /// <summary>The base address of its web interface, as it was configured when the plan was made.</summary>
    public Uri? Address { get; init; }

    /// <summary>The address under which the product lists it.</summary>
    public required string ClusterAddress { get; init; }

    /// <summary>The host name it puts into <c>Received</c> headers, where known.</summary>
    public string? HostName { get; init; }

    /// <summary>Its own role when the plan was made.</summary>
    public required NodeRole Role { get; init; }

    /// <summary>Its build when the plan was made.</summary>
    public required BuildNumber Build { get; init; }

    /// <summary>Whether it received mail.</summary>
    public required bool Receiving { get; init; }

    /// <summary>What the load balancer gave it; <see langword="null"/> without one.</summary>
    public LoadMode? Load { get; init; }

    /// <summary>Whether it is given the Control role when upgraded.</summary>
    public bool Promote { get; init; }

    /// <summary>Whether it is the Control node that gives the role up.</summary>
    public bool FormerControl { get; init; }

    /// <summary>Whether it took mail when the plan was made.</summary>
    public bool InService => Receiving && Load is null or LoadMode.Ready && Receiving;
}
