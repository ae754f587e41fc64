using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>What was said and not carried out yet, what was asked of a process that is gone, and why an effect failed.</summary>
public sealed class DecisionsWaitingTests
{
    [Fact]
    public void A_decision_is_shown_until_somebody_carries_it_out()
    {
        VirtualRig rig = new(policy: VirtualRig.FastPolicy(3) with { PauseAfter = PausePoint.First });
        string run = rig.Upgrade().RunId;
        rig.Tell(run, r => r.AbortAsync("ann", "not tonight"));
        UpgradeReport report = rig.Time.Run(() => rig.Orchestrator().GetRun(run).GetReportAsync(), VirtualRig.Limit);
        UpgradeExplanation explanation = rig.Explain(run);

        HumanDecision decision = Assert.Single(report.Pending);
        Assert.Equal("ann", decision.By);
        Assert.Contains("not tonight", decision.Text, StringComparison.Ordinal);
        Assert.Equal(report.Pending, explanation.Pending);
        Assert.Contains("not carried out yet", report.ToText(), StringComparison.Ordinal);
        Assert.Contains("not carried out yet", explanation.ToText(), StringComparison.Ordinal);

        UpgradeReport ended = rig.Resume(run);
        Assert.Equal(UpgradeEnd.Aborted, ended.End);
        Assert.Empty(ended.Pending);
        Assert.Contains(ended.Decisions, d => d.Text == decision.Text);
    }

    [Fact]
    public void A_decision_that_will_be_refused_says_so()
    {
        VirtualRig rig = new(policy: VirtualRig.FastPolicy(3) with { PauseAfter = PausePoint.First });
        UpgradeReport stopped = rig.Upgrade();
        rig.Tell(stopped.RunId, r => r.ApproveAsync("ann", stopped.PlanHash));
        rig.Time.Run(
            () => rig.Journal.PostCommandAsync(
                stopped.RunId, new RunCommand { Id = "late", Kind = RunCommandKind.Skip, By = "bob", At = rig.Time.GetUtcNow(), Node = "gw1" }),
            VirtualRig.Limit);

        UpgradeReport report = rig.Time.Run(() => rig.Orchestrator().GetRun(stopped.RunId).GetReportAsync(), VirtualRig.Limit);
        Assert.Equal(["ann", "bob"], report.Pending.Select(d => d.By));
        Assert.Contains("will be refused", report.Pending[1].Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_pause_asked_of_the_process_that_drives_is_over_with_it(bool heard)
    {
        (VirtualRig rig, string run) = PausedAndLeft(run => run, heard);

        UpgradeReport report = rig.Resume(run);
        Assert.True(report.End == UpgradeEnd.Completed, rig.Story(run));
        rig.AssertNoViolation();
    }

    [Fact]
    public void A_pause_that_somebody_else_asked_for_outlives_the_process()
    {
        VirtualRig? world = null;
        (VirtualRig rig, string run) = PausedAndLeft(r => world!.Orchestrator().GetRun(r.Id), heard: true, r => world = r);

        UpgradeReport report = rig.Resume(run);
        Assert.Equal(UpgradeEnd.Paused, report.End);
        Assert.Equal(UpgradeEnd.Completed, rig.Resume(run).End);
    }

    [Fact]
    public void A_run_that_was_let_go_of_says_what_it_was_at()
    {
        VirtualRig rig = new();
        UpgradePlan plan = rig.Plan();
        Leave(rig, plan, run => rig.StandingStillAsync(run.StopAsync()));
        UpgradeReport report = rig.Time.Run(() => rig.Orchestrator().GetRun(plan.RunId).GetReportAsync(), VirtualRig.Limit);

        Assert.Equal(UpgradeEnd.Running, report.End);
        Assert.Equal("Interrupted while at 'install the update' of gw2. Resume goes on from what is seen then.", report.Reason);
        Assert.Equal(report.Reason, rig.Explain(plan.RunId).Reason);
    }

    [Fact]
    public void The_reason_of_an_effect_that_failed_is_what_its_call_said()
    {
        RunState run = RunState.Fold(
        [
            Record(1, JournalEntryKind.Intent, null, "Writing."),
            Record(2, JournalEntryKind.Outcome, StepOutcome.Unknown, "gw1: no space left on device"),
            Record(3, JournalEntryKind.Outcome, StepOutcome.FailedNoEffect, "1 files are not written back yet."),
        ]);
        Assert.Equal("gw1: no space left on device", run[StepKey.Parse("S12/gw1/-")].Cause);

        run.Apply(Record(4, JournalEntryKind.Intent, null, "Writing."));
        run.Apply(Record(5, JournalEntryKind.Outcome, StepOutcome.FailedNoEffect, "refused"));
        Assert.Equal("refused", run[StepKey.Parse("S12/gw1/-")].Cause);
    }

    [Fact]
    public void What_others_say_is_one_line_in_events_and_texts()
    {
        const string Hostile = "sh: \u001b[2J\nCompleted: all\u202e\u2028";
        JournalRecord record = Record(1, JournalEntryKind.Outcome, StepOutcome.Unknown, Hostile);

        Assert.Equal("sh:  [2J Completed: all  ", RunEvents.From("mail-eu", "run", record)!.Text);
        Assert.Equal("sh:  [2J Completed: all  ", Words.OneLine(Hostile));
    }

    private static (VirtualRig Rig, string RunId) PausedAndLeft(Func<UpgradeRun, UpgradeRun> through, bool heard, Action<VirtualRig>? made = null)
    {
        VirtualRig rig = new();
        made?.Invoke(rig);
        UpgradePlan plan = rig.Plan();
        Leave(rig, plan, async run =>
        {
            Task<RunCommandAnswer?> pausing = through(run).PauseAsync("ann", "Ctrl-C");
            if (heard)
            {
                Assert.True((await pausing)!.Accepted);
            }

            await rig.StandingStillAsync(run.StopAsync());
        });
        return (rig, plan.RunId);
    }

    /// <summary>Drives a run; when the first installation was begun, somebody does something through the handle that drives it.</summary>
    private static void Leave(VirtualRig rig, UpgradePlan plan, Func<UpgradeRun, Task> leave)
    {
        UpgradeRun? run = null;
        Task? leaving = null;
        VirtualProcess process = new()
        {
            At = point => leaving ??= point == "effect sent, answer not read S8/gw2/0 start-update" ? leave(run!) : null,
        };
        rig.Time.Run(
            async () =>
            {
                run = await rig.Orchestrator(process).StartAsync(plan);
                await run.WaitAsync();
                await leaving!;
            },
            VirtualRig.Limit);
    }

    private static JournalRecord Record(long sequence, JournalEntryKind kind, StepOutcome? outcome, string text) => new(
        sequence,
        DateTimeOffset.UnixEpoch,
        1,
        new JournalEntry { Kind = kind, Step = "S12/gw1/-", Node = "gw1", Attempt = 1, Outcome = outcome, Text = Message.Said(text) },
        string.Empty);
}
