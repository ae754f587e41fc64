namespace Ksmg.Web;

/// <summary>What somebody decided on the page.</summary>
/// <param name="Kind">One of <see cref="Ksmg.Sdk.Upgrades.HumanOptionKind"/>.</param>
/// <param name="PlanHash">The hash of the plan they looked at; an approval carries it.</param>
/// <param name="Node">The node.</param>
/// <param name="Check">The check that is waived.</param>
/// <param name="Until">Until when it is waived.</param>
/// <param name="Reason">Why.</param>
internal sealed record Order(string? Kind, string? PlanHash, string? Node, string? Check, DateTimeOffset? Until, string? Reason);
