using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>Whole runs with hooks around them: in their order, waited for, repeated after a crash, and never passed over but by a human.</summary>
public sealed class HookTests
{
    private static readonly string[] Boundaries =
        [VirtualProcess.BeforeIntent, VirtualProcess.AfterIntent, VirtualProcess.EffectSent, VirtualProcess.AnswerRead, VirtualProcess.AfterOutcome];

    public static TheoryData<string, string> Deaths
    {
        get
        {
            TheoryData<string, string> deaths = [];
            foreach (string boundary in Boundaries)
            {
                foreach (string step in new[] { "H1/-/-", "H2/gw2/-", "H3/gw2/-", "H4/-/-" })
                {
                    deaths.Add(boundary, step);
                }
            }

            return deaths;
        }
    }

    [Fact]
    public void Hooks_are_called_in_their_order_at_each_point_and_the_journal_says_what_they_said()
    {
        List<(string Hook, HookCall Call)> calls = [];
        VirtualRig rig = Rig(
            new RecordedHook("ticket", HookPoint.BeforeRun, HookPoint.AfterRun) { Calls = calls },
            new RecordedHook("silence", HookPoint.BeforeNode, HookPoint.AfterNode, HookPoint.AfterRun) { Calls = calls });
        UpgradePlan plan = rig.Plan();
        UpgradeReport report = rig.Start(plan);

        Assert.True(report.End == UpgradeEnd.Completed, rig.Story(plan.RunId));
        rig.AssertNoViolation();
        Assert.Equal(
            [
                "ticket BeforeRun ", "silence BeforeNode gw2", "silence AfterNode gw2", "silence BeforeNode gw3", "silence AfterNode gw3",
                "silence BeforeNode gw1", "silence AfterNode gw1", "ticket AfterRun ", "silence AfterRun ",
            ],
            calls.Select(c => $"{c.Hook} {c.Call.Point} {c.Call.Node}"));
        HookCall first = calls[1].Call;
        Assert.Equal((plan.RunId, plan.Cluster, plan.From, plan.To, 1), (first.RunId, first.Cluster, first.From, first.To, first.Attempt));
        Assert.Equal($"{plan.RunId}/H2/gw2/-/silence", first.Key);
        Assert.Equal(calls.Count, calls.Select(c => c.Call.Key).Distinct().Count());

        // While it runs, nothing of the node is changed yet; afterwards nothing of it is left to do.
        List<JournalRecord> records = [.. rig.Records(plan.RunId)];
        int Outcome(string step) => records.FindIndex(r => r.Entry.Kind == JournalEntryKind.Outcome && r.Entry.Step == step);
        int Intent(string step) => records.FindIndex(r => r.Entry.Kind == JournalEntryKind.Intent && r.Entry.Step == step);
        Assert.True(Outcome("S0/-/-") < Intent("H1/-/-") && Outcome("H1/-/-") < Intent("S4a/gw2/-"), rig.Story(plan.RunId));
        Assert.True(Outcome("H2/gw2/-") < Intent("S1/gw2/-") && Outcome("S16/gw2/-") < Intent("H3/gw2/-") && Outcome("H3/gw2/-") < Intent("H2/gw3/-"));
        Assert.True(Outcome("S17/-/-") < Intent("H4/-/-"));
        string said = $"{records[Outcome("H4/-/-")].Entry.Text}";
        Assert.Matches("Hook 'ticket' succeeded .*It said: ticket is fine.*Hook 'silence' succeeded .*It said: silence is fine", said);
    }

    [Fact]
    public void A_hook_that_fails_before_a_node_asks_a_human_and_is_called_again_on_resume()
    {
        RecordedHook hook = new("silence", HookPoint.BeforeNode) { Does = RecordedHook.Fails("no such\nhost") };
        VirtualRig rig = Rig(hook);
        UpgradePlan plan = rig.Plan();
        UpgradeReport stopped = rig.Start(plan);

        Assert.True(stopped.End == UpgradeEnd.NeedsHuman, rig.Story(plan.RunId));
        Assert.Contains("Hook 'silence' failed. It said: no such host", stopped.Reason, StringComparison.Ordinal);
        Assert.Empty(rig.Effects("load-drain"));
        UpgradeExplanation asked = rig.Explain(plan.RunId);
        Assert.Contains(asked.Options, o => o is { Kind: HumanOptionKind.Override, Check: UpgradeOverrides.HookFailed });
        Assert.Contains(asked.Options, o => o is { Kind: HumanOptionKind.Continue });
        Assert.Contains(asked.Options, o => o is { Kind: HumanOptionKind.Abort });

        Assert.Equal(UpgradeEnd.NeedsHuman, rig.Resume(plan.RunId).End);
        hook.Does = null;
        Assert.Equal(UpgradeEnd.Completed, rig.Resume(plan.RunId).End);
        HookCall[] ofTheFirst = [.. hook.Calls.Select(c => c.Call).Where(c => c.Node == "gw2")];
        Assert.Equal([1, 2, 3], ofTheFirst.Select(c => c.Attempt));
        Assert.Single(ofTheFirst.Select(c => c.Key).Distinct());
        rig.AssertNoViolation();
    }

    [Fact]
    public void A_human_lets_the_run_go_on_without_a_hook_that_failed()
    {
        RecordedHook hook = new("silence", HookPoint.BeforeNode);
        hook.Does = (call, _) => Task.FromResult(new HookResult(call.Node != "gw3", "nobody there"));
        VirtualRig rig = Rig(hook);
        UpgradePlan plan = rig.Plan();
        Assert.Equal(UpgradeEnd.NeedsHuman, rig.Start(plan).End);
        Assert.Contains(rig.Explain(plan.RunId).Options, o => o is { Kind: HumanOptionKind.Skip, Node: "gw3" });
        rig.Tell(plan.RunId, run => run.OverrideAsync("ann", UpgradeOverrides.HookFailed, "done by hand", rig.Time.GetUtcNow() + TimeSpan.FromHours(2)));
        UpgradeReport report = rig.Resume(plan.RunId);

        Assert.True(report.End == UpgradeEnd.Completed, rig.Story(plan.RunId));
        Assert.Single(hook.Calls, c => c.Call.Node == "gw3");
        Assert.Single(hook.Calls, c => c.Call.Node == "gw1");
        Assert.Contains("without what failed", rig.Story(plan.RunId), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_hook_that_hangs_is_ended_at_its_limit_and_has_failed(bool hearsItsToken)
    {
        bool wasEnded = false;
        RecordedHook hook = new("ticket", HookPoint.BeforeRun) { TimeLimit = TimeSpan.FromMinutes(3) };
        VirtualRig rig = Rig(hook);
        hook.Does = (_, token) =>
        {
            TaskCompletionSource<HookResult> never = new();
            token.Register(() =>
            {
                wasEnded = true;
                if (hearsItsToken)
                {
                    never.SetResult(new HookResult(false, "half way"));
                }
            });
            return never.Task;
        };
        UpgradePlan plan = rig.Plan();
        TimeSpan began = rig.Time.Elapsed;
        UpgradeReport report = rig.Start(plan);

        Assert.True(report.End == UpgradeEnd.NeedsHuman, rig.Story(plan.RunId));
        Assert.Contains("Hook 'ticket' did not end within 3 min", report.Reason, StringComparison.Ordinal);
        Assert.Equal(hearsItsToken, report.Reason.ToString().Contains("half way", StringComparison.Ordinal));
        Assert.True(wasEnded);
        Assert.InRange(rig.Time.Elapsed - began, TimeSpan.FromMinutes(3), TimeSpan.FromMinutes(4));
    }

    [Theory]
    [MemberData(nameof(Deaths))]
    public void A_driver_that_is_killed_around_a_hook_is_followed_by_one_that_calls_it_with_the_same_key(string boundary, string step)
    {
        RecordedHook hook = new("own");
        VirtualRig rig = Rig(hook);
        UpgradePlan plan = rig.Plan();
        VirtualProcess mortal = new() { DiesAt = $"{boundary} {step}" };
        rig.Crash(plan, mortal, resume: false);

        Assert.True(mortal.IsDead, $"It did not come to {boundary} {step}.");
        UpgradeReport report = rig.Resume(plan.RunId);
        Assert.True(report.End == UpgradeEnd.Completed, rig.Story(plan.RunId));
        rig.AssertNoViolation();
        HookCall[] calls = [.. hook.Calls.Select(c => c.Call).Where(c => c.Key == $"{plan.RunId}/{step}/own")];
        int expected = boundary is VirtualProcess.EffectSent or VirtualProcess.AnswerRead ? 2 : 1;
        Assert.Equal(expected, calls.Length);
        Assert.Equal(boundary is VirtualProcess.BeforeIntent or VirtualProcess.AfterOutcome ? 1 : 2, calls[^1].Attempt);
        Assert.Equal(2 + (2 * plan.Nodes.Count), hook.Calls.Select(c => c.Call.Key).Distinct().Count());
    }

    [Fact]
    public void A_run_that_is_stopped_ends_the_hook_at_once_and_calls_it_again_later()
    {
        bool wasEnded = false;
        RecordedHook hook = new("ticket", HookPoint.BeforeRun);
        VirtualRig rig = Rig(hook);
        hook.Does = async (call, token) =>
        {
            using CancellationTokenRegistration ended = token.Register(() => wasEnded = true);
            await Task.Delay(call.Attempt == 1 ? TimeSpan.FromMinutes(4) : TimeSpan.Zero, rig.Time, token);
            return new HookResult(true, string.Empty);
        };
        UpgradePlan plan = rig.Plan();
        rig.Time.Run(
            async () =>
            {
                UpgradeRun run = await rig.Orchestrator().StartAsync(plan);
                await Task.Delay(TimeSpan.FromMinutes(1), rig.Time);
                await rig.StandingStillAsync(run.StopAsync());
            },
            VirtualRig.Limit);
        Assert.True(wasEnded);
        UpgradeReport report = rig.Resume(plan.RunId);

        Assert.True(report.End == UpgradeEnd.Completed, rig.Story(plan.RunId));
        Assert.Equal([1, 2], hook.Calls.Select(c => c.Call.Attempt));
    }

    [Theory]
    [InlineData(HookPoint.BeforeRun)]
    [InlineData(HookPoint.BeforeNode)]
    public void An_aborted_run_calls_the_hooks_at_its_end_too(HookPoint fails)
    {
        List<(string Hook, HookCall Call)> calls = [];
        RecordedHook last = new("close", HookPoint.AfterRun) { Calls = calls };
        VirtualRig rig = Rig(new RecordedHook("bad", fails) { Calls = calls, Does = RecordedHook.Fails("no") }, last);
        UpgradePlan plan = rig.Plan();
        Assert.Equal(UpgradeEnd.NeedsHuman, rig.Start(plan).End);
        rig.Tell(plan.RunId, run => run.AbortAsync("ann", "not today"));
        UpgradeReport report = rig.Resume(plan.RunId);

        Assert.True(report.End == UpgradeEnd.Aborted, rig.Story(plan.RunId));
        Assert.Equal(["bad", "close"], calls.Select(c => c.Hook));
        Assert.Empty(rig.Effects("install-started"));
    }

    [Fact]
    public void A_hook_that_fails_after_a_node_holds_the_next_one()
    {
        RecordedHook hook = new("check", HookPoint.AfterNode) { Does = RecordedHook.Fails("mail is late") };
        VirtualRig rig = Rig(hook);
        UpgradePlan plan = rig.Plan();
        UpgradeReport stopped = rig.Start(plan);

        Assert.True(stopped.End == UpgradeEnd.NeedsHuman, rig.Story(plan.RunId));
        Assert.Equal(NodeOutcome.Upgraded, stopped.Nodes.Single(n => n.Name == "gw2").Outcome);
        Assert.Empty(rig.Effects("install-started", "gw3"));
        hook.Does = null;
        Assert.Equal(UpgradeEnd.Completed, rig.Resume(plan.RunId).End);
    }

    [Fact]
    public void A_node_that_is_begun_anew_after_it_was_put_back_has_its_hooks_called_again()
    {
        RecordedHook hook = new("silence", HookPoint.BeforeNode);
        VirtualRig rig = Rig(hook);
        UpgradePlan plan = rig.Plan();
        UpgradeReport back = rig.Start(
            plan, VirtualProcess.Once($"{VirtualProcess.AfterOutcome} S2/gw3", () => rig.Cluster.Act("gw2", "power-off")));
        Assert.True(back.Nodes.Single(n => n.Name == "gw3").Outcome == NodeOutcome.PutBack, rig.Story(plan.RunId));
        rig.Cluster.Act("gw2", "power-on");
        rig.Time.Advance(TimeSpan.FromMinutes(5));
        UpgradeReport report = rig.Resume(plan.RunId);

        Assert.True(report.End == UpgradeEnd.Completed, rig.Story(plan.RunId));
        Assert.Equal([1, 2], hook.Calls.Select(c => c.Call).Where(c => c.Node == "gw3").Select(c => c.Attempt));
    }

    [Fact]
    public void What_a_hook_says_is_bounded_and_printable()
    {
        RecordedHook hook = new("wordy", HookPoint.BeforeRun);
        hook.Does = RecordedHook.Fails($"first {new string('ä', 10_000)}\u001b[31m\r\nlast");
        VirtualRig rig = Rig(hook);
        string reason = rig.Upgrade().Reason;

        Assert.DoesNotContain("first", reason, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', reason);
        Assert.Contains("… ", reason.Replace("…ä", "… ä", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("[31m last", reason, StringComparison.Ordinal);
        Assert.InRange(reason.Length, 2_000, 2_500);
    }

    [Fact]
    public void A_plan_has_steps_only_where_hooks_are_and_is_not_driven_without_them()
    {
        UpgradePlan without = Rig().Plan();
        VirtualRig rig = Rig(new RecordedHook("own", HookPoint.BeforeNode) { TimeLimit = TimeSpan.FromMinutes(7) });
        UpgradePlan plan = rig.Plan();

        Assert.DoesNotContain(without.Steps, s => s.Id.IsHooks());
        Assert.Equal(["H2", "H2", "H2"], plan.Steps.Where(s => s.Id.IsHooks()).Select(s => s.Id.Value));
        Assert.All(plan.Steps.Where(s => s.Id.IsHooks()), s => Assert.Equal(TimeSpan.FromMinutes(7), s.Timeout));
        Assert.Contains("call the hooks before the node", plan.ToText(), StringComparison.Ordinal);
        Assert.Contains("call the hooks before the node", plan.ToMermaid(), StringComparison.Ordinal);
        Assert.Equal(plan.Hash, UpgradePlan.FromJson(plan.ToJson()).Hash);
        UpgradeException refused = Assert.Throws<UpgradeException>(() => Rig().Start(plan));
        Assert.Contains("Hooks", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_hooks_of_one_name_are_refused()
    {
        UpgradePlan plan = Rig(new RecordedHook("own", HookPoint.BeforeRun), new RecordedHook("Own", HookPoint.AfterRun)).Plan();

        Assert.Contains(plan.Findings, f => f is { Code: "hook-twice", Severity: FindingSeverity.Refusal });
    }

    [Fact]
    public void A_rehearsal_calls_no_hook()
    {
        RecordedHook hook = new("own");
        UpgradePlan plan = Rig(hook).Plan();
        RehearsedRun rehearsed = new UpgradeRehearsal(plan, new RehearsalOptions { InstallTime = TimeSpan.FromMinutes(1) }).Run();

        Assert.Equal(UpgradeEnd.Completed, rehearsed.End);
        Assert.Empty(hook.Calls);
    }

    /// <summary>A plan gives its hooks what they were to have when it was made.</summary>
    [Fact]
    public void Hooks_that_outlast_what_the_plan_gives_them_are_not_called_for_ever()
    {
        RecordedHook planned = new("own", HookPoint.BeforeNode) { TimeLimit = TimeSpan.FromMinutes(1) };
        UpgradePlan plan = Rig(planned).Plan();
        RecordedHook slow = new("own", HookPoint.BeforeNode) { TimeLimit = TimeSpan.FromMinutes(30) };
        VirtualRig rig = Rig(slow);
        slow.Does = async (_, token) =>
        {
            await Task.Delay(TimeSpan.FromMinutes(20), rig.Time, token);
            return new HookResult(true, string.Empty);
        };
        UpgradeReport stopped = rig.Start(plan);
        Assert.True(stopped.End == UpgradeEnd.NeedsHuman, rig.Story(plan.RunId));
        Assert.Single(slow.Calls);
        Assert.Empty(rig.Effects("load-drain"));

        slow.Does = null;
        Assert.Equal(UpgradeEnd.Completed, rig.Resume(plan.RunId).End);
        rig.AssertNoViolation();
    }

    private static VirtualRig Rig(params RecordedHook[] hooks) => new(mailPerSecond: 0.2) { Hooks = hooks };
}
