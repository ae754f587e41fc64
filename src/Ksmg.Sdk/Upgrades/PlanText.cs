namespace Ksmg.Sdk.Upgrades;

internal static class PlanText
{
    public static string Render(UpgradePlan plan) => throw new NotSupportedException();
}
