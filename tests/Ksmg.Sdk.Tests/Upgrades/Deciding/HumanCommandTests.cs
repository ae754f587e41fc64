using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;
using Xunit.Abstractions;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>What humans tell a run, from another process: it does that and nothing else, and the mail flows on.</summary>
public sealed class HumanCommandTests(ITestOutputHelper output)
{
    private const string OldBuild = "2.0.1.6960";
    private const string NewBuild = "2.1.0.7854";

    [Fact]
    public void Where_the_run_waits_for_approvals_can_be_changed()
    {
        (VirtualRig rig, string run) = AtTheGate();
        rig.Tell(run, r => r.PauseAfterAsync("ann", PausePoint.None, "we stay awake"));

        Assert.Equal(UpgradeEnd.Completed, rig.Resume(run).End);
        Assert.Contains("Why: we stay awake.", rig.Story(run), StringComparison.Ordinal);
        rig.AssertNoViolation();
    }

    [Fact]
    public void A_pause_comes_when_the_node_in_hand_is_back_at_work()
    {
        VirtualRig rig = new();
        UpgradePlan plan = rig.Plan();
        UpgradeReport report = rig.Start(plan, Saying(rig, plan, "effect sent, answer not read S8/gw2/0 start-update", r => r.PauseAsync("ann", "tea")));

        Assert.Equal(UpgradeEnd.Paused, report.End);
        Assert.Contains("tea", report.Reason, StringComparison.Ordinal);
        Assert.Equal([NodeOutcome.Upgraded, NodeOutcome.Waiting, NodeOutcome.Waiting], report.Nodes.Select(n => n.Outcome));
        Assert.Equal(UpgradeEnd.Completed, rig.Resume(plan.RunId).End);
        rig.AssertNoViolation();
    }

    [Fact]
    public void An_abort_between_nodes_ends_the_run_at_once()
    {
        (VirtualRig rig, string run) = AtTheGate();
        rig.Tell(run, r => r.AbortAsync("ann", "not tonight"));
        UpgradeReport report = rig.Resume(run);

        Assert.Equal(UpgradeEnd.Aborted, report.End);
        Assert.Contains("not tonight", report.Reason, StringComparison.Ordinal);
        Assert.Single(rig.Effects("install-started"));
        rig.AssertNoViolation();

        Assert.Equal(UpgradeEnd.Completed, ThroughTheGates(rig, rig.Upgrade().RunId).End);
        Assert.Equal([NewBuild, NewBuild, NewBuild], Builds(rig));
    }

    [Fact]
    public void An_abort_before_the_installation_puts_the_node_back()
    {
        VirtualRig rig = StuckAt("gw2", out string run);
        rig.Tell(run, r => r.AbortAsync("ann"));
        rig.Cluster.Faults.Clear();
        UpgradeReport report = rig.Resume(run);

        Assert.Equal(UpgradeEnd.Aborted, report.End);
        Assert.Empty(rig.Effects("install-started"));
        rig.AssertNoViolation(rig.Story(run));
    }

    [Fact]
    public void An_abort_after_the_installation_finishes_the_node()
    {
        VirtualRig rig = new();
        UpgradePlan plan = rig.Plan();
        UpgradeReport report = rig.Start(plan, Saying(rig, plan, "effect sent, answer not read S8/gw2/0 start-update", r => r.AbortAsync("ann")));

        Assert.Equal(UpgradeEnd.Aborted, report.End);
        Assert.Equal(NewBuild, rig.Cluster.World["gw2"].Build.ToString());
        Assert.Single(rig.Effects("install-started"));
        rig.AssertNoViolation(rig.Story(plan.RunId));
    }

    [Fact]
    public void A_skipped_node_keeps_its_build_and_the_others_go_on()
    {
        (VirtualRig rig, string run) = AtTheGate();
        rig.Tell(run, r => r.SkipAsync("ann", "gw3"));
        rig.Tell(run, r => r.PauseAfterAsync("ann", PausePoint.None));
        UpgradeReport report = rig.Resume(run);

        Assert.Equal(UpgradeEnd.CompletedWithExceptions, report.End);
        Assert.Contains("gw3", report.Reason, StringComparison.Ordinal);
        Assert.Equal(NodeOutcome.Skipped, report.Nodes.Single(n => n.Name == "gw3").Outcome);
        Assert.Equal([NewBuild, NewBuild, OldBuild], Builds(rig));
        rig.AssertNoViolation();
    }

    [Fact]
    public void A_node_in_hand_is_put_back_before_it_is_skipped()
    {
        VirtualRig rig = StuckAt("gw3", out string run);
        rig.Tell(run, r => r.SkipAsync("ann", "gw3"));
        UpgradeReport report = rig.Resume(run);

        Assert.True(report.End == UpgradeEnd.CompletedWithExceptions, report.Reason + "\n" + rig.Story(run));
        Assert.Equal([NewBuild, NewBuild, OldBuild], Builds(rig));
        rig.AssertNoViolation(rig.Story(run));
    }

    [Fact]
    public void The_node_in_hand_can_be_parked_and_taken_up_again()
    {
        VirtualRig rig = StuckAt("gw2", out string run);
        rig.Tell(run, r => r.ParkAsync("ann", "gw2", "look at its queue"));
        UpgradeReport parked = rig.Resume(run);
        Assert.Equal(UpgradeEnd.NeedsHuman, parked.End);
        Assert.Equal(NodeOutcome.Parked, parked.Nodes.Single(n => n.Name == "gw2").Outcome);

        rig.Cluster.Faults.Clear();
        Assert.Equal(UpgradeEnd.Completed, rig.Resume(run).End);
        rig.AssertNoViolation();
    }

    [Fact]
    public void What_a_run_cannot_do_is_refused_with_a_reason()
    {
        (VirtualRig rig, string run) = AtTheGate();
        (Func<UpgradeRun, Task<RunCommandAnswer?>> Say, string Because)[] refused =
        [
            (r => r.SkipAsync("ann", "gw1"), "Control role"),
            (r => r.SkipAsync("ann", "gw9"), "gw9"),
            (r => r.ParkAsync("ann", "gw3"), "Skip it instead"),
            (r => r.RollbackAsync("ann", "gw3"), "installed nothing"),
            (r => r.OverrideAsync("ann", "install-queue", "I know better", rig.Time.GetUtcNow() + TimeSpan.FromHours(1)), "no check 'install-queue'"),
            (r => r.OverrideAsync("ann", UpgradeOverrides.Budget, " ", rig.Time.GetUtcNow() + TimeSpan.FromHours(1)), "reason"),
            (r => r.OverrideAsync("ann", UpgradeOverrides.Budget, "why", rig.Time.GetUtcNow() + TimeSpan.FromDays(2)), "time between"),
            (r => r.ApproveAsync("ann", "another plan"), "another plan"),
        ];
        foreach ((Func<UpgradeRun, Task<RunCommandAnswer?>> say, string because) in refused)
        {
            Assert.Contains(because, Assert.Throws<CommandRefusedException>(() => rig.Tell(run, say)).Message, StringComparison.Ordinal);
        }

        Assert.DoesNotContain(rig.Records(run), r => r.Entry.Kind == JournalEntryKind.Command);
    }

    [Fact]
    public void One_node_of_a_completed_run_is_rolled_back_after_a_consent_that_names_the_loss()
    {
        VirtualRig rig = new();
        string run = rig.Upgrade().RunId;
        rig.Tell(run, r => r.RollbackAsync("ann", "gw3", "does not scan"));
        UpgradeReport asking = rig.Resume(run);
        Assert.Equal(UpgradeEnd.Paused, asking.End);
        Assert.Contains("is lost", asking.Reason, StringComparison.Ordinal);
        Assert.Empty(rig.Effects("snapshot-reverted"));

        ApproveHere(rig, run);
        UpgradeReport report = rig.Resume(run);
        Assert.Equal(UpgradeEnd.RolledBack, report.End);
        Assert.Equal(NodeOutcome.RolledBack, report.Nodes.Single(n => n.Name == "gw3").Outcome);
        Assert.Equal([NewBuild, NewBuild, OldBuild], Builds(rig));
        Assert.Single(rig.Effects("snapshot-reverted"));
        rig.AssertNoViolation(rig.Story(run));
    }

    [Fact]
    public void A_rolled_back_Control_node_hands_its_role_to_another_upgraded_one()
    {
        VirtualRig rig = new();
        string run = rig.Upgrade().RunId;
        rig.Tell(run, r => r.RollbackAsync("ann", "gw2"));
        UpgradeReport report = ThroughTheGates(rig, run);

        Assert.True(report.End == UpgradeEnd.RolledBack, report.Reason + rig.Story(run));
        Assert.Equal(["gw1"], Controls(rig));
        Assert.Equal([NewBuild, OldBuild, NewBuild], Builds(rig));

        // For the moment between the two calls there are two Control nodes at one build; never none.
        Assert.Empty(rig.Cluster.GetViolations(atEnd: true));
        Assert.Empty(rig.Cluster.GetMail().Lost);
    }

    [Fact]
    public void All_nodes_go_back_in_reverse_order_and_the_role_only_with_an_override()
    {
        VirtualRig rig = new();
        string run = rig.Upgrade().RunId;
        rig.Tell(run, r => r.RollbackAllAsync("ann"));
        UpgradeReport stopped = ThroughTheGates(rig, run);
        Assert.Equal(UpgradeEnd.NeedsHuman, stopped.End);
        Assert.Contains(UpgradeOverrides.ControlToOldBuild, stopped.Reason, StringComparison.Ordinal);

        rig.Tell(
            run, r => r.OverrideAsync("ann", UpgradeOverrides.ControlToOldBuild, "the new build does not scan", rig.Time.GetUtcNow() + TimeSpan.FromHours(2)));
        UpgradeReport report = ThroughTheGates(rig, run);
        Assert.True(report.End == UpgradeEnd.RolledBack, report.Reason + "\n" + rig.Story(run));
        Assert.Equal([OldBuild, OldBuild, OldBuild], Builds(rig));
        Assert.Equal(["gw1", "gw3", "gw2"], rig.Effects("snapshot-reverted").Select(e => e.Node!));
        Assert.Single(Controls(rig));
        Assert.Empty(rig.Cluster.GetMail().Lost);
        Assert.All(rig.Cluster.GetViolations(atEnd: true), v => Assert.Equal("W8", v.Watcher));
    }

    [Fact]
    public void The_role_is_given_up_as_soon_as_another_node_has_it()
    {
        VirtualRig rig = new();
        string run = rig.Upgrade().RunId;
        rig.Tell(run, r => r.RollbackAsync("ann", "gw2"));
        UpgradeReport report = ThroughTheGates(rig, run);

        Assert.True(report.Nodes.Single(n => n.Name == "gw2").Outcome == NodeOutcome.RolledBack, report.Reason + "\n" + rig.Story(run));
        DateTimeOffset[] calls = [.. rig.Records(run)
            .Where(r => r.Entry is { Kind: JournalEntryKind.Intent, Key.Id: var id } && id == StepId.HandBack)
            .Select(r => r.At)];
        Assert.Equal(2, calls.Length);
        Assert.InRange(calls[1] - calls[0], TimeSpan.Zero, rig.Policy.StepTimeout / 4);
        Assert.Single(Controls(rig));
        Assert.Empty(rig.Cluster.GetMail().Lost);
    }

    [Fact]
    public void A_rollback_that_nobody_agrees_to_can_be_called_off()
    {
        VirtualRig rig = new();
        string run = rig.Upgrade().RunId;
        rig.Tell(run, r => r.RollbackAsync("ann", "gw3"));
        Assert.Equal(UpgradeEnd.Paused, rig.Resume(run).End);
        rig.Tell(run, r => r.AbortAsync("ann", "it scans after all"));
        UpgradeReport report = rig.Resume(run);

        Assert.True(report.End == UpgradeEnd.Completed, report.Reason + "\n" + rig.Story(run));
        Assert.Equal(NodeOutcome.Upgraded, report.Nodes.Single(n => n.Name == "gw3").Outcome);
        Assert.Empty(rig.Effects("snapshot-reverted"));
        rig.AssertNoViolation(rig.Story(run));
    }

    [Fact]
    public void A_consent_to_a_rollback_that_was_called_off_is_no_consent_to_the_next_one()
    {
        VirtualRig rig = new();
        string run = rig.Upgrade().RunId;
        rig.Tell(run, r => r.RollbackAsync("ann", "gw3"));
        rig.Resume(run);
        ApproveHere(rig, run);
        rig.Tell(run, r => r.AbortAsync("ann"));
        Assert.Equal(UpgradeEnd.Completed, rig.Resume(run).End);

        rig.Tell(run, r => r.RollbackAsync("ann", "gw3"));
        Assert.Equal(UpgradeEnd.Paused, rig.Resume(run).End);
        Assert.Empty(rig.Effects("snapshot-reverted"));
    }

    /// <summary>Two people want the same; the second one's wish comes behind the last look of the run that carries out the first one's.</summary>
    [Fact]
    public void A_run_that_has_ended_is_not_taken_up_for_a_rollback_that_it_would_refuse()
    {
        (VirtualRig rig, string run) = AtTheGate();
        rig.Tell(run, r => r.RollbackAsync("ann", "gw2"));
        UpgradeReport report = ThroughTheGates(rig, run);
        Assert.True(report.End == UpgradeEnd.RolledBack, rig.Story(run));

        RunCommand late = new() { Id = "late", Kind = RunCommandKind.Rollback, By = "ben", At = rig.Time.GetUtcNow(), Node = "gw2" };
        rig.Time.Run(() => rig.Journal.PostCommandAsync(run, late), VirtualRig.Limit);
        UpgradeException ended = Assert.Throws<UpgradeException>(() => rig.Resume(run));
        Assert.Equal(UpgradeEnd.RolledBack, ended.State);
        Assert.Equal(UpgradeEnd.RolledBack, rig.StateOf(run));
    }

    [Fact]
    public void A_parked_node_whose_installation_failed_is_rolled_back()
    {
        VirtualRig rig = new();
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "install-old-build", Node = "gw2" });
        string run = rig.Upgrade().RunId;
        rig.Tell(run, r => r.RollbackAsync("ann", "gw2"));
        UpgradeReport report = ThroughTheGates(rig, run);

        Assert.True(report.End == UpgradeEnd.RolledBack, report.Reason + "\n" + rig.Story(run));
        Assert.Single(rig.Effects("snapshot-reverted"));
        rig.AssertNoViolation(rig.Story(run));
    }

    [Fact]
    public void A_crash_at_every_point_of_a_rollback_is_survived()
    {
        VirtualProcess whole = new();
        _ = RolledBack(whole);
        int runs = 0;
        for (int point = 0; point < whole.Points.Count; point++, runs++)
        {
            VirtualProcess mortal = new(point);
            VirtualRig rig = RolledBack(mortal);
            Assert.True(mortal.IsDead);
            string context = $"crashed at point {point}: {mortal.DiedAt}\n{rig.Story()}";
            Assert.True(Builds(rig).SequenceEqual([NewBuild, NewBuild, OldBuild]), context);
            rig.AssertNoViolation(context);
        }

        output.WriteLine($"{runs} runs, 0 violations");
    }

    [Theory]
    [InlineData("gw3", "promote", "gw3 is control")]
    [InlineData("gw3", "send-off", "does not send")]
    [InlineData("gw3", "drain", "mode")]
    [InlineData("gw3", "receive-off", "gw3")]
    [InlineData("gw1", "edit-settings", "Settings were changed on gw1")]
    public void What_somebody_else_changes_pauses_the_run_and_is_named(string node, string act, string named)
    {
        VirtualRig rig = new();
        UpgradePlan plan = rig.Plan();
        UpgradeReport report = rig.Start(plan, VirtualProcess.Once("after the outcome S10/gw2", () => rig.Cluster.Act(node, act)));

        Assert.True(report.End == UpgradeEnd.Paused, $"{report.End}: {report.Reason}\n{rig.Story(plan.RunId)}");
        Assert.Contains(named, report.Reason, StringComparison.Ordinal);
        Assert.Single(rig.Effects("install-started"));
        Assert.Empty(rig.Cluster.GetMail().Lost);
    }

    [Fact]
    public void A_foreign_change_can_be_overridden_by_name()
    {
        VirtualRig rig = new();
        UpgradePlan plan = rig.Plan();
        UpgradeReport report = rig.Start(plan, VirtualProcess.Once("after the outcome S15/gw2", () => rig.Cluster.Act("gw1", "edit-settings")));
        Assert.Equal(UpgradeEnd.Paused, report.End);
        rig.Tell(plan.RunId, r => r.OverrideAsync("ann", UpgradeOverrides.ForeignChange, "that was me", rig.Time.GetUtcNow() + TimeSpan.FromHours(3)));

        Assert.Equal(UpgradeEnd.Completed, rig.Resume(plan.RunId).End);
        rig.AssertNoViolation();
    }

    [Fact]
    public void A_long_handover_is_told_once_and_the_former_Control_can_be_demoted_at_once()
    {
        VirtualRig rig = new(policy: VirtualRig.FastPolicy(3) with { PauseAfter = PausePoint.Each, HandoverLimit = TimeSpan.FromMinutes(5) });
        string run = rig.Upgrade().RunId;
        rig.Time.Advance(TimeSpan.FromHours(1));
        ApproveHere(rig, run);
        _ = rig.Resume(run);
        Assert.Single(rig.Records(run), r => r.Entry.Kind == JournalEntryKind.Observation);
        Assert.Equal(["gw1", "gw2"], Controls(rig));

        rig.Tell(run, r => r.OverrideAsync("ann", UpgradeOverrides.DemoteFormerControl, "one is enough", rig.Time.GetUtcNow() + TimeSpan.FromHours(3)));
        _ = rig.Resume(run);
        Assert.Equal(["gw2"], Controls(rig));
        ApproveHere(rig, run);
        Assert.Equal(UpgradeEnd.Completed, rig.Resume(run).End);
        rig.AssertNoViolation(rig.Story(run));
    }

    /// <summary>Nothing is written between the end of an override and the moment in which what it allowed becomes possible: the clock alone ends it.</summary>
    [Theory]
    [InlineData(10, true)]
    [InlineData(60, false)]
    public void What_an_override_allows_is_not_done_after_its_end(int minutesOfSilence, bool early)
    {
        UpgradePolicy policy = VirtualRig.FastPolicy(3) with
        {
            Soak = TimeSpan.FromHours(2),
            StepTimeout = TimeSpan.FromHours(5),
            HandoverLimit = TimeSpan.FromHours(11),
        };
        VirtualRig rig = new(policy: policy, mailPerSecond: 0.1);
        UpgradePlan plan = rig.Plan();
        DateTimeOffset ends = default;
        UpgradeReport report = rig.Start(plan, Saying(rig, plan, "after the outcome S15/gw2/- Done", r =>
        {
            ends = rig.Time.GetUtcNow() + TimeSpan.FromMinutes(30);
            rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "partition-client", Node = "gw1", For = TimeSpan.FromMinutes(minutesOfSilence) });
            return r.OverrideAsync("ann", UpgradeOverrides.DemoteFormerControl, "one is enough", ends);
        }));

        Assert.True(report.End == UpgradeEnd.Completed, report.Reason + "\n" + rig.Story(plan.RunId));
        SimulatedEffect demoted = Assert.Single(rig.Effects("role-assigned", "gw1"));
        Assert.Equal(early, demoted.At < ends);
        Assert.Equal(early, demoted.Seq < rig.Effects("install-started", "gw3").First().Seq);
    }

    /// <summary>A completed run whose last Secondary is rolled back; the process that does it may die once.</summary>
    private static VirtualRig RolledBack(VirtualProcess process)
    {
        VirtualRig rig = new(mailPerSecond: 0.2);
        string run = rig.Upgrade().RunId;
        rig.Tell(run, r => r.RollbackAsync("ann", "gw3"));
        for (int turns = 0; turns < 5 && rig.StateOf(run) != UpgradeEnd.RolledBack; turns++)
        {
            rig.Crash(run, process.IsDead ? new VirtualProcess() : process);
            if (rig.WaitsAtGate(run))
            {
                ApproveHere(rig, run);
            }
        }

        return rig;
    }

    private static (VirtualRig Rig, string RunId) AtTheGate()
    {
        VirtualRig rig = new(policy: VirtualRig.FastPolicy(3) with { PauseAfter = PausePoint.First });
        UpgradeReport report = rig.Upgrade();
        Assert.Equal(UpgradeEnd.Paused, report.End);
        return (rig, report.RunId);
    }

    /// <summary>A run that waits for a human, because the queue of a node does not drain.</summary>
    private static VirtualRig StuckAt(string node, out string run)
    {
        VirtualRig rig = new();
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "queue-stuck", Node = node, Queue = "mta", Value = "3" });
        UpgradeReport report = rig.Upgrade();
        Assert.Equal(UpgradeEnd.NeedsHuman, report.End);
        run = report.RunId;
        return rig;
    }

    /// <summary>A process beside which a human says something at a point of the run.</summary>
    private static VirtualProcess Saying(VirtualRig rig, UpgradePlan plan, string at, Func<UpgradeRun, Task<RunCommandAnswer?>> say)
    {
        bool said = false;
        return new VirtualProcess
        {
            At = point =>
            {
                if (!said && point == at)
                {
                    said = true;
                    _ = say(rig.Orchestrator().GetRun(plan.RunId));
                }
            },
        };
    }

    private static void ApproveHere(VirtualRig rig, string run) => rig.Tell(run, async r => await r.ApproveAsync("ann", (await r.GetPlanAsync()).Hash));

    private static UpgradeReport ThroughTheGates(VirtualRig rig, string run)
    {
        UpgradeReport report = rig.Resume(run);
        for (int gates = 0; gates < 5 && report.End == UpgradeEnd.Paused; gates++)
        {
            ApproveHere(rig, run);
            report = rig.Resume(run);
        }

        return report;
    }

    private static string[] Builds(VirtualRig rig) => [.. rig.Cluster.World.Nodes.Select(n => n.Build.ToString())];

    private static string[] Controls(VirtualRig rig) => [.. rig.Cluster.World.Nodes.Where(n => n.Role == NodeRole.Control).Select(n => n.Name)];
}
