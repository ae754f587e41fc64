namespace Ksmg.Sdk.Upgrades;

/// <summary>What a node answered on SMTP.</summary>
/// <param name="Accepted">Whether the answer was 2xx.</param>
/// <param name="Text">The answer, or why there was none.</param>
public sealed record ProbeAnswer(bool Accepted, string Text);
