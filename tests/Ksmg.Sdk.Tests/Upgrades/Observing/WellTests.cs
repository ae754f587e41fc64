using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>Completed means well: what is new since the start stops before the next node or is told at the end, and what was known is told as known.</summary>
public sealed class WellTests
{
    private const string VendorsText = "Data synchronization failed.";

    public static TheoryData<string, string?> Illnesses => new()
    {
        { "integrity-damaged", null },
        { "service-failed", null },
        { "databases", "obsolete" },
        { "databases", "outOfDate" },
        { "license", "expired" },
        { "license", "trialExpired" },
        { "disk-low", "/var/log" },
        { "no-permissions", null },
        { "clock-skew", null },
        { "human-act", "send-off" },
    };

    [Theory]
    [InlineData("no-sync-after-update", null, VendorsText)]
    [InlineData("service-failed-after-update", "ksmg-updater", "ksmg-updater")]
    [InlineData("databases-after-update", "outOfDate", "out of date")]
    public void A_problem_of_the_last_nodes_update_ends_the_run_as_completed_with_problems(string fault, string? value, string told)
    {
        VirtualRig rig = new(policy: VirtualRig.FastPolicy(3) with { Accept = [UpgradeConsents.OldDatabases] });
        string node = fault == "no-sync-after-update" ? "gw3" : "gw1";
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = fault, Node = node, Value = value, For = TimeSpan.FromDays(1) });
        UpgradeReport report = rig.Upgrade();

        if (fault == "service-failed-after-update")
        {
            // A service that does not run keeps the node out of work.
            Assert.Equal(UpgradeEnd.NeedsHuman, report.End);
            return;
        }

        Assert.True(report.End == UpgradeEnd.CompletedWithProblems, report.Reason + "\n" + rig.Story(report.RunId));
        Assert.Contains(node, report.Reason, StringComparison.Ordinal);
        Assert.Contains(told, report.Reason, StringComparison.Ordinal);
        Assert.Contains(told, string.Join(' ', report.Nodes.Single(n => n.Name == node).Problems), StringComparison.Ordinal);
        Assert.Contains(told, report.ToText(), StringComparison.Ordinal);
        Assert.All(report.Nodes.Where(n => n.Name != node), n => Assert.Empty(n.Problems));
        Assert.Contains(rig.Cluster.GetViolations(atEnd: true, completed: true), v => v.Watcher == "W16" && v.Node == node);
        Assert.Throws<UpgradeException>(() => rig.Resume(report.RunId));
        Assert.Empty(rig.Cluster.GetMail().Lost);
    }

    [Fact]
    public void A_problem_that_comes_up_while_the_last_node_is_watched_is_told_at_the_end()
    {
        VirtualRig rig = new();
        UpgradeReport report = rig.Upgrade(
            When(rig, "after the outcome S16/gw1", new SimulatedFault { Fault = "service-failed", Node = "gw2", Value = "ksmg-scanner" }));

        Assert.Equal(UpgradeEnd.CompletedWithProblems, report.End);
        Assert.Contains("gw2: service ksmg-scanner", report.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Who_resumes_a_run_at_its_very_end_looks_at_the_nodes_again()
    {
        VirtualProcess whole = new();
        new VirtualRig().Upgrade(whole);
        VirtualRig rig = new();
        UpgradePlan plan = rig.Plan();
        rig.Crash(plan, new VirtualProcess(whole.Points.FindIndex(p => p == $"{VirtualProcess.AfterOutcome} S17/-/- Done")), resume: false);
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "integrity-damaged", Node = "gw3" });
        UpgradeReport report = rig.Resume(plan.RunId);

        Assert.True(report.End == UpgradeEnd.CompletedWithProblems, report.Reason);
        Assert.Contains("gw3", report.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no-sync-after-update", "syncFailed", VendorsText)]
    [InlineData("clock-skew", null, "time differs")]
    public void What_an_equal_build_does_not_bring_about_stops_before_the_next_node(string fault, string? _, string told)
    {
        VirtualRig rig = new(options: new SimulatedClusterOptions { Promotion = PromotionRule.DemotesFormer });
        rig.Cluster.Faults.Arm(fault == "clock-skew"
            ? new SimulatedFault { Fault = fault, Node = "gw3", Value = "00:20:00", Operation = "start-update", After = "apply" }
            : new SimulatedFault { Fault = fault, Node = "gw3" });
        UpgradeReport report = rig.Upgrade();

        Assert.True(report.End == UpgradeEnd.Paused, report.Reason + "\n" + rig.Story(report.RunId));
        Assert.Contains("gw3", report.Reason, StringComparison.Ordinal);
        Assert.Contains(told, report.Reason, StringComparison.Ordinal);
        Assert.Empty(rig.Effects("install-started", "gw1"));
        Assert.Contains(rig.Explain(report.RunId).Options, o => o is { Kind: HumanOptionKind.Override, Check: UpgradeOverrides.FinishedNode });

        rig.Cluster.Faults.Clear();
        rig.Cluster.World["gw3"].NeverSynchronizes = false;
        report = rig.Resume(report.RunId);
        Assert.True(report.End == UpgradeEnd.Completed, report.Reason);
        rig.AssertNoViolation();
    }

    [Theory]
    [InlineData("00:20:00")]
    [InlineData("-00:20:00")]
    public void A_clock_that_differs_after_the_update_is_no_completed_run(string skew)
    {
        VirtualRig rig = new();
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "clock-skew", Node = "gw3", Value = skew, Operation = "start-update", After = "apply" });
        UpgradeReport report = rig.Upgrade();

        Assert.True(report.End is UpgradeEnd.CompletedWithProblems or UpgradeEnd.Paused, report.Reason);
        Assert.Contains("gw3", report.Reason, StringComparison.Ordinal);
        Assert.Contains("clock differs", report.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(PromotionRule.LeavesTwo)]
    [InlineData(PromotionRule.DemotesFormer)]
    public void The_clock_of_the_new_Control_node_counts_too(PromotionRule promotion)
    {
        VirtualRig rig = new(options: new SimulatedClusterOptions { Promotion = promotion });
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "clock-skew", Node = "gw2", Value = "00:20:00", Operation = "assign-control", After = "apply" });
        UpgradeReport report = rig.Upgrade();

        Assert.True(report.End == UpgradeEnd.Paused, report.Reason + "\n" + rig.Story(report.RunId));
        Assert.Contains("clock differs", report.Reason, StringComparison.Ordinal);
        Assert.Single(rig.Effects("install-started"));
    }

    [Fact]
    public void Settings_that_arrive_late_are_waited_for()
    {
        VirtualRig rig = new();
        rig.Cluster.Faults.Arm(
            new SimulatedFault { Fault = "sync-fails", Node = "gw1", For = TimeSpan.FromSeconds(100), Operation = "start-update", After = "apply" });
        UpgradeReport report = rig.Upgrade();

        Assert.True(report.End == UpgradeEnd.Completed, report.Reason);
        rig.AssertNoViolation();
    }

    [Fact]
    public void A_finished_node_that_is_not_well_can_be_overridden_by_name_and_is_told_at_the_end()
    {
        VirtualRig rig = new(options: new SimulatedClusterOptions { Promotion = PromotionRule.DemotesFormer });
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "no-sync-after-update", Node = "gw3" });
        string run = rig.Upgrade().RunId;
        rig.Tell(run, r => r.OverrideAsync("ann", UpgradeOverrides.FinishedNode, "known to the vendor", rig.Time.GetUtcNow() + TimeSpan.FromHours(2)));
        UpgradeReport report = rig.Resume(run);

        Assert.True(report.End == UpgradeEnd.CompletedWithProblems, report.Reason + "\n" + rig.Story(run));
        Assert.Contains(VendorsText, report.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sync-fails", null, UpgradeConsents.NodeProblem, VendorsText)]
    [InlineData("databases", "outOfDate", UpgradeConsents.OldDatabases, "out of date")]
    [InlineData("license", "expired", UpgradeConsents.ExpiredLicense, "commercial license")]
    public void What_was_there_at_the_start_and_was_accepted_is_told_as_known(string fault, string? value, string consent, string told)
    {
        VirtualRig rig = new(policy: VirtualRig.FastPolicy(3) with { Accept = [consent], PauseAfter = PausePoint.First });
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = fault, Node = "gw3", Value = value });
        UpgradePlan plan = rig.Plan();
        Assert.False(plan.IsRefused, plan.ToText());
        rig.Start(plan);
        rig.Tell(plan.RunId, run => run.ApproveAsync("ann", plan.Hash));
        UpgradeReport report = rig.Resume(plan.RunId);

        Assert.True(report.End == UpgradeEnd.Completed, report.Reason + "\n" + rig.Story(plan.RunId));
        Assert.Contains("Known since the start: gw3", report.Reason, StringComparison.Ordinal);
        Assert.Contains(told, report.Reason, StringComparison.Ordinal);
        Assert.NotEmpty(report.Nodes.Single(n => n.Name == "gw3").KnownProblems);
        Assert.All(report.Nodes, n => Assert.Empty(n.Problems));
        rig.AssertNoViolation();
    }

    [Fact]
    public void A_second_problem_is_not_covered_by_a_known_one()
    {
        VirtualRig rig = new(policy: VirtualRig.FastPolicy(3) with { Accept = [UpgradeConsents.OldDatabases] });
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "databases", Node = "gw3", Value = "outOfDate" });
        UpgradeReport report = rig.Upgrade(
            When(rig, "after the outcome S16/gw1", new SimulatedFault { Fault = "databases", Node = "gw3", Value = "obsolete" }));

        Assert.Equal(UpgradeEnd.CompletedWithProblems, report.End);
        Assert.Contains("gw3: its databases are 'obsolete'", report.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(20, 30, true)]
    [InlineData(20, 5, false)]
    public void Databases_may_be_missing_for_a_while_after_an_update(int minutes, int timeout, bool completes)
    {
        VirtualRig rig = new(policy: VirtualRig.FastPolicy(3) with { DatabasesTimeout = TimeSpan.FromMinutes(timeout) });
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "databases-after-update", For = TimeSpan.FromMinutes(minutes), Times = completes ? 3 : 1 });
        UpgradeReport report = rig.Upgrade();

        Assert.True(report.End == (completes ? UpgradeEnd.Completed : UpgradeEnd.NeedsHuman), report.Reason + "\n" + rig.Story(report.RunId));
        if (!completes)
        {
            Assert.Contains("databases", report.Reason, StringComparison.Ordinal);
            rig.Time.Advance(TimeSpan.FromMinutes(minutes));
            Assert.Equal(UpgradeEnd.Completed, rig.Resume(report.RunId).End);
        }

        rig.AssertNoViolation();
    }

    [Theory]
    [MemberData(nameof(Illnesses))]
    public void A_node_that_fell_ill_while_the_run_waited_is_not_touched(string fault, string? value)
    {
        VirtualRig rig = Rig(PausePoint.First);
        UpgradePlan plan = rig.Plan();
        rig.Start(plan);
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = fault, Node = "gw3", Value = value });
        rig.Time.Advance(TimeSpan.FromHours(30));
        rig.Tell(plan.RunId, run => run.ApproveAsync("ann", plan.Hash));
        UpgradeReport report = rig.Resume(plan.RunId);

        Assert.True(report.End == UpgradeEnd.Paused, report.Reason);
        Assert.Contains("gw3", report.Reason, StringComparison.Ordinal);
        Assert.Empty(rig.Effects("install-started", "gw3"));
        Assert.Empty(rig.Effects("load-switched", "gw3"));
        Assert.True(rig.Cluster.World["gw3"].Receiving);

        rig.Cluster.Faults.Clear();
        rig.Cluster.Act("gw3", "send-on");
        report = rig.Resume(plan.RunId);
        Assert.True(report.End == UpgradeEnd.Completed, report.Reason);
        rig.AssertNoViolation();
    }

    [Theory]
    [MemberData(nameof(Illnesses))]
    public void A_node_that_falls_ill_while_it_drains_is_put_back_and_not_installed_on(string fault, string? value)
    {
        VirtualRig rig = Rig(PausePoint.None);
        UpgradePlan plan = rig.Plan();
        UpgradeReport report = rig.Start(plan, When(rig, "after the outcome S3/gw3", new SimulatedFault { Fault = fault, Node = "gw3", Value = value }));

        Assert.Empty(rig.Effects("install-started", "gw3"));
        Assert.Contains("gw3", report.Reason, StringComparison.Ordinal);

        // What scans goes back to work; what does not stays out of it, for people to look at.
        bool scans = fault is "databases" or "disk-low" or "clock-skew";
        if (fault is not ("no-permissions" or "human-act"))
        {
            Assert.True(report.End == (scans ? UpgradeEnd.Paused : UpgradeEnd.NeedsHuman), report.Reason + "\n" + rig.Story(plan.RunId));
            Assert.Equal(scans ? NodeOutcome.PutBack : NodeOutcome.Parked, report.Nodes.Single(n => n.Name == "gw3").Outcome);
        }

        rig.Cluster.Faults.Clear();
        rig.Cluster.Act("gw3", "send-on");
        report = rig.Resume(plan.RunId);
        Assert.True(report.End == UpgradeEnd.Completed, report.Reason + "\n" + rig.Story(plan.RunId));
        rig.AssertNoViolation();
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void A_node_known_to_be_out_does_not_work_again_when_its_page_falls_silent(int nodes)
    {
        VirtualRig rig = new(nodes, policy: VirtualRig.FastPolicy(nodes) with { PauseAfter = PausePoint.First });
        UpgradePlan plan = rig.Plan();
        rig.Start(plan);
        string ill = nodes == 2 ? "gw2" : "gw1";
        rig.Cluster.Act(ill, "receive-off");
        rig.Tell(plan.RunId, run => run.ApproveAsync("ann", plan.Hash));
        Assert.Equal(UpgradeEnd.Paused, rig.Resume(plan.RunId).End);
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "web-dead", Node = ill, For = TimeSpan.FromMinutes(5) });
        rig.Time.Advance(TimeSpan.FromSeconds(2));
        UpgradeReport report = rig.Resume(plan.RunId);

        Assert.True(report.End is UpgradeEnd.Paused or UpgradeEnd.NeedsHuman, report.Reason);
        Assert.Single(rig.Effects("install-started"));
        Assert.DoesNotContain(rig.Cluster.GetViolations(), v => v.Cause == EffectCause.Client);
    }

    [Theory]
    [InlineData(60, false)]
    [InlineData(600, true)]
    public void A_short_silence_of_another_nodes_page_puts_nothing_back_and_a_long_one_does(int seconds, bool putBack)
    {
        VirtualRig rig = new();
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "queue-stuck", Node = "gw2", Value = "1", For = TimeSpan.FromSeconds(seconds < 100 ? 150 : 280) });
        UpgradeReport report = rig.Upgrade(
            When(rig, "after the outcome S2/gw2", new SimulatedFault { Fault = "web-dead", Node = "gw3", For = TimeSpan.FromSeconds(seconds) }));

        Assert.True(report.End == (putBack ? UpgradeEnd.Paused : UpgradeEnd.Completed), report.Reason + "\n" + rig.Story(report.RunId));
        Assert.Equal(putBack, rig.Records(report.RunId).Any(r => r.Entry.Values?.GetValueOrDefault(Marks.Node) == Marks.PuttingBack));
    }

    [Fact]
    public void The_former_Control_node_gives_nothing_up_while_its_heir_does_not_answer_everything()
    {
        VirtualRig rig = new(2);
        SimulatedFault deaf = new() { Fault = "refuse", Node = "gw2", Operation = "get-mail-flow", Value = "500", For = TimeSpan.FromSeconds(60) };
        UpgradeReport report = rig.Upgrade(When(rig, "after the outcome S5/gw1", deaf));

        Assert.True(report.End == UpgradeEnd.Completed, report.Reason);
        DateTimeOffset fired = rig.Effects("fault-fired", "gw2").Min(e => e.At);
        Assert.True(rig.Effects("role-assigned", "gw1").Single().At >= fired + TimeSpan.FromSeconds(60));
    }

    /// <summary>Without senders: a node that cannot send has nothing to send.</summary>
    private static VirtualRig Rig(PausePoint pause) => new(
        policy: VirtualRig.FastPolicy(3) with
        {
            PauseAfter = pause,
            RequiredFreeBytes = new Dictionary<string,
            long>(StringComparer.Ordinal)
            { ["/var/log"] = 200L << 20 },
        },
        mailPerSecond: 0);

    /// <summary>A process that lives, and what befalls the world when it comes to a point.</summary>
    private static VirtualProcess When(VirtualRig rig, string at, SimulatedFault fault) =>
        VirtualProcess.Once(at, () => rig.Cluster.Faults.Arm(fault));
}
