namespace Ksmg.Sdk.Upgrades;

/// <summary>One thing an adapter tried.</summary>
/// <param name="Subject">What was tried: a node, a server, a program.</param>
/// <param name="Works">Whether it works.</param>
/// <param name="Text">What was seen, or how it fails.</param>
/// <param name="Remedy">What to do about it; <see langword="null"/> when it works.</param>
public sealed record SelfTestResult(string Subject, bool Works, string Text, string? Remedy = null);
