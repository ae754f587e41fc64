using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>
/// Whole runs with maintenance windows: a node in hand is finished, the next one waits, and people are told. The clock begins on a Monday, 08:00 UTC.
/// </summary>
public sealed class MaintenanceWindowTests
{
    [Fact]
    public void A_node_in_hand_is_finished_and_the_next_one_waits_for_its_window()
    {
        // The first node is begun at 08:00; the window closes before it is back in load.
        VirtualRig rig = Rig(Window("08:00", "08:01"));
        UpgradeReport report = rig.Upgrade();

        Assert.True(report.End == UpgradeEnd.Completed, rig.Story(report.RunId));
        DateTimeOffset[] begun = [.. report.Nodes.Select(n => n.Steps.Single(s => s.Id == StepId.LoadOff).StartedAt!.Value)];
        Assert.Equal([5, 6, 7], begun.Select(at => at.Day));
        Assert.All(begun, at => Assert.Equal(8, at.Hour));
        Assert.All(begun, at => Assert.InRange(at.Minute, 0, 1));
        Assert.All(report.Nodes, n => Assert.Equal(NodeOutcome.Upgraded, n.Outcome));
        rig.AssertNoViolation();
        Assert.Equal(2, Notices(rig, report.RunId).Count(text => text.Contains("waits for the maintenance window", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_node_is_not_begun_that_would_not_be_back_in_time()
    {
        VirtualRig rig = Rig(Window("08:00", "10:00"), nodeTime: TimeSpan.FromMinutes(119));
        UpgradeReport report = rig.Upgrade();

        Assert.Equal(UpgradeEnd.Completed, report.End);
        Assert.Equal([5, 6, 7], report.Nodes.Select(n => n.Steps.Single(s => s.Id == StepId.LoadOff).StartedAt!.Value.Day));
    }

    [Theory]
    [InlineData(false, "Nothing stands against going on")]
    [InlineData(true, "As things stand the run would stop then")]
    public void Before_a_window_opens_people_hear_what_would_stop_the_run_then(bool broken, string expected)
    {
        VirtualRig rig = Rig(Window("20:00", "22:00"));
        UpgradePlan plan = rig.Plan();
        UpgradeReport report = rig.Time.Run(
            async () =>
            {
                UpgradeRun run = await rig.Orchestrator().StartAsync(plan);
                await Task.Delay(TimeSpan.FromHours(1), rig.Time);
                if (broken)
                {
                    rig.Cluster.Act("gw3", "power-off");
                }

                return await run.WaitAsync();
            },
            TimeSpan.FromDays(4));

        (DateTimeOffset at, string text) = Assert.Single(
            rig.Records(plan.RunId).Where(r => r.Entry.Kind == JournalEntryKind.Observation).Select(r => (r.At, $"{r.Entry.Text}")),
            told => told.Item2.StartsWith("The maintenance window opens", StringComparison.Ordinal));
        Assert.Contains(expected, text, StringComparison.Ordinal);
        Assert.Equal(18, at.Hour);
        Assert.Equal(broken ? UpgradeEnd.Paused : UpgradeEnd.Completed, report.End);
        Assert.True(report.LastAt.Hour >= 20, "It stopped before its window.");
        Assert.Equal(broken, text.Contains("gw3", StringComparison.Ordinal));
    }

    [Fact]
    public void While_it_waits_the_run_says_until_when_and_can_be_told_to_go_on()
    {
        VirtualRig rig = Rig(Window("20:00", "22:00"));
        UpgradePlan plan = rig.Plan();
        UpgradeExplanation? waiting = null;
        UpgradeReport report = rig.Time.Run(
            async () =>
            {
                UpgradeRun run = await rig.Orchestrator().StartAsync(plan);
                await Task.Delay(TimeSpan.FromMinutes(10), rig.Time);
                waiting = await run.ExplainAsync();
                await run.OverrideAsync("ann", UpgradeOverrides.MaintenanceWindow, "the owner agreed", rig.Time.GetUtcNow() + TimeSpan.FromHours(2));
                return await run.WaitAsync();
            },
            VirtualRig.Limit);

        ExplainedStep step = Assert.Single(waiting!.Steps);
        Assert.Equal((ExplainedStepKind.Waiting, 20), (step.What, step.Until!.Value.Hour));
        Assert.Contains(waiting.Options, o => o is { Kind: HumanOptionKind.Override, Check: UpgradeOverrides.MaintenanceWindow });
        Assert.Equal(UpgradeEnd.Completed, report.End);
        Assert.True(report.LastAt.Hour < 10, rig.Story(plan.RunId));
    }

    [Fact]
    public void A_driver_that_died_while_it_waited_is_followed_by_one_that_waits_on_and_says_nothing_twice()
    {
        VirtualRig rig = Rig(Window("20:00", "22:00"));
        UpgradePlan plan = rig.Plan();
        rig.Time.Run(
            async () =>
            {
                UpgradeRun run = await rig.Orchestrator().StartAsync(plan);
                await Task.Delay(TimeSpan.FromHours(2), rig.Time);
                await rig.StandingStillAsync(run.StopAsync());
            },
            VirtualRig.Limit);
        UpgradeReport report = rig.Resume(plan.RunId);

        Assert.Equal(UpgradeEnd.Completed, report.End);
        Assert.All(report.Nodes, n => Assert.True(n.Steps[0].StartedAt!.Value.Hour >= 20));
        Assert.Single(Notices(rig, plan.RunId), text => text.Contains("waits for the maintenance window", StringComparison.Ordinal));
    }

    [Fact]
    public void A_parked_node_that_is_taken_up_again_waits_for_no_window()
    {
        VirtualRig rig = Rig(Window("08:00", "08:01"));
        UpgradePlan plan = rig.Plan();
        UpgradeReport parked = rig.Time.Run(
            async () =>
            {
                UpgradeRun run = await rig.Orchestrator().StartAsync(plan);
                await Task.Delay(TimeSpan.FromSeconds(6), rig.Time);
                await run.ParkAsync("ann", plan.Nodes[0].Name, "a look at it");
                return await run.WaitAsync();
            },
            VirtualRig.Limit);
        Assert.Equal(UpgradeEnd.NeedsHuman, parked.End);
        rig.Time.Advance(TimeSpan.FromHours(2));
        UpgradeReport report = rig.Resume(plan.RunId);

        Assert.True(report.End == UpgradeEnd.Completed, rig.Story(plan.RunId));
        Assert.Equal([(5, 10), (6, 8), (7, 8)], report.Nodes
            .Select(n => n.Steps.Single(s => s.Id == StepId.Install).StartedAt!.Value)
            .Select(at => (at.Day, at.Hour)));
    }

    [Fact]
    public void A_node_that_goes_back_waits_for_no_window()
    {
        VirtualRig rig = Rig(Window("08:00", "08:01"));
        UpgradePlan plan = rig.Plan();
        rig.Time.Run(
            async () =>
            {
                UpgradeRun run = await rig.Orchestrator().StartAsync(plan);
                await Task.Delay(TimeSpan.FromHours(2), rig.Time);
                await run.RollbackAsync("ann", plan.Nodes[0].Name, "too slow");
                await run.WaitAsync();
            },
            VirtualRig.Limit);

        Assert.Contains(rig.Records(plan.RunId), r => r.Entry.Key is { Id: var id } && id == StepId.RollbackLoadOff && r.At.Hour == 10);
    }

    [Fact]
    public void Windows_that_leave_no_time_for_a_node_or_lie_in_no_known_zone_are_refused()
    {
        UpgradePlan none = Rig(Window("08:00", "08:30"), nodeTime: TimeSpan.FromHours(1)).Plan();
        UpgradePlan nowhere = Rig(Window("08:00", "10:00", "Europe/Berlim")).Plan();

        Assert.Contains(none.Findings, f => f is { Code: "policy-windows", Severity: FindingSeverity.Refusal });
        PlanFinding zone = Assert.Single(nowhere.Findings, f => f is { Code: "policy-zone", Severity: FindingSeverity.Refusal });
        Assert.Contains("Europe/Berlim", zone.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_plan_shows_its_windows_and_keeps_them()
    {
        MaintenanceWindow window = Window("08:00", "10:00", "Europe/Berlin") with
        {
            Days = [DayOfWeek.Monday, DayOfWeek.Tuesday],
            Except = [new DateOnly(2026, 12, 24)],
        };
        UpgradePlan plan = Rig(window).Plan();
        UpgradePlan read = UpgradePlan.FromJson(plan.ToJson());

        Assert.Contains("Mon-Tue 08:00-10:00 Europe/Berlin except 2026-12-24", plan.ToText(), StringComparison.Ordinal);
        Assert.Equal(plan.Policy.Windows, read.Policy.Windows);
        Assert.True(read.IsAsHashed);
    }

    private static MaintenanceWindow Window(string from, string to, string zone = "UTC") =>
        new MaintenanceWindowOptions { Zone = "UTC", From = from, To = to }.ToWindow() with { Zone = zone };

    private static VirtualRig Rig(MaintenanceWindow window, TimeSpan? nodeTime = null) => new(
        policy: VirtualRig.FastPolicy(3) with
        {
            Windows = [window],
            NodeTime = nodeTime ?? TimeSpan.FromSeconds(30),
            SlowPollInterval = TimeSpan.FromMinutes(1),
            HandoverLimit = TimeSpan.FromDays(3),
        },
        mailPerSecond: 0.2)
    {
        RunLimit = TimeSpan.FromDays(4),
    };

    private static IEnumerable<string> Notices(VirtualRig rig, string run) =>
        rig.Records(run).Where(r => r.Entry.Kind == JournalEntryKind.Observation).Select(r => $"{r.Entry.Text}");
}
