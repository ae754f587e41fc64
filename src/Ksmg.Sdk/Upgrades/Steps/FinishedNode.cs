using System.Globalization;

namespace Ksmg.Sdk.Upgrades;

/// <summary>What is wrong right now with a node whose upgrade is over, held against how the run found it.</summary>
internal static class FinishedNode
{
    /// <summary>Everything that keeps the node from being well, whether it was so at the start or not.</summary>
    public static List<Ailment> Problems(PlannedNode node, UpgradePlan plan, RunState run, ClusterObservation cluster)
    {
        node = run.AsFound(node);
        NodeObservation seen = cluster[node.Name];
        if (!seen.Answers || seen.Status is null)
        {
            return [NodeHealth.Silent(seen)];
        }

        IEnumerable<Ailment> all = BuildMatch.Is(seen, plan.To, plan) ? [] : [NotUpgraded(seen, plan)];
        return
        [
            .. all
                .Concat(NodeHealth.AtWork(node, seen))
                .Concat(NodeHealth.OfProduct(seen.Status))
                .Concat(NodeHealth.InCluster(seen, cluster, plan.Policy, LastSettingsBefore(node, plan, run)))
                .Where(a => a.KeepsFromBeingWell),
        ];
    }

    /// <summary>What the next node must not be touched over: new since the start, and accepted by nobody.</summary>
    public static List<Ailment> Hindrances(PlannedNode node, UpgradePlan plan, RunState run, ClusterObservation cluster, Func<string, bool> enforces) =>
        [.. Problems(node, plan, run, cluster).Where(a => !run.WasSoAtTheStart(node.Name, a.Key) && !Preflight.Accepts(a, plan, enforces))];

    /// <summary>What of a node's own parts does not work, with the same exceptions: it must not go back to work like that.</summary>
    public static List<Ailment> OfProduct(string node, NodeStatus status, UpgradePlan plan, RunState run, Func<string, bool> enforces) =>
    [
        .. NodeHealth.OfProduct(status)
            .Where(a => a.KeepsFromBeingWell && Stops(a) && !run.WasSoAtTheStart(node, a.Key) && !Preflight.Accepts(a, plan, enforces)),
    ];

    public static Ailment NotUpgraded(NodeObservation seen, UpgradePlan plan) => Ailment.Refusal("not-upgraded", seen.About?.Version, plan.To);

    /// <summary>Databases that are out of date scan: the watch over the node waits for new ones, and mail does not.</summary>
    private static bool Stops(Ailment ailment) => ailment.Code != UpgradeConsents.OldDatabases;

    /// <summary>
    /// The last settings that the node had before its installation and before the last change of the Control node, by its own word: later ones are
    /// from the new one. No clock of ours is held against its own.
    /// </summary>
    private static DateTimeOffset? LastSettingsBefore(PlannedNode node, UpgradePlan plan, RunState run) => plan.Steps
        .Where(s => s.Id == StepId.Install && s.Node == node.Name || s.Id == StepId.Promote && s.Node != node.Name || s.Id == StepId.HandOver)
        .Select(s => run[s.Key].Value(InstallStep.SynchronizedAt + (s.Id == StepId.Install ? string.Empty : "." + node.Name)))
        .Select(value => DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, out DateTimeOffset at) ? at : (DateTimeOffset?)null)
        .Max();
}
