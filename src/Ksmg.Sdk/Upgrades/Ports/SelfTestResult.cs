namespace Ksmg.Sdk.Upgrades;

/// <summary>One thing an adapter tried, or could not try.</summary>
/// <param name="Subject">What was tried: a node, a server, a program.</param>
/// <param name="Outcome">What came of it. Only what was really tried works.</param>
/// <param name="Text">What was seen, how it fails, or why it was not tried.</param>
/// <param name="Remedy">What to do about it; <see langword="null"/> when it works.</param>
public sealed record SelfTestResult(string Subject, SelfTestOutcome Outcome, string Text, string? Remedy = null)
{
    /// <summary>Whether it was tried and works.</summary>
    public bool Works => Outcome == SelfTestOutcome.Works;

    /// <summary>Whether it was tried and does not work, or is not understood.</summary>
    public bool Fails => Outcome is SelfTestOutcome.Fails or SelfTestOutcome.UnknownWords;
}
