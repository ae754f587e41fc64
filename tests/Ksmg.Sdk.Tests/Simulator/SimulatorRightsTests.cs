using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests;

/// <summary>The fault <c>no-permissions</c>: an account that may look and change nothing.</summary>
public sealed class SimulatorRightsTests
{
    private static readonly Dictionary<string, Action<SimulatedNode>> Changes = new(StringComparer.Ordinal)
    {
        ["set-receiving"] = node => node.SetReceiving(null, false, VirtualCluster.Client),
        ["set-sending"] = node => node.SetSending(null, false, VirtualCluster.Client),
        ["flush-queue"] = node => node.FlushQueue(null, MessageQueueKind.Mta, VirtualCluster.Client),
        ["upload-update"] = node => node.BeginUpload("u-1", "x.ktgz", 1, 0, VirtualCluster.Client),
        ["delete-update"] = node => node.DeleteUpload("u-1", VirtualCluster.Client),
        ["start-update"] = node => node.StartUpdate("u-1", VirtualCluster.Client),
        ["assign-control"] = node => node.AssignControl(VirtualCluster.Client),
        ["assign-secondary"] = node => node.AssignSecondary(VirtualCluster.Client),
        ["start-integrity-check"] = node => node.StartIntegrityCheck(VirtualCluster.Client),
    };

    public static TheoryData<string> Refused => [.. Changes.Keys];

    [Theory]
    [MemberData(nameof(Refused))]
    public void Every_change_is_refused_and_nothing_happens(string operation)
    {
        foreach (string node in (string[])["gw1", "gw2"])
        {
            using VirtualCluster cluster = new();
            cluster.Cluster.Faults.Arm(new SimulatedFault { Fault = "no-permissions", Node = node });
            int before = cluster.Cluster.GetEffects().Count;

            ApiRefusal refusal = Assert.Throws<ApiRefusal>(() => cluster.Tell(node, operation, Changes[operation]));
            Assert.Equal((403, "noPermission"), (refusal.Status, refusal.Code));
            Assert.Equal(before, cluster.Cluster.GetEffects().Count);
        }
    }

    [Fact]
    public void Looking_is_allowed_and_a_human_with_another_account_may_do_everything()
    {
        using VirtualCluster cluster = new();
        cluster.Cluster.Faults.Arm(new SimulatedFault { Fault = "no-permissions", Node = "gw2" });

        Assert.False(cluster.Ask("gw2", "get-current-user", node => node.GetCurrentUser()).CanEditSettings);
        Assert.True(cluster.Ask("gw2", "get-mail-flow", node => node.GetSwitches(null)).Receiving);
        cluster.Cluster.Act("gw2", "receive-off");
        Assert.False(cluster.World["gw2"].Receiving);
        cluster.Cluster.Faults.Clear();
        cluster.Receive("gw2", enabled: true);
        Assert.True(cluster.World["gw2"].Receiving);
    }

    /// <summary>Rights that are taken away in the middle of a run: in the model, and over the wire.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_run_whose_account_loses_its_rights_comes_to_a_named_state_and_goes_on_with_them(bool wire)
    {
        using PackageFolder folder = new();
        VirtualRig rig = wire ? new(2) { PackageFile = folder["update.zip"] } : new(2);
        UpgradePlan plan = rig.Plan();
        UpgradeReport report = rig.Start(plan, new VirtualProcess
        {
            At = point =>
            {
                if (point.StartsWith($"{VirtualProcess.AfterOutcome} S4b/gw2", StringComparison.Ordinal))
                {
                    rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "no-permissions", Node = "gw2" });
                }
            },
        });

        Assert.Contains(report.End, new[] { UpgradeEnd.Paused, UpgradeEnd.NeedsHuman });
        Assert.Empty(rig.Effects("install-started"));
        rig.Cluster.Faults.Clear();
        Assert.Equal(UpgradeEnd.Completed, rig.Resume(plan.RunId).End);
        rig.AssertNoViolation(rig.Story(plan.RunId));
    }
}
