namespace Ksmg.Sdk.Upgrades;

internal static class PlanMermaid
{
    public static string Render(UpgradePlan plan) => throw new NotSupportedException();
}
