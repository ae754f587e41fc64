using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Fleet;

/// <summary>A wave as it stands.</summary>
/// <param name="Wave">The wave.</param>
/// <param name="Left">How many of its clusters are to go on, or neither over, nor out, nor kept back, nor beyond help without people.</param>
/// <param name="Failures">How many failed or need people, and were not accepted so.</param>
/// <param name="LastAt">When its last cluster came to where it is; <see langword="null"/>: none was begun.</param>
internal sealed record WaveStanding(FleetWave Wave, int Left, int Failures, DateTimeOffset? LastAt)
{
    public bool IsOver => Left == 0;

    public static IReadOnlyList<WaveStanding> Of(FleetPlan plan, FleetState state)
    {
        ILookup<string, ClusterState> clusters = plan.Clusters.ToLookup(c => c.Wave, c => state[c.Name]);
        return
        [
            .. plan.Waves.Select(wave => new WaveStanding(
                wave,
                clusters[wave.Name].Count(IsLeft),
                clusters[wave.Name].Count(c => c is { IsFailure: true, IsAccepted: false }),
                clusters[wave.Name].Where(c => c.Attempt > 0).Select(c => (DateTimeOffset?)c.Since).Max())),
        ];
    }

    /// <summary>A planned pause is no end: what it waits for may be why nothing else is to begin.</summary>
    private static bool IsLeft(ClusterState cluster) => cluster.HasSlot
        || cluster is { IsOut: false, IsHeld: false }
        && (cluster.IsWanted || cluster.Phase == ClusterPhase.Waiting || cluster is { Phase: ClusterPhase.Standing, End: UpgradeEnd.Paused });
}
