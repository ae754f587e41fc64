namespace Ksmg.Sdk.Upgrades;

/// <summary>How long a node will take, from the first step on it to the end of the watch over it.</summary>
/// <param name="Node">The node.</param>
/// <param name="Took">How long, at least: steps that are not known are not in it.</param>
/// <param name="UnknownSteps">How many of its steps are not known.</param>
public sealed record NodeEstimate(string Node, DurationRange Took, int UnknownSteps);
