using System.Text;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Fleet;

/// <summary>A report of a fleet in words: how it stands, its waves with counts, then every cluster.</summary>
internal static class FleetReportText
{
    public static string Render(FleetReport report)
    {
        StringBuilder text = new();
        Line(text, Words.Get("fleet-report.head", report.FleetId, report.Name, report.End));
        Line(text, report.Reason);
        Line(text, Words.Get("fleet-report.span", report.From, report.To, report.BeganAt, report.LastAt, report.PlanHash));
        text.Append('\n');
        foreach (FleetWaveReport wave in report.Waves)
        {
            Line(text, Wave(wave));
        }

        foreach (IGrouping<string, FleetClusterReport> wave in report.Clusters.GroupBy(c => c.Wave))
        {
            text.Append('\n');
            Line(text, Words.Get("fleet-report.clusters", wave.Key));
            foreach (FleetClusterReport cluster in wave)
            {
                Line(text, "  " + Cluster(cluster));
            }
        }

        return text.ToString();
    }

    /// <summary>A wave on one line.</summary>
    public static string Wave(FleetWaveReport wave) => Words.Get(
        "fleet-report.wave", wave.Name, wave.Clusters, wave.Waiting, wave.Working, wave.Standing, wave.Over, wave.Failures, wave.Out);

    /// <summary>A cluster on one line.</summary>
    public static string Cluster(FleetClusterReport cluster)
    {
        string state = cluster.End?.ToString() ?? cluster.Phase.ToString();
        string run = cluster.RunId is { } id ? $" [{id}]" : string.Empty;
        return $"{cluster.Name} {state}: {(string?)cluster.Reason}{run}";
    }

    private static void Line(StringBuilder text, string? line) => text.Append(Printable.Line(line)).Append('\n');
}
