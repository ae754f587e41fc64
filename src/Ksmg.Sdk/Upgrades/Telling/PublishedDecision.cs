namespace Ksmg.Sdk.Upgrades;

/// <summary>What the driver of a run decided last, put into words, for whoever explains the run elsewhere.</summary>
/// <param name="Sequence">The last record it knew: with another one since, it is outdated.</param>
/// <param name="Explanation">What it waits for, and on what evidence.</param>
internal sealed record PublishedDecision(long Sequence, UpgradeExplanation Explanation);
