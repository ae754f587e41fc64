namespace Ksmg.Sdk.Upgrades;

/// <summary>Something a human decided in a run.</summary>
/// <param name="At">When the run took it; of what it has not taken yet, when it was said.</param>
/// <param name="By">Who.</param>
/// <param name="Text">What, in one sentence.</param>
public sealed record HumanDecision(DateTimeOffset At, string By, string Text);
