namespace Ksmg.Sdk.Upgrades;

/// <summary>Shows a plan, and what has become of it since it was made.</summary>
public static class UpgradePlanExtensions
{
    /// <summary>The plan in words.</summary>
    public static string ToText(this UpgradePlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return PlanText.Render(plan);
    }

    /// <summary>The plan as a Mermaid flow chart.</summary>
    public static string ToMermaid(this UpgradePlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return PlanMermaid.Render(plan);
    }

    /// <summary>Opens the package where the plan says it is, as it was read for the plan.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="PackageException">It is gone, or no such package.</exception>
    public static Task<UpdatePackage> OpenPackageAsync(this UpgradePlan plan, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return UpdatePackage.OpenAsync(plan.PackagePath, PlannedPackage.Hints(plan.Packages), cancellationToken);
    }

    /// <summary>
    /// What has changed since a plan was made, as a plan shows it that is made now for the same package and policy. What would change the plan is a
    /// <see cref="FindingSeverity.Refusal"/>: such a plan should not be started any more. Everything else is only told.
    /// </summary>
    /// <param name="plan">The plan.</param>
    /// <param name="now">The one that is made now.</param>
    public static IReadOnlyList<PlanFinding> ChangesTo(this UpgradePlan plan, UpgradePlan now)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(now);
        return [.. PlanChanges.Between(plan, now)];
    }
}
