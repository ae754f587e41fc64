using System.Text;
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
        rig.Cluster.Faults.Arm(
            new SimulatedFault
            {
                Fault = "drop-response",
                Node = "gw2",
                Operation = fraction == 0 ? "upload-update" : "upload-bytes",
                Nth = Math.Max(1, (int)(fraction * 10)),
            });
        UpgradeReport report = rig.Upgrade();

        Assert.True(report.End == UpgradeEnd.Completed, report.Reason);
        Assert.True(report.Nodes.Single(n => n.Name == "gw2").Steps.Single(s => s.Id == StepId.Upload).Attempts > 1);
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
        VirtualRig rig = new(
            policy: VirtualRig.FastPolicy(3) with { DemoteFormerControl = demote, Accept = [UpgradeConsents.DemoteWhenPromoted] },
            options: new SimulatedClusterOptions { AboutShowsBuild = false });
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

    [Fact]
    public void Evidence_from_outside_proves_what_a_short_version_leaves_open()
    {
        VirtualRig rig = null!;
        rig = new VirtualRig(options: new SimulatedClusterOptions { AboutShowsBuild = false })
        {
            BuildEvidence = new Log(node => new BuildEvidence(rig.Cluster.World[node].Build, rig.Cluster.World.Now, "CEF")),
        };
        UpgradeReport report = rig.Upgrade();

        Assert.Equal(UpgradeEnd.Completed, report.End);
        Assert.Equal("CEF: 2.1.0.7854", Outcome(rig, report, "S10/gw2/0")["evidence"]);
    }

    [Fact]
    public void Evidence_of_the_old_build_makes_the_verification_wait_and_condemns_no_node()
    {
        VirtualRig rig = null!;
        rig = new VirtualRig { BuildEvidence = new Log(_ => new BuildEvidence(rig.Cluster.Options.Build, rig.Cluster.World.Now, "CEF")) };
        UpgradeReport report = rig.Upgrade();

        Assert.True(report.End == UpgradeEnd.Completed, report.Reason);
        RunState run = RunState.Fold(rig.Records(report.RunId));
        Assert.True(run[StepKey.Parse("S10/gw2/0")].OutcomeAt - run[StepKey.Parse("S9/gw2/-")].OutcomeAt >= rig.Policy.StepTimeout, "It waited.");
    }

    [Fact]
    public void Evidence_that_cannot_be_had_holds_nothing_up()
    {
        VirtualRig rig = new() { BuildEvidence = new Log(_ => throw new KsmgException("deaf")) };
        Assert.Equal(UpgradeEnd.Completed, rig.Upgrade().End);
    }

    [Fact]
    public void A_physical_node_gets_no_snapshot_by_a_consent_that_names_it()
    {
        VirtualRig rig = new(policy: VirtualRig.FastPolicy(3) with { Accept = [UpgradeConsents.NoSnapshotsOf("gw2")] });
        UpgradeReport report = rig.Upgrade();

        Assert.Equal(UpgradeEnd.Completed, report.End);
        Assert.Equal(["gw1", "gw3"], rig.Effects("snapshot-created").Select(e => e.Node!).Distinct().Order());
        VirtualRig unknown = new(policy: VirtualRig.FastPolicy(3) with { Accept = [UpgradeConsents.NoSnapshotsOf("gw9")] });
        Assert.Contains(unknown.Plan().Findings, f => f is { Severity: FindingSeverity.Refusal, Code: "policy-consent" });
    }

    [Fact]
    public void A_conflict_is_described_for_the_human_who_carries_the_change_over()
    {
        VirtualRig rig = new(1);
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "config-changed", Node = "gw1", Path = FileStore.VersionedPath });
        UpgradeReport report = rig.Upgrade();

        Assert.True(report.End == UpgradeEnd.Completed, report.Reason);
        string diff = rig.ReadFile(report.RunId, ConfigurationManifest.ConflictsName("gw1"));
        Assert.All(
            Outcome(rig, report, "S12/gw1/-")["conflicts"].Split('\n'), path => Assert.Contains($"+++ {path} (saved)\n", diff, StringComparison.Ordinal));
        Assert.Contains("\n@@ ", diff, StringComparison.Ordinal);

        // Both sides apart: what the vendor changed, and what was changed by hand.
        string path = FileStore.VersionedPath;
        Assert.Contains(
            $"# {path}: changed by hand, and 2.1.0.7854 ships another file than 2.0.1.6960 did. First what the vendor", diff, StringComparison.Ordinal);
        Assert.Contains($"--- {path} (2.0.1.6960)\n+++ {path} (2.1.0.7854)\n", diff, StringComparison.Ordinal);
        Assert.Contains($"--- {path} (2.0.1.6960)\n+++ {path} (saved)\n", diff, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_build_ships_is_asked_while_it_is_installed()
    {
        VirtualRig rig = new(1);
        UpgradeReport report = rig.Upgrade();
        Assert.True(report.End == UpgradeEnd.Completed, report.Reason);
        ConfigurationManifest manifest = ManifestJson.Read(Encoding.UTF8.GetBytes(rig.ReadFile(report.RunId, ConfigurationManifest.FileName("gw1"))))!;
        Assert.All(manifest.Files, file => Assert.Equal(FileStore.Ship(file.Path, manifest.Build)!.Sha256, manifest.Shipped![file.Path]));
        Assert.NotEmpty(manifest.Files);
    }

    /// <summary>Nodes whose snapshots are looked at are not asked who they are each time: that is no reason to hold somebody's change against them.</summary>
    [Fact]
    public void A_change_that_was_put_right_while_snapshots_are_taken_holds_nothing_up()
    {
        UpgradePolicy policy = VirtualRig.FastPolicy(3) with { SlowPollInterval = TimeSpan.FromSeconds(15), SnapshotTimeout = TimeSpan.FromMinutes(30) };
        VirtualRig rig = new(policy: policy, options: new SimulatedClusterOptions { SnapshotTime = TimeSpan.FromMinutes(10) });
        UpgradePlan plan = rig.Plan();
        UpgradeReport stopped = rig.Start(plan, VirtualProcess.Once("effect sent, answer not read S4a/gw3", () => rig.Cluster.Act("gw2", "drain")));
        Assert.True(stopped.End == UpgradeEnd.Paused, rig.Story(plan.RunId));
        Assert.Contains("gw2 in mode Drain", stopped.Reason, StringComparison.Ordinal);

        rig.Cluster.Act("gw2", "undrain");
        UpgradeReport report = rig.Resume(plan.RunId);
        Assert.True(report.End == UpgradeEnd.Completed, rig.Story(plan.RunId));
        rig.AssertNoViolation();
    }

    [Fact]
    public void A_node_that_keeps_no_package_is_not_given_it_for_ever()
    {
        VirtualRig rig = new();
        UpgradePlan plan = rig.Plan();
        bool keeps = false;
        UpgradeReport stopped = rig.Start(plan, new VirtualProcess
        {
            At = point =>
            {
                if (!keeps && point.StartsWith("after the outcome S7/gw2/0 Done", StringComparison.Ordinal))
                {
                    SimulatedNode node = rig.Cluster.World["gw2"];
                    node.DeleteUpload(Assert.Single(node.ListUploads()).Id, new Caller(EffectCause.Fault));
                }
            },
        });
        Assert.True(stopped.End == UpgradeEnd.Paused, rig.Story(plan.RunId));
        Assert.Contains("'upload the package' on gw2 failed 3 times", stopped.Reason, StringComparison.Ordinal);
        Assert.Equal(NodeOutcome.PutBack, stopped.Nodes.Single(n => n.Name == "gw2").Outcome);
        Assert.Equal(3, rig.Effects("upload-finished", "gw2").Count());
        Assert.Empty(rig.Effects("install-started"));

        keeps = true;
        Assert.Equal(UpgradeEnd.Completed, rig.Resume(plan.RunId).End);
        rig.AssertNoViolation();
    }

    private static IReadOnlyDictionary<string, string> Outcome(VirtualRig rig, UpgradeReport report, string step) =>
        rig.Records(report.RunId).Last(r => r.Entry.Kind == JournalEntryKind.Outcome && r.Entry.Step == step).Entry.Values!;

    private static void AssertParked(VirtualRig rig, string node, string build)
    {
        SimulatedNode parked = rig.Cluster.World.Nodes.Single(n => n.Name == node);
        Assert.Equal(build, parked.Build.ToString());
        Assert.False(parked.Receiving);
        Assert.NotEqual(LoadMode.Ready, rig.Cluster.World.Mail.Balancer.StateOf(node).Mode);

        // A test message that a fault swallowed is lost by that fault; of the senders' mail nothing may be.
        Assert.DoesNotContain(rig.Cluster.GetMail().Lost, id => !id.Contains("ksmg-upgrade", StringComparison.Ordinal));
    }

    /// <summary>What others say of the nodes.</summary>
    private sealed class Log(Func<string, BuildEvidence> say) : IBuildEvidence
    {
        public Task<BuildEvidence?> GetAsync(string node, CancellationToken cancellationToken = default) => Task.FromResult<BuildEvidence?>(say(node));
    }
}
