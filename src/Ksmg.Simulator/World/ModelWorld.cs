using Ksmg.Sdk;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Simulator;

/// <summary>
/// The model as an orchestrator's world, without sockets and sessions: for runs by the thousand in virtual time. Failures come as the
/// typed clients report them.
/// </summary>
internal sealed class ModelWorld(SimulatedCluster cluster, TimeProvider time, RunOwner owner, UpgradePorts ports) : UpgradeWorldSource
{
    /// <summary>How long an upload takes.</summary>
    public Func<PlannedPackage, TimeSpan> UploadTime { get; init; } = _ => TimeSpan.FromSeconds(3);

    /// <summary>How packages get into the nodes.</summary>
    public UploadWay Uploads { get; init; } = UploadWay.Observed;

    public TimeSpan RequestLimit { get; init; } = TimeSpan.FromSeconds(8);

    public override RunOwner Owner => owner;

    public override TimeProvider Time => time;

    public override UpgradeWorld Create(UpgradePlan? plan) => new()
    {
        Nodes = cluster.World.Nodes.ToDictionary(
            n => n.Name, INodePort (n) => new ModelNodePort(n, time) { UploadTime = UploadTime, Uploads = Uploads }, StringComparer.Ordinal),
        Ports = ports,
        Time = time,
        RequestLimit = RequestLimit,
    };
}
