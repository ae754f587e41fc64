namespace Ksmg.Sdk;

/// <summary>The outcome of an integrity check.</summary>
/// <param name="State">The outcome.</param>
/// <param name="CheckedAt">When the check ended.</param>
public sealed record IntegrityCheck(IntegrityState State, DateTimeOffset? CheckedAt);
