namespace Ksmg.Sdk.Upgrades;

/// <summary>A node of the cluster that a run belongs to, as far as it is known.</summary>
/// <param name="Name">The configured name.</param>
/// <param name="Address">The base address of its web interface; <see langword="null"/> when it is not known.</param>
/// <param name="ClusterAddress">The address under which the product lists it, <c>IP:port</c>; <see langword="null"/> when it is not known.</param>
public sealed record RunOwnerNode(string Name, Uri? Address = null, string? ClusterAddress = null);
