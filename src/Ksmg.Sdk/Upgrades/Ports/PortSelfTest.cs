namespace Ksmg.Sdk.Upgrades;

/// <summary>What a neighbour's test of itself found.</summary>
/// <param name="Port">The section of its port in a cluster's configuration, such as <c>LoadBalancer</c>.</param>
/// <param name="Results">What it tried; never empty.</param>
public sealed record PortSelfTest(string Port, IReadOnlyList<SelfTestResult> Results);
