using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Fleet;

/// <summary>Where a cluster is, in a word: how its run stands or ended, or else what the fleet has to do with it.</summary>
internal static class FleetClusterStates
{
    private const string Out = "Out";
    private const string Held = "Held";

    /// <summary>The word for programs.</summary>
    public static string Of(FleetClusterReport cluster) => cluster switch
    {
        { IsOut: true } => Out,
        { Phase: ClusterPhase.Waiting, IsHeld: true } => Held,
        { Phase: ClusterPhase.Working or ClusterPhase.Leaving } => nameof(ClusterPhase.Working),
        { Phase: ClusterPhase.Standing or ClusterPhase.Over, End: { } end } => end.ToString(),
        _ => cluster.Phase.ToString(),
    };

    /// <summary>The word for people.</summary>
    public static string InWords(FleetClusterReport cluster)
    {
        string state = Of(cluster);
        return Enum.TryParse<UpgradeEnd>(state, out _) ? Sdk.Words.Get($"report.end.{state}") : Words.Get($"fleet-state.{state}");
    }
}
