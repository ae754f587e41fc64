using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>Each fault alone: the run ends in a named state with a sentence, the node stands as promised, and no mail is lost.</summary>
public sealed class FaultTests
{
    [Fact]
    public void Unknown_objects_park_the_node_and_a_resume_after_their_removal_finishes()
    {
        VirtualRig rig = new();
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "unknown-objects", Node = "gw2", Value = "/opt/extra/agent" });
        UpgradeReport report = rig.Upgrade();

        Assert.Equal(UpgradeEnd.NeedsHuman, report.End);
        Assert.Contains("unknown objects", report.Reason, StringComparison.Ordinal);
        AssertParked(rig, "gw2", "2.0.1.6960");

        rig.Cluster.Faults.Clear();
        Assert.Equal(UpgradeEnd.Completed, rig.Resume(report.RunId).End);
        rig.AssertNoViolation();
    }

    [Fact]
    public void A_node_that_returns_with_the_old_build_is_parked_and_can_be_tried_again()
    {
        VirtualRig rig = new();
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "install-old-build", Node = "gw2" });
        UpgradeReport report = rig.Upgrade();

        Assert.Equal(UpgradeEnd.NeedsHuman, report.End);
        Assert.Contains("came back with 2.0.1.6960", report.Reason, StringComparison.Ordinal);
        AssertParked(rig, "gw2", "2.0.1.6960");
        Assert.Equal(UpgradeEnd.Completed, rig.Resume(report.RunId).End);
        rig.AssertNoViolation();
    }

    [Fact]
    public void A_web_interface_that_never_returns_ends_in_a_named_state()
    {
        VirtualRig rig = new();
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "ui-never-returns", Node = "gw2" });
        UpgradeReport report = rig.Upgrade();

        Assert.Equal(UpgradeEnd.NeedsHuman, report.End);
        Assert.Contains("gw2", report.Reason, StringComparison.Ordinal);
        Assert.Contains("console", report.Reason, StringComparison.Ordinal);
        Assert.Single(rig.Effects("install-started"));
        Assert.Empty(rig.Cluster.GetMail().Lost);
        Assert.Equal(NodeOutcome.Parked, report.Nodes.Single(n => n.Name == "gw2").Outcome);

        rig.Cluster.World["gw2"].Repair();
        UpgradeReport resumed = rig.Resume(report.RunId);
        Assert.True(resumed.End == UpgradeEnd.Completed, resumed.Reason + "\n" + rig.Story(report.RunId));
        Assert.Single(rig.Effects("install-started", "gw2"));
        rig.AssertNoViolation();
    }

    [Fact]
    public void A_queue_that_never_drains_asks_a_human_and_nothing_is_installed()
    {
        VirtualRig rig = new();
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "queue-stuck", Node = "gw2", Queue = "mta", Value = "3" });
        UpgradeReport report = rig.Upgrade();

        Assert.Equal(UpgradeEnd.NeedsHuman, report.End);
        Assert.Contains("did not drain", report.Reason, StringComparison.Ordinal);
        Assert.Empty(rig.Effects("install-started"));

        rig.Cluster.Faults.Clear();
        Assert.Equal(UpgradeEnd.Completed, rig.Resume(report.RunId).End);
        rig.AssertNoViolation();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.5)]
    [InlineData(0.999)]
    public void An_upload_that_is_cut_is_begun_anew(double fraction)
    {
        VirtualRig rig = new();
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "drop-response", Node = "gw2", Operation = fraction == 0 ? "upload-update" : "upload-bytes", Nth = Math.Max(1, (int)(fraction * 10)) });
        UpgradeReport report = rig.Upgrade();

        Assert.True(report.End == UpgradeEnd.Completed, report.Reason);
        Assert.True(report.Nodes.Single(n => n.Name == "gw2").Steps.Single(s => s.Id == "S7").Attempts > 1);
        rig.AssertNoViolation();
    }

    [Fact]
    public void A_test_message_that_does_not_arrive_parks_the_node_at_the_new_build()
    {
        VirtualRig rig = new();
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "probe-lost", Value = "ksmg-upgrade", Times = 2 });
        UpgradeReport report = rig.Upgrade();

        Assert.Equal(UpgradeEnd.NeedsHuman, report.End);
        Assert.Contains("did not arrive", report.Reason, StringComparison.Ordinal);
        AssertParked(rig, "gw2", "2.1.0.7854");

        rig.Cluster.Faults.Clear();
        UpgradeReport resumed = rig.Resume(report.RunId);
        Assert.True(resumed.End == UpgradeEnd.Completed, resumed.Reason + "\n" + rig.Story(report.RunId));
        Assert.DoesNotContain(rig.Cluster.GetViolations(atEnd: true), v => v.Cause == EffectCause.Client);
    }

    [Fact]
    public void A_load_balancer_that_refuses_pauses_the_run_with_nothing_undone_or_lost()
    {
        VirtualRig rig = new();
        UpgradePlan plan = rig.Plan();
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "balancer-refuses" });
        UpgradeReport report = rig.Start(plan);

        Assert.Equal(UpgradeEnd.Paused, report.End);
        Assert.Contains("balancer", report.Reason, StringComparison.OrdinalIgnoreCase);
        Assert.Empty(rig.Effects("install-started"));
        Assert.Empty(rig.Effects("receiving-switched"));

        rig.Cluster.Faults.Clear();
        Assert.Equal(UpgradeEnd.Completed, rig.Resume(report.RunId).End);
        rig.AssertNoViolation();
    }

    [Fact]
    public void A_load_balancer_that_forgets_the_drain_is_drained_again()
    {
        VirtualRig rig = new();
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "balancer-reload", Node = "gw2", Operation = "start-update", After = "apply" });
        UpgradeReport report = rig.Upgrade();

        Assert.True(report.End == UpgradeEnd.Completed, report.Reason);
        Assert.True(rig.Cluster.GetEffects().Count(e => e.Effect == "load-switched" && e.Node == "gw2" && e.Cause == EffectCause.Client) >= 3);
        rig.AssertNoViolation();
    }

    [Fact]
    public void Another_node_that_leaves_service_before_the_installation_puts_the_node_in_hand_back_at_once()
    {
        VirtualRig rig = new();
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "queue-stuck", Node = "gw2", Queue = "mta", Value = "1" });
        UpgradePlan plan = rig.Plan();
        UpgradeRun run = rig.Time.Run(() => rig.Orchestrator().StartAsync(plan), VirtualRig.Limit);
        rig.Time.Run(() => Task.Delay(TimeSpan.FromSeconds(30), rig.Time), VirtualRig.Limit);
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "power-off", Node = "gw3" });
        UpgradeReport report = rig.Time.Run(() => run.WaitAsync(), VirtualRig.Limit);

        Assert.Equal(UpgradeEnd.Paused, report.End);
        Assert.Contains("gw3", report.Reason, StringComparison.Ordinal);
        Assert.True(report.Nodes.Single(n => n.Name == "gw2").Outcome == NodeOutcome.PutBack, rig.Story(plan.RunId));
        Assert.True(rig.Cluster.World.Nodes.Single(n => n.Name == "gw2").Receiving);
        Assert.Equal(LoadMode.Ready, rig.Cluster.World.Mail.Balancer.StateOf("gw2").Mode);
        Assert.Empty(rig.Effects("install-started"));
    }

    [Fact]
    public void A_node_whose_drain_never_began_is_not_drained_once_another_one_is_out_of_work()
    {
        VirtualProcess whole = new();
        new VirtualRig().Upgrade(whole);
        VirtualRig rig = new();
        UpgradePlan plan = rig.Plan();
        rig.Crash(plan, new VirtualProcess(whole.Points.FindIndex(p => p == $"{VirtualProcess.AfterIntent} S1/gw3/-")), resume: false);
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "web-dead", Node = "gw1", Value = "smtp-dead" });
        UpgradeReport report = rig.Resume(plan.RunId);

        Assert.Equal(UpgradeEnd.Paused, report.End);
        Assert.Contains("gw1", report.Reason, StringComparison.Ordinal);
        Assert.Empty(rig.Effects("load-switched", "gw3"));
        rig.Cluster.Faults.Clear();
        Assert.Equal(UpgradeEnd.Completed, rig.Resume(plan.RunId).End);
        rig.AssertNoViolation();
    }

    [Fact]
    public void A_node_that_has_to_be_put_back_twice_is_put_back_twice()
    {
        VirtualRig rig = new();
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "refuse", Node = "gw1", Operation = "set-receiving", Value = "403", Times = 6 });
        UpgradeReport first = rig.Upgrade();
        UpgradeReport second = rig.Resume(first.RunId);

        Assert.Equal(UpgradeEnd.Paused, first.End);
        Assert.True(second.End == UpgradeEnd.Paused, second.Reason + "\n" + rig.Story(first.RunId));
        Assert.Equal(NodeOutcome.PutBack, second.Nodes.Single(n => n.Name == "gw2").Outcome);
        Assert.Equal(UpgradeEnd.Completed, rig.Resume(first.RunId).End);
        rig.AssertNoViolation();
    }

    [Theory]
    [InlineData(DemoteFormerControl.BeforeItsUpdate)]
    [InlineData(DemoteFormerControl.WhenPromoted)]
    public void Nodes_whose_pages_show_only_a_short_version_are_upgraded_too(DemoteFormerControl demote)
    {
        VirtualRig rig = new(policy: VirtualRig.FastPolicy(3) with { DemoteFormerControl = demote }, options: new SimulatedClusterOptions { AboutShowsBuild = false });
        UpgradeReport report = rig.Upgrade();

        Assert.True(report.End == UpgradeEnd.Completed, report.Reason);
        rig.AssertNoViolation();
    }

    [Fact]
    public void A_gate_waits_for_an_approval_that_is_bound_to_the_plan()
    {
        VirtualRig rig = new(policy: VirtualRig.FastPolicy(3) with { PauseAfter = PausePoint.First });
        UpgradePlan plan = rig.Plan();
        UpgradeReport report = rig.Start(plan);
        Assert.Equal(UpgradeEnd.Paused, report.End);
        Assert.Contains("approval", report.Reason, StringComparison.Ordinal);

        Assert.Throws<CommandRefusedException>(() => rig.Tell(plan.RunId, run => run.ApproveAsync("test", "another plan")));
        Assert.Equal(UpgradeEnd.Paused, rig.Resume(plan.RunId).End);

        rig.Tell(plan.RunId, run => run.ApproveAsync("test", plan.Hash));
        Assert.Equal(UpgradeEnd.Completed, rig.Resume(plan.RunId).End);
        rig.AssertNoViolation();
    }

    private static void AssertParked(VirtualRig rig, string node, string build)
    {
        SimulatedNode parked = rig.Cluster.World.Nodes.Single(n => n.Name == node);
        Assert.Equal(build, parked.Build.ToString());
        Assert.False(parked.Receiving);
        Assert.NotEqual(LoadMode.Ready, rig.Cluster.World.Mail.Balancer.StateOf(node).Mode);

        // A test message that a fault swallowed is lost by that fault; of the senders' mail nothing may be.
        Assert.DoesNotContain(rig.Cluster.GetMail().Lost, id => !id.Contains("ksmg-upgrade", StringComparison.Ordinal));
    }
}
