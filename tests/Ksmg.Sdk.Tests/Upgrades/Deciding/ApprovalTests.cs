using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>Approvals of two people, reminders, and approvals that nobody gives in time.</summary>
public sealed class ApprovalTests
{
    private static readonly UpgradePolicy AtGates = VirtualRig.FastPolicy(3) with { PauseAfter = PausePoint.First };

    [Fact]
    public void Two_people_approve_and_the_first_one_alone_moves_nothing()
    {
        VirtualRig rig = new(policy: AtGates with { ApprovalsNeeded = 2 });
        UpgradeReport waits = rig.Upgrade();
        Assert.Contains("Two people have to approve.", waits.Reason, StringComparison.Ordinal);

        Approve(rig, waits, "ann");
        UpgradeReport half = rig.Resume(waits.RunId);
        Assert.Equal(UpgradeEnd.Paused, half.End);
        Assert.Contains("ann has approved; one more person has to.", half.Reason, StringComparison.Ordinal);
        UpgradeExplanation explained = rig.Explain(waits.RunId);
        Assert.Contains("ann has approved; one more person has to.", explained.ToText(), StringComparison.Ordinal);
        Assert.Contains(explained.Options, o => o.Kind == HumanOptionKind.Approve);

        Approve(rig, waits, "bob");
        UpgradeReport report = rig.Resume(waits.RunId);
        Assert.True(report.End == UpgradeEnd.Completed, rig.Story(waits.RunId));
        Assert.Equal(["ann", "bob"], report.Decisions.Select(d => d.By));
        rig.AssertNoViolation();
    }

    [Theory]
    [InlineData("ann", true)]
    [InlineData(" Ann ", true)]
    [InlineData("A N N", false)]
    public void The_same_person_twice_is_refused_whoever_heard_of_the_first(string again, bool heard)
    {
        VirtualRig rig = new(policy: AtGates with { ApprovalsNeeded = 2 });
        UpgradeReport waits = rig.Upgrade();
        Approve(rig, waits, "ann");
        if (heard)
        {
            rig.Resume(waits.RunId);
        }

        CommandRefusedException e = Assert.Throws<CommandRefusedException>(() => Approve(rig, waits, again));
        Assert.Contains("has to come from another person", e.Message, StringComparison.Ordinal);
        Assert.Contains(again, e.Message, StringComparison.Ordinal);
        Assert.Equal(UpgradeEnd.Paused, rig.Resume(waits.RunId).End);

        Approve(rig, waits, "bob");
        Assert.Equal(UpgradeEnd.Completed, rig.Resume(waits.RunId).End);
    }

    /// <summary>What the refusal of the teller did not see the driver refuses: both approvals lay in the inbox.</summary>
    [Fact]
    public void Two_approvals_of_one_person_in_the_inbox_count_as_one()
    {
        VirtualRig rig = new(policy: AtGates with { ApprovalsNeeded = 2 });
        UpgradeReport waits = rig.Upgrade();
        foreach (string id in (string[])["one", "two"])
        {
            RunCommand command = new() { Id = id, Kind = RunCommandKind.Approve, By = "ann", At = rig.Time.GetUtcNow(), PlanHash = waits.PlanHash };
            rig.Time.Run(() => rig.Journal.PostCommandAsync(waits.RunId, command), VirtualRig.Limit);
        }

        Assert.Equal(UpgradeEnd.Paused, rig.Resume(waits.RunId).End);
        Assert.Equal(["ann"], rig.Resume(waits.RunId).Decisions.Select(d => d.By));
    }

    [Fact]
    public void The_first_of_two_approvals_outlives_the_process_that_heard_it()
    {
        VirtualRig rig = new(policy: AtGates with { ApprovalsNeeded = 2 });
        UpgradeReport waits = rig.Upgrade();
        Approve(rig, waits, "ann");
        VirtualProcess mortal = new(journalFailsAt: 1);
        Assert.Throws<JournalException>(() => rig.Resume(waits.RunId, mortal));
        Assert.Equal(JournalEntryKind.Command, rig.Records(waits.RunId)[^1].Entry.Kind);
        rig.Journal.Abandon(waits.RunId);

        Approve(rig, waits, "bob");
        Assert.Equal(UpgradeEnd.Completed, rig.Resume(waits.RunId).End);
    }

    [Fact]
    public void A_rollback_needs_both_too()
    {
        VirtualRig rig = new(policy: AtGates with { ApprovalsNeeded = 2 });
        UpgradeReport waits = rig.Upgrade();
        rig.Tell(waits.RunId, run => run.RollbackAllAsync("ann"));
        UpgradeReport asks = rig.Resume(waits.RunId);
        Assert.Contains("Two people have to approve.", asks.Reason, StringComparison.Ordinal);
        Approve(rig, waits, "ann");
        UpgradeReport half = rig.Resume(waits.RunId);
        Assert.Equal(UpgradeEnd.Paused, half.End);
        Assert.Empty(rig.Effects("snapshot-reverted"));

        Approve(rig, waits, "bob");
        Assert.Equal(UpgradeEnd.RolledBack, rig.Resume(waits.RunId).End);
    }

    [Fact]
    public void Who_stays_reminds_people_time_and_again_until_somebody_decides()
    {
        (VirtualRig rig, NeighbourTests.Told told) = Rig(AtGates with { ApprovalReminder = TimeSpan.FromMinutes(20) });
        UpgradePlan plan = rig.Plan();
        (DateTimeOffset since, DateTimeOffset decided) = rig.Time.Run(
            async () =>
            {
                UpgradeRun run = await rig.Orchestrator().StartAsync(plan);
                await run.WaitAsync();
                DateTimeOffset stopped = rig.Time.GetUtcNow();
                Task<IReadOnlyList<HumanDecision>> waits = run.WaitForDecisionAsync();
                await Task.Delay(TimeSpan.FromMinutes(50), rig.Time);
                await rig.Orchestrator().GetRun(plan.RunId).ApproveAsync("ann", plan.Hash);
                Assert.Equal("ann", Assert.Single(await waits).By);
                return (stopped, rig.Time.GetUtcNow());
            },
            VirtualRig.Limit);

        UpgradeEvent[] reminders = [.. told.Events.Where(e => e.Kind == UpgradeEventKind.Reminder)];
        Assert.Equal(2, reminders.Length);
        Assert.Equal([20, 40], reminders.Select(e => (e.At - since).TotalMinutes), (expected, actual) => actual >= expected && actual < expected + 0.1);
        Assert.Contains("has waited for people for 20 min", reminders[0].Text, StringComparison.Ordinal);
        Assert.Contains("back at work", reminders[0].Text, StringComparison.Ordinal);
        Assert.Equal(("gw2", "Approval"), (reminders[0].Node, reminders[0].Values["waitsFor"]));
        Assert.True(decided - since < TimeSpan.FromMinutes(51));
    }

    [Fact]
    public void A_run_that_needs_a_human_reminds_too_and_does_not_expire()
    {
        (VirtualRig rig, NeighbourTests.Told told) = Rig(
            AtGates with { ApprovalReminder = TimeSpan.FromMinutes(30), ApprovalExpiry = TimeSpan.FromMinutes(40) });
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "queue-stuck", Node = "gw2", Queue = "mta", Value = "3" });
        UpgradeReport stopped = rig.Upgrade();
        Assert.Equal(UpgradeEnd.NeedsHuman, stopped.End);
        using CancellationTokenSource leave = new();
        rig.Time.Run(
            async () =>
            {
                Task waits = rig.Orchestrator().GetRun(stopped.RunId).WaitForDecisionAsync(leave.Token);
                await Task.Delay(TimeSpan.FromHours(1.6), rig.Time);
                Assert.False(waits.IsCompleted);
                return true;
            },
            VirtualRig.Limit);

        Assert.Equal(3, told.Events.Count(e => e.Kind == UpgradeEventKind.Reminder));
        Assert.Equal(UpgradeEnd.NeedsHuman, rig.StateOf(stopped.RunId));
    }

    [Fact]
    public void Reminders_can_be_switched_off()
    {
        (VirtualRig rig, NeighbourTests.Told told) = Rig(AtGates with { ApprovalReminder = TimeSpan.Zero });
        string run = rig.Upgrade().RunId;
        Stay(rig, run, TimeSpan.FromHours(5));
        Assert.DoesNotContain(told.Events, e => e.Kind == UpgradeEventKind.Reminder);
    }

    [Fact]
    public void An_approval_that_nobody_gives_in_time_pauses_the_run_and_a_later_one_goes_on()
    {
        (VirtualRig rig, NeighbourTests.Told told) = Rig(AtGates with { ApprovalReminder = TimeSpan.Zero, ApprovalExpiry = TimeSpan.FromHours(2) });
        UpgradeReport waits = rig.Upgrade();
        TimeSpan began = rig.Time.Elapsed;
        IReadOnlyList<HumanDecision> decided = rig.Time.Run(() => rig.Orchestrator().GetRun(waits.RunId).WaitForDecisionAsync(), VirtualRig.Limit);

        Assert.Empty(decided);
        Assert.InRange(rig.Time.Elapsed - began, TimeSpan.FromHours(2) - TimeSpan.FromSeconds(30), TimeSpan.FromHours(2) + TimeSpan.FromSeconds(30));
        Assert.Equal("state.expired", rig.Records(waits.RunId)[^1].Entry.Text!.Key);
        Assert.Equal(("state.expired", UpgradeEventKind.Paused), (told.Events[^1].Text.Key, told.Events[^1].Kind));
        UpgradeReport paused = rig.Time.Run(() => rig.Orchestrator().GetRun(waits.RunId).GetReportAsync(), VirtualRig.Limit);
        Assert.Equal(UpgradeEnd.Paused, paused.End);
        Assert.Contains("Nobody approved at the gate of gw2 within 2 h", paused.Reason, StringComparison.Ordinal);

        // A resume alone asks again, and gives the same time anew; approving goes on.
        Assert.Contains("approval before the next node", rig.Resume(waits.RunId).Reason, StringComparison.Ordinal);
        Stay(rig, waits.RunId, TimeSpan.FromHours(1.9));
        Assert.True(rig.WaitsAtGate(waits.RunId));
        Assert.Empty(rig.Time.Run(() => rig.Orchestrator().GetRun(waits.RunId).WaitForDecisionAsync(), VirtualRig.Limit));
        Approve(rig, waits, "ann");
        UpgradeReport report = rig.Resume(waits.RunId);
        Assert.True(report.End == UpgradeEnd.Completed, rig.Story(waits.RunId));
        rig.AssertNoViolation();
    }

    [Fact]
    public void What_others_say_in_time_is_not_expired()
    {
        (VirtualRig rig, _) = Rig(AtGates with { ApprovalExpiry = TimeSpan.FromHours(2) });
        UpgradeReport waits = rig.Upgrade();
        Approve(rig, waits, "ann");
        IReadOnlyList<HumanDecision> decided = rig.Time.Run(
            async () =>
            {
                await Task.Delay(TimeSpan.FromHours(3), rig.Time);
                return await rig.Orchestrator().GetRun(waits.RunId).WaitForDecisionAsync();
            },
            VirtualRig.Limit);

        Assert.Equal("ann", Assert.Single(decided).By);
        Assert.Equal(UpgradeEnd.Completed, rig.Resume(waits.RunId).End);
    }

    [Theory]
    [InlineData(0, 60, 0)]
    [InlineData(3, 60, 0)]
    [InlineData(1, 0.5, 0)]
    [InlineData(1, 60, 45000)]
    public void What_no_policy_may_say_is_refused(int needed, double reminderMinutes, double expiryMinutes)
    {
        UpgradePolicy policy = AtGates with
        {
            ApprovalsNeeded = needed,
            ApprovalReminder = TimeSpan.FromMinutes(reminderMinutes),
            ApprovalExpiry = TimeSpan.FromMinutes(expiryMinutes),
        };
        Assert.True(new VirtualRig(policy: policy).Plan().IsRefused);
    }

    private static void Approve(VirtualRig rig, UpgradeReport report, string by) =>
        rig.Tell(report.RunId, run => run.ApproveAsync(by, report.PlanHash));

    /// <summary>Somebody stays for a time and then leaves.</summary>
    private static void Stay(VirtualRig rig, string run, TimeSpan time)
    {
        // By the clock itself: a cancellation that goes through the thread pool leaves it time to run on for hours.
        using CancellationTokenSource leave = new(time, rig.Time);
        rig.Time.Run(
            async () =>
            {
                _ = rig.Orchestrator().GetRun(run).WaitForDecisionAsync(leave.Token);
                await Task.Delay(time, rig.Time);
                return true;
            },
            VirtualRig.Limit);
    }

    private static (VirtualRig, NeighbourTests.Told) Rig(UpgradePolicy policy)
    {
        NeighbourTests.Told told = new(null, TimeSpan.Zero);
        return (new VirtualRig(policy: policy) { Bend = world => world with { Ports = world.Ports with { Notifiers = [told] } } }, told);
    }
}
