namespace Ksmg.Sdk.Upgrades;

/// <summary>How many nodes were in service from a time on, as far as the run knows: it counts what it takes out and puts back itself.</summary>
/// <param name="From">From when on.</param>
/// <param name="Count">How many.</param>
public sealed record ServingNodes(DateTimeOffset From, int Count);
