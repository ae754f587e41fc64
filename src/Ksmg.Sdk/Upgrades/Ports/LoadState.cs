namespace Ksmg.Sdk.Upgrades;

/// <summary>What the load balancer says about a node.</summary>
/// <param name="Mode">What the node may get.</param>
/// <param name="Sessions">Sessions open right now.</param>
/// <param name="Healthy">Whether the balancer's health check is green; <see langword="null"/> while it does not check.</param>
/// <param name="SessionsTotal">Sessions since the balancer started, where it counts them.</param>
/// <param name="Address">Where the balancer leads sessions of this node, <c>address:port</c>, several separated by commas; <see langword="null"/>
/// where it does not tell.</param>
public sealed record LoadState(LoadMode Mode, int Sessions, bool? Healthy, long? SessionsTotal = null, string? Address = null);
