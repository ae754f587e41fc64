namespace Ksmg.Simulator;

/// <summary>A time during which a cluster was worked on.</summary>
/// <param name="From">Its first effect.</param>
/// <param name="To">Its last effect; the same instant when there is one only.</param>
public sealed record WatchedSpan(DateTimeOffset From, DateTimeOffset To);
