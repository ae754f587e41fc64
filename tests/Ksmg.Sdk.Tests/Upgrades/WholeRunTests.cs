using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Upgrades;

public sealed class WholeRunTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void A_healthy_cluster_is_upgraded_node_by_node(int nodes)
    {
        VirtualRig rig = new(nodes);
        UpgradeReport report = rig.Upgrade();

        Assert.True(report.End == UpgradeEnd.Completed, report.Reason);
        Assert.All(rig.Cluster.World.Nodes, n => Assert.Equal("2.1.0.7854", n.Build.ToString()));
        Assert.All(rig.Cluster.World.Nodes, n => Assert.Single(rig.Effects("install-started", n.Name)));
        Assert.Equal(nodes == 1 ? "gw1" : "gw2", Assert.Single(rig.Cluster.World.Nodes, n => n.Role == NodeRole.Control).Name);
        rig.AssertNoViolation();
    }

    [Theory]
    [InlineData(StageUploads.AfterDrain)]
    [InlineData(StageUploads.WhileDraining)]
    [InlineData(StageUploads.BeforeRun)]
    public void The_package_is_uploaded_when_the_policy_says(StageUploads stage)
    {
        VirtualRig rig = new(policy: VirtualRig.FastPolicy(3) with { StageUploads = stage });
        UpgradePlan plan = rig.Plan();
        UpgradeReport report = rig.Start(plan);

        Assert.True(report.End == UpgradeEnd.Completed, report.Reason);
        RunState run = RunState.Fold(rig.Records(plan.RunId));
        Assert.All(plan.Nodes, node =>
        {
            DateTimeOffset uploaded = run[new StepKey(StepId.Upload, node.Name, 0)].IntentAt;
            DateTimeOffset firstTouch = plan.Nodes.Min(n => run[new StepKey(StepId.LoadOff, n.Name)].IntentAt);
            DateTimeOffset drained = run[new StepKey(StepId.Drain, node.Name)].OutcomeAt;
            Assert.Equal(stage == StageUploads.BeforeRun, uploaded < firstTouch);
            Assert.Equal(stage == StageUploads.AfterDrain, uploaded >= drained);
        });
        rig.AssertNoViolation();
    }
}
