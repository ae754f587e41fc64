using Ksmg.Sdk.Fleet;

namespace Ksmg.Cli.Fleet;

/// <summary>A line for each cluster that came somewhere else, and the waves once a minute; JSON lines with <c>--json</c>.</summary>
internal sealed class FleetLineView(Output output, TimeProvider time) : IFleetView
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, string> _told = new(StringComparer.Ordinal);
    private long? _wavesAt;

    public void Show(FleetReport report)
    {
        foreach (FleetClusterReport cluster in report.Clusters)
        {
            string state = cluster.IsIdle ? output.Clock.Say(cluster.Reason!) : FleetLines.State(cluster);

            // What waits for its turn is no news; in what it waits for it only grows old.
            bool isNew = !_told.TryGetValue(cluster.Name, out string? told) && cluster.Phase != ClusterPhase.Waiting;
            if (isNew || (told is not null && told != state))
            {
                Tell(cluster, report.LastAt);
            }

            _told[cluster.Name] = state;
        }

        if (!output.IsJson && (_wavesAt is not { } last || time.GetElapsedTime(last) >= Interval))
        {
            _wavesAt = time.GetTimestamp();
            foreach (FleetWaveReport wave in report.Waves)
            {
                output.Say($"{output.Clock.Time(output.Clock.Now)}  {FleetLines.Wave(wave)}");
            }
        }
    }

    public void Notice(string text) => output.Say(text);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Tell(FleetClusterReport cluster, DateTimeOffset at)
    {
        if (output.IsJson)
        {
            output.Json(new { cluster = cluster.Name, wave = cluster.Wave, phase = cluster.Phase, end = cluster.End, runId = cluster.RunId, at });
            return;
        }

        output.SayZone();
        output.Say($"{output.Clock.Time(cluster.Since ?? at)}  {FleetLines.Cluster(cluster, output.Clock)}");
    }
}
