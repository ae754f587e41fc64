using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Fleet;

/// <summary>A fleet as a listing shows it.</summary>
/// <param name="FleetId">Its id.</param>
/// <param name="Name">Its name; <see langword="null"/> when not even that can be read.</param>
/// <param name="CreatedAt">When it was begun.</param>
/// <param name="End">How it ended; <see langword="null"/> while it has not.</param>
/// <param name="Holder">Who drives it, in words, if somebody does.</param>
/// <param name="PlanHash">The hash of its plan.</param>
/// <param name="Damage">Why it cannot be read.</param>
public sealed record FleetSummary(
    string FleetId, string? Name, DateTimeOffset? CreatedAt, UpgradeEnd? End, string? Holder = null, string? PlanHash = null, string? Damage = null);
