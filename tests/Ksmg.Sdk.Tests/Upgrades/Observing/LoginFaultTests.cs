using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>Runs through the typed clients whose logins are refused: they end in a named state, lock no account, and go on afterwards.</summary>
public sealed class LoginFaultTests
{
    public static TheoryData<string, bool> Refusals =>
        Pairs.Of<string, bool>(["AuthFailed", "LoginAttemptsExceed", "PasswordExpired", "PasswordReset", "NTLMServersNotAvailable", "Unknown"], true, false);

    [Theory]
    [MemberData(nameof(Refusals))]
    public void A_refused_login_in_the_middle_ends_in_a_named_state_and_locks_no_account(string word, bool overCluster)
    {
        using PackageFolder folder = new();
        VirtualRig rig = Rig(folder, overCluster);
        UpgradePlan plan = rig.Plan();
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "queue-stuck", Node = "gw2", Queue = "mta", Value = "1" });
        UpgradeRun run = rig.Time.Run(() => rig.Orchestrator().StartAsync(plan), VirtualRig.Limit);
        rig.Time.Run(() => Task.Delay(TimeSpan.FromSeconds(30), rig.Time), VirtualRig.Limit);
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "login-refused", Node = "gw2", Value = word });
        UpgradeReport report = rig.Time.Run(() => run.WaitAsync(), VirtualRig.Limit);

        Assert.True(report.End is UpgradeEnd.NeedsHuman or UpgradeEnd.Paused, report.Reason + "\n" + rig.Story(report.RunId));
        Assert.Contains("refuses the login", report.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("does not answer", report.Reason, StringComparison.Ordinal);
        Assert.InRange(rig.Effects("login-refused").Count(), 1, 2);
        Assert.Empty(rig.Effects("account-locked"));
        Assert.Empty(rig.Effects("install-started"));

        rig.Cluster.Faults.Clear();
        UpgradeReport resumed = rig.Resume(report.RunId);
        Assert.True(resumed.End == UpgradeEnd.Completed, resumed.Reason + "\n" + rig.Story(report.RunId));
        rig.AssertNoViolation();
    }

    [Fact]
    public void A_plan_of_nodes_that_refuse_the_login_says_so()
    {
        using PackageFolder folder = new();
        VirtualRig rig = Rig(folder, overCluster: true);
        foreach (string node in (string[])["gw1", "gw2", "gw3"])
        {
            rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "login-refused", Node = node });
        }

        UpgradePlan plan = rig.Plan();

        Assert.Equal(3, plan.Findings.Count(f => f.Code == "node-login" && f.Text.ToString().Contains("refuses the login", StringComparison.Ordinal)));
        Assert.DoesNotContain(plan.Findings, f => f.Code == "node-silent");
        Assert.Single(rig.Effects("login-refused"));
    }

    private static VirtualRig Rig(PackageFolder folder, bool overCluster) =>
        new(
            3,
            options: new SimulatedClusterOptions { PackageBytes = 1 << 16, LockoutCountsOverCluster = overCluster },
            mailPerSecond: 0)
        { PackageFile = folder["update.zip"] };
}
