using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Ksmg.Sdk.Fleet;

/// <summary>Traces and measures of fleets; the table is in docs/telemetry.md.</summary>
internal static class FleetDiagnostics
{
    private const string FleetTag = "ksmg.fleet";
    private const string ClusterTag = "ksmg.cluster";

    private static readonly UpDownCounter<long> Driven = Diagnostics.Meter.CreateUpDownCounter<long>(
        "ksmg.fleet.driven", "{driving}", "What this worker drives now: fleets, and clusters of fleets.");

    private static readonly Gauge<long> Clusters = Diagnostics.Meter.CreateGauge<long>(
        "ksmg.fleet.clusters", "{cluster}", "Clusters of a fleet by where they stand, as told by the worker that drives the fleet.");

    /// <summary>
    /// The span of what a worker drives. It is a trace's root with a link to whoever rang, since it goes on for hours after the ring is over; calls,
    /// steps and runs are below it.
    /// </summary>
    public static Activity? Start(string fleetId, string? cluster)
    {
        ActivityLink[]? links = Activity.Current is { } rang ? [new ActivityLink(rang.Context)] : null;
        Activity.Current = null;
        TagList tags = new() { { FleetTag, fleetId } };
        if (cluster is not null)
        {
            tags.Add(ClusterTag, cluster);
        }

        return Diagnostics.Source.StartActivity(
            ActivityKind.Internal, default, tags, links, name: cluster is null ? "ksmg.fleet" : "ksmg.fleet.cluster");
    }

    public static void Drives(bool isCluster, int change) =>
        Driven.Add(change, new KeyValuePair<string, object?>("ksmg.driven", isCluster ? "Cluster" : "Fleet"));

    /// <summary>Phases without a cluster are told too: what is not told any more stays where it was.</summary>
    public static void Stands(string fleetId, IEnumerable<KeyValuePair<ClusterPhase, int>> counted)
    {
        Dictionary<ClusterPhase, int> clusters = new(counted);
        foreach (ClusterPhase phase in Enum.GetValues<ClusterPhase>())
        {
            TagList tags = new() { { FleetTag, fleetId }, { "ksmg.phase", phase.ToString() } };
            Clusters.Record(clusters.GetValueOrDefault(phase), tags);
        }
    }
}
