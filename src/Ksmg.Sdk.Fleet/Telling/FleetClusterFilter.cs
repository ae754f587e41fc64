using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Fleet;

/// <summary>Which clusters of a fleet somebody wants to see. What is left out is not asked for.</summary>
public sealed record FleetClusterFilter
{
    private static readonly Dictionary<string, Func<FleetClusterReport, bool>> _states = new(StringComparer.OrdinalIgnoreCase)
    {
        ["waiting"] = cluster => cluster.Phase == ClusterPhase.Waiting,
        ["working"] = cluster => cluster.Phase is ClusterPhase.Working or ClusterPhase.Leaving,
        ["standing"] = cluster => cluster.Phase == ClusterPhase.Standing,
        ["over"] = cluster => cluster.Phase == ClusterPhase.Over,
        ["failed"] = cluster => cluster.End is not (null or UpgradeEnd.Completed or UpgradeEnd.Paused or UpgradeEnd.Running),
        ["people"] = cluster => cluster.NeedsPeople,
        ["held"] = cluster => cluster.IsHeld,
        ["out"] = cluster => cluster.IsOut,
    };

    /// <summary>The states that can be asked for.</summary>
    public static IReadOnlyCollection<string> States => _states.Keys;

    /// <summary>The name of the wave.</summary>
    public string? Wave { get; init; }

    /// <summary>One of <see cref="States"/>; of any other there is no cluster.</summary>
    public string? State { get; init; }

    /// <summary>Labels that they all have.</summary>
    public IReadOnlyCollection<KeyValuePair<string, string>> Labels { get; init; } = [];

    /// <summary>What stands in the name, the id of the run, a label or the reason, as the reader reads it; capitals are the same as others.</summary>
    public string? Search { get; init; }

    /// <summary>Whether a cluster is one of them.</summary>
    /// <param name="cluster">The cluster.</param>
    public bool Fits(FleetClusterReport cluster)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        return (Wave is null || cluster.Wave == Wave)
            && (State is null || (_states.TryGetValue(State, out Func<FleetClusterReport, bool>? isIn) && isIn(cluster)))
            && Labels.All(label => cluster.Labels.GetValueOrDefault(label.Key) == label.Value)
            && (string.IsNullOrEmpty(Search) || Texts(cluster).Any(t => t?.Contains(Search, StringComparison.OrdinalIgnoreCase) == true));
    }

    private static IEnumerable<string?> Texts(FleetClusterReport cluster) => [cluster.Name, cluster.RunId, cluster.Reason, .. cluster.Labels.Values];
}
