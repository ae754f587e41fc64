namespace Ksmg.Sdk.Upgrades;

/// <summary>Everything a step needs to cause its effect.</summary>
internal sealed record EffectContext
{
    public required UpgradeWorld World { get; init; }

    public required RunClock Clock { get; init; }

    public required UpgradePlan Plan { get; init; }

    public required PlannedStep Step { get; init; }

    /// <summary>The attempt of the durable intent.</summary>
    public required int Attempt { get; init; }

    /// <summary>The values of the durable intent.</summary>
    public required IReadOnlyDictionary<string, string> Values { get; init; }

    public required ClusterObservation Cluster { get; init; }

    public required UpgradeJournal Journal { get; init; }

    public required RunLease Lease { get; init; }

    public required IProgress<UploadProgress> Progress { get; init; }

    public string NodeName => Step.Node!;

    public INodePort Node => World.Nodes[Step.Node!];

    public PlannedNode PlannedNode => Plan.Nodes.First(n => n.Name == Step.Node);
}
