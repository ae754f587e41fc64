namespace Ksmg.Sdk.Upgrades;

/// <summary>What the call of a step says became of it, where nothing is to be seen afterwards.</summary>
internal sealed record StepReply(StepOutcome Outcome, Message Text);
