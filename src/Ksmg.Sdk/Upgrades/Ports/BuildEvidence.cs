namespace Ksmg.Sdk.Upgrades;

/// <summary>Evidence of the build that a node runs.</summary>
/// <param name="Build">The build.</param>
/// <param name="SeenAt">When the node was seen to run it.</param>
/// <param name="Source">Where it comes from, for people.</param>
public sealed record BuildEvidence(BuildNumber Build, DateTimeOffset SeenAt, string Source);
