namespace Ksmg.Sdk.Upgrades;

/// <summary>What an external gate says.</summary>
/// <param name="IsGreen">Whether a node may be begun.</param>
/// <param name="Text">Why, for people and the journal, so never a secret; shown on one line, cut where it is long.</param>
public sealed record GateAnswer(bool IsGreen, string Text);
