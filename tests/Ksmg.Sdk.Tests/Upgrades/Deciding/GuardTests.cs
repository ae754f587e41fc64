using System.Reflection;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Tests.Support.Exploration;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;
using Xunit.Abstractions;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>
/// Each check between a run and its next effect is taken away alone, and a promise is broken that holds with it: in the exploration, or,
/// where that has no test messages and no rollbacks, in the simulator.
/// </summary>
[Trait("Category", "Matrix")]
public sealed class GuardTests(ITestOutputHelper output)
{
    private static readonly ExplorerOptions Drivers = new() { Takeovers = 1, LateRequests = 1, Faults = 1 };
    private static readonly ExplorerOptions Others = new() { Takeovers = 0, LateRequests = 0, Faults = 0, Foreign = 1 };
    private static readonly ExplorerOptions OthersAndOneControl = Others with { Promotion = PromotionRule.DemotesFormer };

    private static readonly ExplorerOptions Balancer = Others with { Foreign = 2, ForeignActs = "the load balancer" };

    /// <summary>The check, what may happen, and the promise that is broken without the check.</summary>
    private static readonly Dictionary<string, (ExplorerOptions World, string Promise)> Cases = new(StringComparer.Ordinal)
    {
        [Checks.NoControl] = (Others, "I7"),
        [Checks.TwoControls] = (Others, "I7"),
        [Checks.ServiceLost] = (Others, "I1"),
        [Checks.Budget] = (Others, "I1"),
        [Checks.UnknownHealth] = (Others, "I1"),
        [Checks.ForeignChange] = (Others, "I10"),
        [Checks.Order] = (Drivers, "I17"),
        [Checks.OneTouch] = (Others, "I2"),
        [Checks.ForgottenDrain] = (Others, "I2"),
        [Checks.NoReturnAfterInstall] = (Balancer, "I18"),
        [Checks.LateRequest] = (Drivers, "I14"),
        [Checks.LateStart] = (Drivers, "I14"),
        [Checks.InstallReceiving] = (Others, "I5"),
        [Checks.InstallLoad] = (Others, "I5"),
        [Checks.InstallQueue] = (Others, "I5"),
        [Checks.InstallControl] = (OthersAndOneControl, "I6"),
        [Checks.InstallSynchronized] = (Others, "I9"),
        [Checks.InstallRunning] = (Others, "I13"),
        [Checks.InstallOnce] = (Drivers, "I12"),
        [Checks.Heir] = (Others, "I7"),
        [Checks.PromoteUpgraded] = (Others, "I8"),
        [Checks.Drained] = (Drivers, "I5"),
        [Checks.VerifiedBuild] = (Others, "I17"),
    };

    /// <summary>Those that are taken away in the simulator, in a test of their own.</summary>
    private static readonly string[] Simulated =
    [
        Checks.NodeFit, Checks.PutBackWell, Checks.FinishedNodes, Checks.PromoteAlone, Checks.Connections, Checks.DrainHolds, Checks.OneProbeCopy,
        Checks.ControlToOldBuild, Checks.OlderJournal, Checks.MaintenanceWindow, Checks.HookFailed, Checks.ExternalGate,
        Checks.PreferredControl,
    ];

    public static TheoryData<string> Explored => [.. Cases.Keys];

    [Fact]
    public void Every_check_has_a_case() => Assert.Equal(
        typeof(Checks).GetFields(BindingFlags.Public | BindingFlags.Static).Select(f => (string)f.GetRawConstantValue()!).Order(StringComparer.Ordinal),
        Cases.Keys.Concat(Simulated).Order(StringComparer.Ordinal));

    [Fact]
    public void Every_guard_and_every_hindrance_of_an_installation_has_a_case() => Assert.All(
        [.. RunGuards.All.Select(g => g.Check), .. InstallStep.Hindrances.Select(h => h.Check).OfType<string>()],
        check => Assert.Contains(check, Cases.Keys.Concat(Simulated)));

    [Theory]
    [MemberData(nameof(Explored))]
    public void Without_the_check_a_promise_is_broken(string check) => AssertBroken(Cases[check].World, check, Cases[check].Promise);

    /// <summary>With it none is broken, as <see cref="ExplorationTests"/> shows.</summary>
    [Theory]
    [InlineData(UploadSwitches.NodeNamesUploads, ExplorerOptions.Before, "I34")]
    [InlineData(UploadSwitches.NodeNamesUploads, Checks.LateStart, "I14")]
    [InlineData(UploadSwitches.UploadInstalls, Checks.LateStart, "I14")]
    [InlineData(UploadSwitches.CannotDelete, ExplorerOptions.Outwaiting, "I12")]
    [InlineData(UploadSwitches.CannotList, Checks.LateStart, "I14")]
    public void Without_a_guard_a_promise_is_broken_however_packages_get_in(string uploads, string without, string promise) =>
        AssertBroken(Drivers with { Uploads = uploads }, without, promise);

    private void AssertBroken(ExplorerOptions world, string without, string promise)
    {
        ExplorerResult result = new Explorer(world with { Without = [without] }).Explore();

        output.WriteLine($"{result}\n{string.Join('\n', result.Path)}");
        string where = world.Uploads == UploadSwitches.OurIds ? string.Empty : $", {world.Uploads}";
        Figures.Print(output, $"without {without}{where}: {result.Violation ?? "nothing is broken"}");
        Assert.True(result.Violation is not null, $"Nothing is broken without {without}.");
        Assert.StartsWith(promise + ":", result.Violation, StringComparison.Ordinal);
    }

    [Fact]
    public void With_every_check_no_promise_is_broken() => Assert.All(
        [Drivers, Others, OthersAndOneControl, Balancer],
        world =>
        {
            ExplorerResult result = new Explorer(world).Explore();
            Assert.True(result is { Violation: null, Left: 0 }, result + "\n" + string.Join('\n', result.Path));
        });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_test_message_that_arrives_twice_stops_the_run_only_with_the_check(bool enforced)
    {
        VirtualRig rig = new();
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "probe-duplicated", Value = "ksmg-upgrade" });
        UpgradeReport report = Upgrade(rig, enforced ? null : Checks.OneProbeCopy);

        Assert.Equal(enforced ? UpgradeEnd.NeedsHuman : UpgradeEnd.Completed, report.End);
    }

    [Theory]
    [InlineData(true, "after the outcome S16/gw2")]
    [InlineData(false, "after the outcome S16/gw2")]
    [InlineData(true, "after the outcome S3/gw3")]
    [InlineData(false, "after the outcome S3/gw3")]
    public void A_node_that_fell_ill_since_the_preflight_is_installed_on_only_without_the_check(bool enforced, string at)
    {
        VirtualRig rig = new();
        bool ill = false;
        UpgradePlan plan = rig.Plan();
        rig.Crash(plan, new VirtualProcess(0), resume: false);
        if (!enforced)
        {
            Override(rig, plan.RunId, Checks.NodeFit);
        }

        rig.Resume(plan.RunId, VirtualProcess.Once(at, () =>
        {
            ill = true;
            rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "integrity-damaged", Node = "gw3" });
        }));

        Assert.True(ill);
        Assert.Equal(enforced ? 0 : 1, rig.Effects("install-started", "gw3").Count());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_node_that_does_not_scan_goes_back_to_work_only_without_the_check(bool enforced)
    {
        VirtualRig rig = new();
        UpgradePlan plan = rig.Plan();
        rig.Crash(plan, new VirtualProcess(0), resume: false);
        if (!enforced)
        {
            Override(rig, plan.RunId, Checks.PutBackWell);
        }

        SimulatedFault ill = new() { Fault = "license", Node = "gw3", Value = "invalid" };
        UpgradeReport report = rig.Resume(plan.RunId, VirtualProcess.Once("after the outcome S3/gw3", () => rig.Cluster.Faults.Arm(ill)));

        Assert.Equal(enforced ? NodeOutcome.Parked : NodeOutcome.PutBack, report.Nodes.Single(n => n.Name == "gw3").Outcome);
        Assert.Equal(enforced, rig.Cluster.World.Mail.Balancer.StateOf("gw3").Mode != LoadMode.Ready);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_next_node_is_touched_beside_a_finished_one_that_is_not_well_only_without_the_check(bool enforced)
    {
        VirtualRig rig = new();
        UpgradeReport report = Upgrade(
            rig,
            enforced ? null : Checks.FinishedNodes,
            "S16/gw2",
            () => rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "service-failed", Node = "gw2" }));

        Assert.NotEqual(UpgradeEnd.Completed, report.End);
        Assert.Equal(enforced, !rig.Effects("install-started", "gw3").Any());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_second_Control_of_the_new_build_is_made_only_without_the_check(bool enforced)
    {
        VirtualRig rig = new();
        UpgradeReport report = Upgrade(
            rig, [Checks.ForeignChange, .. enforced ? Array.Empty<string>() : [Checks.PromoteAlone]], "S7/gw2", () => rig.Cluster.Act("gw1", "upgrade"));

        Assert.True(enforced == (report.End == UpgradeEnd.NeedsHuman && report.Reason.ToString().Contains("already", StringComparison.Ordinal)), report.Reason);
        Assert.Equal(enforced, !rig.Effects("role-assigned", "gw2").Any());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_balancer_that_lies_when_a_node_returns_is_believed_only_without_the_check(bool enforced)
    {
        VirtualRig rig = new(2);
        UpgradeReport report = Upgrade(
            rig, enforced ? null : Checks.Connections, "S14/gw1", () => rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "balancer-lies" }));

        Assert.True(report.End == (enforced ? UpgradeEnd.NeedsHuman : UpgradeEnd.Completed), report.Reason);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Receiving_is_switched_off_under_running_sessions_only_without_the_check(bool enforced)
    {
        VirtualRig rig = new();
        Upgrade(rig, enforced ? null : Checks.DrainHolds, "S0/", () => rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "balancer-lies" }));

        Assert.Equal(enforced, !rig.Effects("receiving-switched").Any());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_installation_begins_on_a_node_that_sessions_still_reach_only_without_the_check(bool enforced)
    {
        bool reached = false;
        // A balancer that gives a node one more session than it should.
        VirtualRig rig = new()
        {
            Bend = BentWorld.Balancing(
                (node, state) => node == "gw2" && reached ? state with { SessionsTotal = state.SessionsTotal + 1 } : state),
        };
        UpgradeReport report = Upgrade(rig, enforced ? null : Checks.DrainHolds, "S3/gw2", () => reached = true);

        Assert.Equal(enforced, !rig.Effects("install-started", "gw2").Any());
        Assert.True(!enforced || report.Reason.ToString().Contains("new sessions still arrive", StringComparison.Ordinal), report.Reason);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_serving_node_is_touched_by_an_older_copy_of_the_journal_only_without_the_check(bool enforced)
    {
        VirtualRig rig = new();
        UpgradePlan plan = rig.Plan();
        rig.Crash(plan, new VirtualProcess { DiesAt = $"{VirtualProcess.AfterOutcome} S4a/gw3" }, resume: false);
        VirtualRig older = rig.WithAnEmptyJournal(rig.Policy);
        older.Crash(plan, new VirtualProcess(0), resume: false);
        if (!enforced)
        {
            Override(older, plan.RunId, Checks.OlderJournal);
        }

        _ = older.Resume(plan.RunId);
        Assert.Equal(enforced, !rig.Effects("load-switched").Any());
    }

    [Fact]
    public void The_Control_role_goes_back_to_the_old_build_only_without_the_check()
    {
        VirtualRig rig = new();
        string run = rig.Upgrade().RunId;
        rig.Tell(run, r => r.RollbackAllAsync("test"));
        ThroughTheGates(rig, run);
        Assert.DoesNotContain(rig.Cluster.GetViolations(), v => v.Watcher == "W8");

        rig.Tell(run, r => r.OverrideAsync("test", Checks.ControlToOldBuild, "a test", rig.Time.GetUtcNow() + TimeSpan.FromHours(2)));
        ThroughTheGates(rig, run);
        Assert.Contains(rig.Cluster.GetViolations(), v => v.Watcher == "W8");
    }

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

    /// <summary>The same, and something happens right after the outcome of a step.</summary>
    private static UpgradeReport Upgrade(VirtualRig rig, string? without, string afterOutcomeOf, Action act) =>
        Upgrade(rig, without is null ? [] : [without], afterOutcomeOf, act);

    private static UpgradeReport Upgrade(VirtualRig rig, IReadOnlyList<string> without, string afterOutcomeOf, Action act)
    {
        UpgradePlan plan = rig.Plan();
        rig.Crash(plan, new VirtualProcess(0), resume: false);
        foreach (string check in without)
        {
            Override(rig, plan.RunId, check);
        }

        return rig.Resume(plan.RunId, VirtualProcess.Once($"{VirtualProcess.AfterOutcome} {afterOutcomeOf}", act));
    }

    /// <summary>Upgrades with a check taken away from the start.</summary>
    private static UpgradeReport Upgrade(VirtualRig rig, string? without)
    {
        UpgradePlan plan = rig.Plan();
        rig.Crash(plan, new VirtualProcess(0), resume: false);
        if (without is not null)
        {
            Override(rig, plan.RunId, without);
        }

        return rig.Resume(plan.RunId);
    }

    /// <summary>Past the commands, which know only the checks that a human may override.</summary>
    private static void Override(VirtualRig rig, string run, string check) => rig.Time.Run(
        async () =>
        {
            await using RunLease lease = await rig.Journal.AcquireAsync(run, TimeSpan.FromMinutes(1));
            await rig.Journal.AppendAsync(lease, Explorer.Override(check));
        },
        VirtualRig.Limit);

    private static void ThroughTheGates(VirtualRig rig, string run)
    {
        for (int gates = 0; gates < 10 && rig.Resume(run).End == UpgradeEnd.Paused; gates++)
        {
            rig.Tell(run, r => r.ApproveAsync("test", rig.Journal.GetPlanAsync(run).Result.Hash));
        }
    }

    [Fact]
    public void Sessions_that_people_let_in_while_they_had_the_node_are_not_held_against_it()
    {
        bool reached = false;
        // A balancer that gives a node one more session than it should.
        VirtualRig rig = new()
        {
            Bend = BentWorld.Balancing(
                (node, state) => node == "gw2" && reached ? state with { SessionsTotal = state.SessionsTotal + 1 } : state),
        };
        UpgradePlan plan = rig.Plan();
        rig.Crash(plan, new VirtualProcess { DiesAt = $"{VirtualProcess.AfterOutcome} S3/gw2" }, resume: false);
        rig.Tell(plan.RunId, run => run.ParkAsync("test", "gw2"));
        rig.Resume(plan.RunId);
        Assert.False(rig.Effects("install-started", "gw2").Any());
        reached = true;

        UpgradeReport report = rig.Resume(plan.RunId);
        Assert.True(rig.Effects("install-started", "gw2").Any(), report.Reason);
    }
}
