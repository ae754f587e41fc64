using Ksmg.Sdk.Fleet;

namespace Ksmg.Cli.Fleet;

/// <summary>A fleet on one screen, however many clusters it has: waves with counts, whoever needs people, what is in work; the rest as a number.</summary>
internal static class FleetScreen
{
    public static IReadOnlyList<ScreenLine> Draw(FleetReport report, string? notice, ReaderClock clock, int width, int height)
    {
        List<ScreenLine> lines =
        [
            new ScreenLine().Rest(Words.Get("fleet.title", report.Name, report.From, report.To, report.FleetId), width, ScreenStyle.Strong),
            new ScreenLine().Rest($"{report.End}: {clock.Say(report.Reason)}", width, StyleOf(report.NeedsPeople)),
            .. report.Waves.Select(wave => new ScreenLine().Rest(FleetLines.Wave(wave), width, StyleOf(wave))),
        ];
        FleetClusterReport[] shown =
        [
            .. report.Clusters.Where(c => c.NeedsPeople),
            .. report.Clusters.Where(c => c.Phase is ClusterPhase.Working or ClusterPhase.Leaving),
        ];

        // A line for what has no room, and one for a notice.
        int room = Math.Max(0, height - lines.Count - 2);
        lines.AddRange(shown.Take(room).Select(c => new ScreenLine().Rest(FleetLines.Cluster(c, clock), width, StyleOf(c.NeedsPeople))));
        if (shown.Length > room)
        {
            lines.Add(new ScreenLine().Rest(Words.Get("fleet.more", shown.Length - room), width, ScreenStyle.Faint));
        }

        if (notice is not null)
        {
            lines.Add(new ScreenLine().Rest(notice, width, ScreenStyle.Odd));
        }

        return lines;
    }

    private static Spectre.Console.Style StyleOf(bool needsPeople) => needsPeople ? ScreenStyle.Odd : ScreenStyle.Busy;

    private static Spectre.Console.Style StyleOf(FleetWaveReport wave) => wave switch
    {
        { Failures: > 0 } => ScreenStyle.Bad,
        { Over: var over, Clusters: var all } when over == all => ScreenStyle.Good,
        { Working: > 0 } => ScreenStyle.Busy,
        _ => ScreenStyle.Faint,
    };
}
