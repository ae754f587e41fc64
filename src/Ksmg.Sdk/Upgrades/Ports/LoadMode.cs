namespace Ksmg.Sdk.Upgrades;

/// <summary>What a node may get from the load balancer.</summary>
public enum LoadMode
{
    /// <summary>New sessions.</summary>
    Ready,

    /// <summary>No new sessions; the open ones go on.</summary>
    Drain,

    /// <summary>Nothing, and its health is not checked.</summary>
    Maintenance,
}
