namespace Ksmg.Sdk.Upgrades;

/// <summary>What became of a command.</summary>
/// <param name="Accepted">Whether the run took it.</param>
/// <param name="Text">One sentence.</param>
/// <param name="At">When.</param>
public sealed record RunCommandAnswer(bool Accepted, string Text, DateTimeOffset At);
