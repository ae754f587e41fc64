namespace Ksmg.Sdk.Upgrades;

internal static class ReportText
{
    public static string Render(UpgradeReport report) => throw new NotSupportedException();
}
