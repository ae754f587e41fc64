using System.Text;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Fleet;

/// <summary>A schedule in words: the limits, the waves with their gates, the clusters in the order in which they are begun.</summary>
internal static class FleetScheduleText
{
    public static string Render(FleetSchedule schedule)
    {
        FleetPlan plan = schedule.Plan;
        StringBuilder text = new();
        Line(text, Words.Get("fleet-plan.head", plan.Name, plan.Clusters.Count, plan.Clusters.Sum(c => c.Owner.Nodes.Count), plan.From, plan.To, plan.Hash));
        string together = plan.Limits.NeverTogether.Count == 0 ? "-" : string.Join(", ", plan.Limits.NeverTogether);
        Line(
            text,
            Words.Get(
                "fleet-plan.limits", plan.Limits.MaxConcurrent, plan.Limits.MaxFailuresPerWave, plan.Limits.MaxFailures, plan.Limits.Soak, together));
        foreach (Message finding in schedule.Findings)
        {
            Line(text, Words.Get("fleet-plan.finding", finding));
        }

        foreach (FleetWave wave in plan.Waves)
        {
            Wave(text, schedule, wave);
        }

        text.Append('\n');
        Line(text, schedule.EndsAt is { } end ? Words.Get("fleet-plan.end", schedule.At, end) : Words.Get("fleet-plan.no-end"));
        Line(text, Words.Get("fleet-plan.assumed"));
        return text.ToString();
    }

    private static void Wave(StringBuilder text, FleetSchedule schedule, FleetWave wave)
    {
        FleetScheduledCluster[] clusters = [.. schedule.Clusters.Where(c => c.Wave == wave.Name).OrderBy(c => c.BeginsAt ?? DateTimeOffset.MaxValue)];
        text.Append('\n');
        Line(text, Words.Get("fleet-plan.wave", wave.Name, clusters.Length));
        if (wave.Approve == FleetApproval.Before)
        {
            Line(text, "  " + Words.Get("fleet-plan.gate-before"));
        }

        foreach (FleetScheduledCluster cluster in clusters)
        {
            FleetCluster planned = schedule.Plan.Find(cluster.Name)!;
            Line(text, "  " + Cluster(cluster, planned));
            if (planned.Windows.Count > 0)
            {
                Line(text, "    " + Words.Get("fleet-plan.windows", string.Join("; ", planned.Windows)));
            }
        }

        if (wave.Approve == FleetApproval.After)
        {
            Line(text, "  " + Words.Get("fleet-plan.gate-after"));
        }
    }

    private static string Cluster(FleetScheduledCluster cluster, FleetCluster planned)
    {
        string labels = string.Join(' ', planned.Labels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}={l.Value}"));
        string nodes = string.Join(", ", planned.Owner.Nodes.Select(n => n.Name));
        string when = cluster switch
        {
            { BeginsAt: { } begin, EndsAt: { } end, Approvals: 0 } => Words.Get("fleet-plan.when", begin, end),
            { BeginsAt: { } begin, EndsAt: { } end } => Words.Get("fleet-plan.when-approved", begin, end, cluster.Approvals),
            _ => Words.Get("fleet-plan.when-never"),
        };
        string why = cluster.PastRuns > 0 ? Words.Get("fleet-plan.by-runs", cluster.PastRuns) : Words.Get("fleet-plan.by-node-time");
        return $"{cluster.Name} ({nodes}){(labels.Length > 0 ? " " + labels : string.Empty)}: {when}; {Words.File.Duration(cluster.Assumed)} {why}";
    }

    private static void Line(StringBuilder text, string line) => text.Append(Printable.Line(line)).Append('\n');
}
