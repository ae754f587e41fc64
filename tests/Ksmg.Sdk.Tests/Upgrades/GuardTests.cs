using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Tests.Support.Exploration;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>What each check between a run and its next effect is good for.</summary>
public sealed class GuardTests
{
    [Theory]
    [InlineData("after the outcome S13/gw2")]
    [InlineData("after the outcome S14/gw2")]
    [InlineData("after the intent S15/gw2")]
    public void A_drain_that_is_forgotten_when_the_node_is_about_to_return_does_not_take_it_out_again(string at)
    {
        VirtualRig rig = new();
        bool forgotten = false;
        VirtualProcess process = new()
        {
            At = point =>
            {
                if (!forgotten && point.StartsWith(at, StringComparison.Ordinal))
                {
                    forgotten = true;
                    rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "balancer-reload" });
                }
            },
        };
        UpgradeReport report = rig.Upgrade(process);

        Assert.True(forgotten);
        Assert.True(report.End == UpgradeEnd.Completed, report.Reason + "\n" + rig.Story(report.RunId));
        Assert.All(rig.Cluster.World.Nodes, n => Assert.Equal(LoadMode.Ready, rig.Cluster.World.Mail.Balancer.StateOf(n.Name).Mode));
        rig.AssertNoViolation(rig.Story(report.RunId));
    }

    [Fact]
    public void Measure()
    {
        ExplorerOptions[] all =
        [
            new() { Takeovers = 1, LateRequests = 1, Faults = 1 },
            new() { Takeovers = 0, LateRequests = 0, Faults = 0, Foreign = 1 },
            new() { Takeovers = 0, LateRequests = 0, Faults = 0, Foreign = 1, Promotion = PromotionRule.DemotesFormer },
            new() { Takeovers = 0, LateRequests = 0, Faults = 1, Foreign = 1 },
            new() { Takeovers = 0, LateRequests = 0, Faults = 0, Foreign = 2 },
        ];
        foreach (string check in typeof(Checks).GetFields().Select(f => (string)f.GetRawConstantValue()!))
        {
            for (int k = 0; k < all.Length; k++)
            {
                ExplorerResult r = new Explorer(all[k] with { Without = [check], MostStates = 400_000 }).Explore();
                File.AppendAllText("/tmp/matrices-guards.txt", $"{check} {k}: {r}\n");
                if (r.Violation is not null)
                {
                    break;
                }
            }
        }
    }
}
