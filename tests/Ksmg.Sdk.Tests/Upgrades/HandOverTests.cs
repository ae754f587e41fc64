using System.Globalization;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;
using Xunit.Abstractions;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>The node that the policy prefers has the Control role when all is done, and on the way there is never none and never two for long.</summary>
public sealed class HandOverTests(ITestOutputHelper output)
{
    private static readonly StepKey HandOver = new(StepId.HandOver, "gw2");

    [Theory]
    [InlineData(PromotionRule.LeavesTwo)]
    [InlineData(PromotionRule.DemotesFormer)]
    public void The_former_Control_node_gets_the_role_back_when_all_run_the_new_build(PromotionRule promotion)
    {
        VirtualRig rig = Rig("gw1", new SimulatedClusterOptions { Promotion = promotion });
        UpgradePlan plan = rig.Plan();
        UpgradeReport report = rig.Start(plan);

        Assert.Equal([HandOver, new StepKey(StepId.Commit)], plan.Steps.Select(s => s.Key).TakeLast(2));
        Assert.True(report.End == UpgradeEnd.Completed, report.Reason + "\n" + rig.Story(report.RunId));
        Assert.Equal("All 3 nodes run 2.1.0.7854 and do their work; gw1 is the Control node.", Evidence(rig, report, new StepKey(StepId.Commit)));
        Assert.Equal(["gw1"], Controls(rig));
        Assert.All(report.Nodes, n => Assert.Equal(n.Name == "gw1" ? NodeRole.Control : NodeRole.Secondary, n.RoleAfter));
        Assert.Empty(rig.Cluster.GetMail().Lost);
        rig.AssertNoViolation(rig.Story(report.RunId));
    }

    [Fact]
    public void Another_preferred_node_is_upgraded_first_and_gets_the_role_in_the_only_handover()
    {
        VirtualRig rig = Rig("gw3");
        UpgradePlan plan = rig.Plan();
        UpgradeReport report = rig.Start(plan);

        Assert.Equal(["gw3", "gw2", "gw1"], plan.Nodes.Select(n => n.Name));
        Assert.DoesNotContain(plan.Steps, s => s.Id == StepId.HandOver);
        Assert.True(report.End == UpgradeEnd.Completed, report.Reason);
        Assert.Equal(["gw3"], Controls(rig));
        rig.AssertNoViolation(rig.Story(report.RunId));
    }

    [Fact]
    public void Where_a_node_of_the_new_build_is_Control_already_it_hands_the_role_over_at_the_end()
    {
        VirtualRig rig = new();
        rig.Crash(rig.Plan(), new VirtualProcess { DiesAt = $"{VirtualProcess.AfterOutcome} S16/gw2" }, resume: false);
        VirtualRig other = rig.WithAnEmptyJournal(rig.Policy with { PreferredControl = "gw3", Accept = [UpgradeConsents.ForeignRun] });
        UpgradePlan plan = other.Plan();
        UpgradeReport report = other.Start(plan);

        Assert.Contains(plan.Steps, s => s.Key == HandOver);
        Assert.True(report.End == UpgradeEnd.Completed, report.Reason + "\n" + plan.ToText());
        Assert.Equal(["gw3"], Controls(rig));
        rig.AssertNoViolation(other.Story(report.RunId));
    }

    [Fact]
    public void Without_a_preference_a_plan_is_what_it_was()
    {
        UpgradePlan plan = new VirtualRig().Plan();

        Assert.DoesNotContain("referredControl", plan.ToJson(), StringComparison.Ordinal);
        Assert.DoesNotContain(plan.Steps, s => s.Id == StepId.HandOver);
        Assert.DoesNotContain(Rig("gw2").Plan().Steps, s => s.Id == StepId.HandOver);
    }

    [Fact]
    public void A_preferred_node_that_the_cluster_does_not_have_is_refused_by_name()
    {
        UpgradePlan plan = Rig("gw9").Plan();

        Assert.Contains(plan.Findings, f => f is { Severity: FindingSeverity.Refusal, Code: "policy-preferred-control" });
        Assert.Contains("'gw9'", plan.ToText(), StringComparison.Ordinal);
    }

    /// <summary>Nobody who dies in the handover leaves two Control nodes behind, or none.</summary>
    [Theory]
    [InlineData(PromotionRule.LeavesTwo)]
    [InlineData(PromotionRule.DemotesFormer)]
    public void A_crash_at_every_point_of_the_handover_is_survived(PromotionRule promotion)
    {
        VirtualProcess whole = new();
        Make().Upgrade(whole);
        int[] points = [.. whole.Points.Index().Where(p => p.Item.Contains(" S16a/", StringComparison.Ordinal)).Select(p => p.Index)];
        foreach (int point in points)
        {
            Assert.Equal(1, CrashSequence.Run(Make(), point));
        }

        Figures.Print(output, $"crashes, the role handed back, {promotion}: {points.Length} runs, 0 violations");
        Assert.Equal(promotion == PromotionRule.LeavesTwo ? 8 : 5, points.Length);

        VirtualRig Make() => Rig("gw1", new SimulatedClusterOptions { Promotion = promotion });
    }

    /// <summary>What a human says between the two calls is heard when the role has arrived.</summary>
    [Theory]
    [InlineData(UpgradeEnd.Paused)]
    [InlineData(UpgradeEnd.Aborted)]
    public void Nobody_stops_the_run_between_the_two_calls(UpgradeEnd wanted)
    {
        VirtualRig rig = Rig("gw1");
        UpgradePlan plan = rig.Plan();
        rig.Crash(plan, new VirtualProcess { DiesAt = $"{VirtualProcess.EffectSent} S16a/gw2" }, resume: false);
        Assert.Equal(["gw1", "gw2"], Controls(rig));
        rig.Tell(plan.RunId, run => wanted == UpgradeEnd.Paused ? run.PauseAsync("ann") : run.AbortAsync("ann", "enough"));
        UpgradeReport report = rig.Resume(plan.RunId);

        Assert.Equal(wanted, report.End);
        Assert.Equal(["gw1"], Controls(rig));
    }

    /// <summary>A node that is not well does not get the role; a human can leave it where it is.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_preferred_node_that_is_not_well_gets_the_role_only_when_it_is(bool mended)
    {
        VirtualRig rig = Rig("gw1");
        UpgradePlan plan = rig.Plan();
        SimulatedFault ill = new() { Fault = "service-failed", Node = "gw1" };
        UpgradeReport report = rig.Start(plan, VirtualProcess.Once("after the outcome S16/gw1", () => rig.Cluster.Faults.Arm(ill)));

        Assert.Equal((UpgradeEnd.NeedsHuman, HandOver), (report.End, report.StoppedAt));
        Assert.Equal(["gw2"], Controls(rig));
        Assert.Contains(rig.Explain(plan.RunId).Options, o => o.Check == UpgradeOverrides.PreferredControl);

        if (mended)
        {
            rig.Cluster.Faults.Clear();
        }
        else
        {
            rig.Tell(plan.RunId, run => run.OverrideAsync("ann", UpgradeOverrides.PreferredControl, "tomorrow", rig.Time.GetUtcNow() + TimeSpan.FromHours(2)));
        }

        UpgradeReport end = rig.Resume(plan.RunId);
        Assert.True(end.End == (mended ? UpgradeEnd.Completed : UpgradeEnd.CompletedWithProblems), end.Reason);
        Assert.Equal([mended ? "gw1" : "gw2"], Controls(rig));
    }

    [Fact]
    public void A_node_that_cannot_be_asked_keeps_the_role_on_its_way_until_it_can()
    {
        VirtualRig rig = Rig("gw1");
        UpgradePlan plan = rig.Plan();
        rig.Crash(plan, new VirtualProcess { DiesAt = $"{VirtualProcess.EffectSent} S16a/gw2" }, resume: false);
        rig.Cluster.Act("gw1", "power-off");
        UpgradeReport report = rig.Resume(plan.RunId);
        Assert.Equal((UpgradeEnd.NeedsHuman, HandOver), (report.End, report.StoppedAt));
        Assert.Contains("gw2", Controls(rig));

        rig.Cluster.Act("gw1", "power-on");
        rig.Time.Advance(TimeSpan.FromMinutes(1));
        report = rig.Resume(plan.RunId);
        Assert.True(report.End == UpgradeEnd.Completed, report.Reason + "\n" + rig.Story(plan.RunId));
        Assert.Equal(["gw1"], Controls(rig));
    }

    [Fact]
    public void The_end_waits_until_the_settings_of_the_new_Control_node_have_arrived()
    {
        VirtualRig rig = Rig("gw1");
        UpgradeReport report = rig.Upgrade();
        DateTimeOffset handedOver = rig.Records(report.RunId).First(r => r.Entry is { Kind: JournalEntryKind.Intent, Key: { } key } && key == HandOver).At;

        Assert.All(rig.Cluster.World.Nodes.Where(n => n.Name != "gw1"), n => Assert.InRange(n.SynchronizedAt!.Value, handedOver, DateTimeOffset.MaxValue));
    }

    /// <summary>What reached a node before the second handover says nothing of the Control node that it has now.</summary>
    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void Settings_count_from_the_second_handover_on(int secondsLater, bool isStale)
    {
        VirtualRig rig = Rig("gw1");
        UpgradePlan plan = rig.Plan();
        RunState run = RunState.Fold(rig.Records(rig.Start(plan).RunId));
        DateTimeOffset before = DateTimeOffset.Parse(run[HandOver].Value(InstallStep.SynchronizedAt + ".gw3")!, CultureInfo.InvariantCulture);
        ClusterObservation cluster = new()
        {
            At = before,
            Nodes = plan.Nodes.ToDictionary(n => n.Name, n => new NodeObservation
            {
                Name = n.Name,
                At = before,
                WallAt = before,
                About = new AboutInfo(plan.To.ToString(), plan.To),
                Status = new NodeStatus
                {
                    Address = n.ClusterAddress,
                    Role = n.Name == "gw1" ? NodeRole.Control : NodeRole.Secondary,
                    State = NodeState.Available,
                    SynchronizedAt = before + TimeSpan.FromSeconds(secondsLater),
                },
            }),
        };

        List<Ailment> problems = FinishedNode.Problems(plan.Nodes.Single(n => n.Name == "gw3"), plan, run, cluster);

        Assert.Equal(isStale, problems.Exists(p => p.Code == UpgradeConsents.NotSynchronized));
    }

    [Fact]
    public void A_node_that_has_the_role_back_hands_it_on_before_it_is_rolled_back()
    {
        VirtualRig rig = Rig("gw1");
        string run = rig.Upgrade().RunId;
        rig.Tell(run, r => r.RollbackAsync("ann", "gw1"));
        for (int gates = 0; gates < 5 && rig.Resume(run).End == UpgradeEnd.Paused; gates++)
        {
            rig.Tell(run, r => r.ApproveAsync("ann", rig.Journal.GetPlanAsync(run).Result.Hash));
        }

        Assert.True(rig.StateOf(run) == UpgradeEnd.RolledBack, rig.Story(run));
        Assert.Equal(["gw2"], Controls(rig));
        Assert.Empty(rig.Cluster.GetMail().Lost);
    }

    [Fact]
    public void A_rehearsal_hands_the_role_over_too()
    {
        TimeSpan second = TimeSpan.FromSeconds(1);
        RehearsalOptions given = new() { InstallTime = second, RestartTime = second, SnapshotTime = second };
        RehearsedRun rehearsed = new UpgradeRehearsal(Rig("gw1").Plan(), given).Run();

        Assert.Equal((UpgradeEnd.Completed, "All 3 nodes run 2.1.0.7854."), (rehearsed.End, rehearsed.Reason.ToString()));
        Assert.Empty(rehearsed.Violations);
    }

    private static VirtualRig Rig(string preferred, SimulatedClusterOptions? options = null) =>
        new(policy: VirtualRig.FastPolicy(3) with { PreferredControl = preferred }, options: options);

    private static string[] Controls(VirtualRig rig) =>
        [.. rig.Cluster.World.Nodes.Where(n => n.Role == NodeRole.Control).Select(n => n.Name).Order(StringComparer.Ordinal)];

    private static string Evidence(VirtualRig rig, UpgradeReport report, StepKey step) =>
        rig.Records(report.RunId).Last(r => r.Entry is { Kind: JournalEntryKind.Outcome, Key: { } key } && key == step).Entry.Text!.ToString();
}
