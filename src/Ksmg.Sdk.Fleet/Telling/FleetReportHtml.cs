using System.Globalization;
using System.Xml;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Fleet;

/// <summary>A report of a fleet as one HTML file: how it stands, its waves with counts, who needs people, then every cluster.</summary>
internal static class FleetReportHtml
{
    private static readonly string[] _waveColumns = ["name", "clusters", "waiting", "working", "standing", "over", "failures", "out"];
    private static readonly string[] _clusterColumns = ["cluster", "state", "why", "began", "since", "until", "took", "labels", "run"];

    public static string Render(FleetReport report) => ReportPage.Render(
        Words.Get("fleet-report.head", report.FleetId, report.Name, Sdk.Words.Get($"report.end.{report.End}")), report.Reason, writer =>
        {
            writer.Facts(
                (Words.Get("fleet-html.from"), report.From),
                (Words.Get("fleet-html.to"), report.To),
                (Words.Get("fleet-html.began"), report.BeganAt),
                (Words.Get("fleet-html.last"), report.LastAt),
                (Words.Get("fleet-html.took"), report.LastAt - report.BeganAt),
                (Words.Get("fleet-html.plan"), report.PlanHash));
            string waves = Words.Get("fleet-html.waves");
            writer.Element("h2", waves);
            writer.Table(waves, Titles(_waveColumns), report.Waves.Select(Wave));
            FleetClusterReport[] needing = [.. report.Clusters.Where(c => c.NeedsPeople)];
            if (needing.Length > 0)
            {
                writer.Element("h2", Words.Get("fleet-html.people"));
                Clusters(writer, Words.Get("fleet-html.people"), needing);
            }

            foreach (FleetWaveReport wave in report.Waves)
            {
                string title = Words.Get("fleet-report.clusters", wave.Name);
                writer.Element("h2", title);
                Clusters(writer, title, report.Clusters.Where(c => c.Wave == wave.Name));
            }
        });

    private static string[] Wave(FleetWaveReport wave)
    {
        int[] counts = [wave.Clusters, wave.Waiting, wave.Working, wave.Standing, wave.Over, wave.Failures, wave.Out];
        return [wave.Name, .. counts.Select(count => count.ToString(CultureInfo.InvariantCulture))];
    }

    private static void Clusters(XmlWriter writer, string caption, IEnumerable<FleetClusterReport> clusters) =>
        writer.Table(caption, Titles(_clusterColumns), clusters.Select(cluster => new string[]
        {
            cluster.Name,
            FleetClusterStates.InWords(cluster),
            (string?)cluster.Reason ?? string.Empty,
            ReportPage.Show(cluster.BeganAt),
            ReportPage.Show(cluster.Since),
            ReportPage.Show(cluster.Until),
            ReportPage.Show(cluster.Took),
            string.Join(' ', cluster.Labels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}={l.Value}")),
            cluster.RunId ?? string.Empty,
        }));

    private static IEnumerable<string> Titles(string[] columns) => columns.Select(column => Words.Get($"fleet-html.{column}"));
}
