using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Upgrades;

public sealed class PackageChainTests
{
    private static readonly BuildNumber Old = new(2, 0, 1, 6960);
    private static readonly BuildNumber Middle = new(2, 1, 0, 7854);
    private static readonly BuildNumber New = new(2, 1, 1, 8310);

    [Fact]
    public void Two_hops_are_installed_one_after_the_other_on_each_node()
    {
        VirtualRig rig = Rig(new SimulatedPackage("ksmg_upgrade_2.1.0.7854_2.1.1.8310.ktgz", 1 << 20, "bb", Middle, New));
        UpgradePlan plan = rig.Plan([.. rig.Packages, new PlannedPackage("ksmg_upgrade_2.1.0.7854_2.1.1.8310.ktgz", Middle, New, 1 << 20, "bb")]);
        UpgradeReport report = rig.Start(plan);

        Assert.True(report.End == UpgradeEnd.Completed, report.ToText());
        Assert.All(rig.Cluster.World.Nodes, n => Assert.Equal(New, n.Build));
        Assert.All(rig.Cluster.World.Nodes, n => Assert.Equal(2, rig.Effects("install-started", n.Name).Count()));
        rig.AssertNoViolation();
    }

    [Fact]
    public void A_preliminary_package_is_installed_before_the_one_it_prepares()
    {
        VirtualRig rig = Rig(new SimulatedPackage("preliminary.ktgz", 1 << 20, "aa", Old, Old));
        UpgradePlan plan = rig.Plan([new PlannedPackage("preliminary.ktgz", Old, Middle, 1 << 20, "aa", IsPreliminary: true), .. rig.Packages]);
        UpgradeReport report = rig.Start(plan);

        Assert.True(report.End == UpgradeEnd.Completed, report.ToText());
        Assert.All(rig.Cluster.World.Nodes, n => Assert.Equal(Middle, n.Build));
        Assert.All(rig.Cluster.World.Nodes, n => Assert.Equal(2, rig.Effects("install-started", n.Name).Count()));
        rig.AssertNoViolation();
    }

    [Fact]
    public void A_node_that_has_the_first_hop_already_gets_the_second_alone()
    {
        VirtualRig rig = Rig(new SimulatedPackage("ksmg_upgrade_2.1.0.7854_2.1.1.8310.ktgz", 1 << 20, "bb", Middle, New), build: Middle);
        UpgradePlan plan = rig.Plan(
            [rig.Packages[0] with { From = Old, To = Middle }, new PlannedPackage("ksmg_upgrade_2.1.0.7854_2.1.1.8310.ktgz", Middle, New, 1 << 20, "bb")]);
        UpgradeReport report = rig.Start(plan);

        Assert.True(report.End == UpgradeEnd.Completed, report.ToText());
        Assert.All(rig.Cluster.World.Nodes, n => Assert.Single(rig.Effects("install-started", n.Name)));
    }

    private static VirtualRig Rig(SimulatedPackage further, BuildNumber? build = null)
    {
        VirtualRig rig = new(2, options: new SimulatedClusterOptions { Build = build ?? Old, TargetBuild = build is null ? Middle : New });
        rig.Cluster.World.Packages.Add(further);
        return rig;
    }
}
