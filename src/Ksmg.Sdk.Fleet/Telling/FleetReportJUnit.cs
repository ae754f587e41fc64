using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Fleet;

/// <summary>A report of a fleet as JUnit XML: a suite for the fleet and one for each wave, a case for each cluster.</summary>
internal static class FleetReportJUnit
{
    public static string Render(FleetReport report) => JUnitXml.Render(writer =>
    {
        JUnitXml junit = new(writer, report.Name, report.BeganAt, ("fleet", report.FleetId), ("plan", report.PlanHash));
        JUnitCase whole = new(
            Words.Get("fleet-junit.fleet", report.Clusters.Count, report.From, report.To), ResultOf(report.End), report.End.ToString(), report.Reason);
        junit.Suite(Words.Get("fleet-junit.suite"), report.Name, [whole], []);
        foreach (FleetWaveReport wave in report.Waves)
        {
            junit.Suite(wave.Name, wave.Name, [.. report.Clusters.Where(c => c.Wave == wave.Name).Select(OfCluster)], [FleetReportText.Wave(wave)]);
        }
    });

    /// <summary>One that was left out is skipped, whatever became of its run: people have decided so.</summary>
    private static JUnitCase OfCluster(FleetClusterReport cluster)
    {
        JUnitResult result = cluster.IsOut || cluster.Phase is not (ClusterPhase.Standing or ClusterPhase.Over)
            ? JUnitResult.Skipped
            : ResultOf(cluster.End ?? UpgradeEnd.Running);
        string text = string.Join(": ", new[] { FleetClusterStates.InWords(cluster), (string?)cluster.Reason }.Where(t => !string.IsNullOrEmpty(t)));
        return new JUnitCase(cluster.Name, result, FleetClusterStates.Of(cluster), text, cluster.Took ?? TimeSpan.Zero);
    }

    private static JUnitResult ResultOf(UpgradeEnd end) => end switch
    {
        UpgradeEnd.Completed => JUnitResult.Passed,
        UpgradeEnd.Running or UpgradeEnd.Paused => JUnitResult.Skipped,
        _ => JUnitResult.Failure,
    };
}
