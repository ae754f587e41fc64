namespace Ksmg.Sdk.Upgrades;

/// <summary>A part of a run's time.</summary>
/// <param name="From">When it began.</param>
/// <param name="Until">When it ended; <see langword="null"/>: it lasts.</param>
public sealed record ReportPeriod(DateTimeOffset From, DateTimeOffset? Until = null);
