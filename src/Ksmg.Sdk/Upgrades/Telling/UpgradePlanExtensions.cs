namespace Ksmg.Sdk.Upgrades;

/// <summary>Shows a plan.</summary>
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
}
