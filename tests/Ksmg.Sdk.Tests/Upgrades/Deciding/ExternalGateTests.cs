using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>Whole runs with external gates: the next node is not begun while one is not green, and the one in hand is finished.</summary>
public sealed class ExternalGateTests
{
    [Fact]
    public void A_node_in_hand_is_finished_and_the_next_one_waits_until_the_gate_is_green()
    {
        VirtualRig? rig = null;
        DateTimeOffset redUntil = default;
        ToldGate gate = new("alerts", _ => rig!.Time.GetUtcNow() < redUntil ? ToldGate.Red : ToldGate.Green);
        rig = Rig(gate);
        UpgradePlan plan = rig.Plan();
        UpgradeReport report = rig.Start(
            plan,
            VirtualProcess.Once($"{VirtualProcess.AfterOutcome} S1/gw2", () => redUntil = rig.Time.GetUtcNow() + TimeSpan.FromMinutes(30)));

        Assert.True(report.End == UpgradeEnd.Completed, rig.Story(plan.RunId));
        rig.AssertNoViolation();
        DateTimeOffset[] begun = [.. report.Nodes.Select(n => n.Steps.Single(s => s.Id == StepId.LoadOff).StartedAt!.Value)];
        DateTimeOffset back = report.Nodes[0].Steps.Single(s => s.Id == StepId.Gate).FinishedAt!.Value;
        Assert.True(back < redUntil && begun[1] >= redUntil && begun[2] > begun[1], rig.Story(plan.RunId));
        Assert.InRange(begun[1] - redUntil, TimeSpan.Zero, TimeSpan.FromMinutes(1));
        string told = Assert.Single(Notices(rig, plan.RunId));
        Assert.Contains("gw3 is not begun: Gate 'alerts' is not green", told, StringComparison.Ordinal);
        Assert.Contains("17 messages wait", told, StringComparison.Ordinal);

        // What it said when a node was begun is kept, and of each node only once.
        string[] kept = [.. rig.Records(plan.RunId).SelectMany(r => r.Entry.Values ?? new Dictionary<string, string>())
            .Where(v => v.Key == "externalGate.alerts").Select(v => v.Value)];
        Assert.Equal(3, kept.Length);
        Assert.All(kept, said => Assert.StartsWith("Gate 'alerts' is green: ", said, StringComparison.Ordinal));

        // Nobody asks while no node waits for the answer.
        Assert.Equal(["gw2", "gw3", "gw1"], gate.Asked.Distinct());
        Assert.InRange(gate.Asked.Count(node => node != "gw3"), 2, 8);
    }

    [Fact]
    public void While_it_waits_the_run_says_why_since_when_and_can_be_told_to_go_on()
    {
        VirtualRig rig = Rig(new ToldGate("alerts", node => node == "gw2" ? ToldGate.Red : ToldGate.Green));
        UpgradePlan plan = rig.Plan();
        UpgradeExplanation? waiting = null;
        UpgradeReport report = rig.Time.Run(
            async () =>
            {
                UpgradeRun run = await rig.Orchestrator().StartAsync(plan);
                await Task.Delay(TimeSpan.FromMinutes(10), rig.Time);
                waiting = await run.ExplainAsync();
                await run.OverrideAsync("ann", UpgradeOverrides.ExternalGate, "it lies", rig.Time.GetUtcNow() + TimeSpan.FromHours(1));
                return await run.WaitAsync();
            },
            VirtualRig.Limit);

        ExplainedStep step = Assert.Single(waiting!.Steps);
        Assert.Equal((ExplainedStepKind.Waiting, "gw2"), (step.What, step.Node));
        Assert.Matches("Gate 'alerts' is not green .seen so since 2026-01-05 08:00.*17 messages wait", step.Text.ToString());
        Assert.Contains(waiting.Options, o => o is { Kind: HumanOptionKind.Override, Check: UpgradeOverrides.ExternalGate });
        Assert.True(report.End == UpgradeEnd.Completed, rig.Story(plan.RunId));
        Assert.True(report.LastAt - report.StartedAt < TimeSpan.FromMinutes(40), rig.Story(plan.RunId));
        Assert.Contains(rig.Records(plan.RunId), r =>
            r.Entry is { Step: "S1/gw2/-", Kind: JournalEntryKind.Intent }
            && r.Entry.Values!["externalGate.alerts"].Contains("17 messages wait", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("throws", "it gives no answer: down")]
    [InlineData("hangs", "it gives no answer")]
    [InlineData("red", "17 messages wait")]
    public void A_gate_that_stays_red_or_stops_answering_pauses_the_run_when_patience_ends(string how, string told)
    {
        ToldGate gate = new("alerts", node => node == "gw2" ? ToldGate.Green : how switch
        {
            "throws" => throw new InvalidOperationException("down"),
            "hangs" => new TaskCompletionSource<GateAnswer>().Task,
            _ => ToldGate.Red,
        })
        { Patience = TimeSpan.FromMinutes(20) };
        VirtualRig rig = Rig(gate);
        UpgradePlan plan = rig.Plan();
        UpgradeReport report = rig.Start(plan);

        Assert.True(report.End == UpgradeEnd.Paused, rig.Story(plan.RunId));
        Assert.Contains(told, report.Reason, StringComparison.Ordinal);
        Assert.Equal(NodeOutcome.Upgraded, report.Nodes.Single(n => n.Name == "gw2").Outcome);
        Assert.Empty(rig.Effects("install-started", "gw3"));
        Assert.Contains(rig.Explain(plan.RunId).Options, o => o is { Kind: HumanOptionKind.Override, Check: UpgradeOverrides.ExternalGate });
        DateTimeOffset back = report.Nodes.Single(n => n.Name == "gw2").Steps.Single(s => s.Id == StepId.Gate).FinishedAt!.Value;
        Assert.InRange(report.LastAt - back, TimeSpan.FromMinutes(20), TimeSpan.FromMinutes(23));
    }

    [Fact]
    public void Hooks_before_a_node_wait_for_the_gate_too()
    {
        RecordedHook hook = new("silence", HookPoint.BeforeNode);
        VirtualRig rig = new(mailPerSecond: 0.2) { Gates = [new ToldGate("alerts", _ => ToldGate.Red)], Hooks = [hook] };
        UpgradeReport report = rig.Upgrade();

        Assert.Equal(UpgradeEnd.Paused, report.End);
        Assert.Empty(hook.Calls);
    }

    [Fact]
    public void Every_gate_has_to_be_green()
    {
        VirtualRig rig = Rig(new ToldGate("one", _ => ToldGate.Green), new ToldGate("two", _ => ToldGate.Red));
        UpgradeReport report = rig.Upgrade();

        Assert.Equal(UpgradeEnd.Paused, report.End);
        Assert.Contains("Gate 'two'", report.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("Gate 'one'", report.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_plan_names_its_gates_keeps_them_and_is_not_driven_without_them()
    {
        UpgradePlan without = Rig().Plan();
        UpgradePlan plan = Rig(new ToldGate("alerts", _ => ToldGate.Green)).Plan();
        UpgradePlan read = UpgradePlan.FromJson(plan.ToJson());

        Assert.DoesNotContain("gates", without.ToJson(), StringComparison.Ordinal);
        Assert.Equal(["alerts"], read.Gates);
        Assert.Equal(plan.Hash, read.Hash);
        Assert.NotEqual(plan.Hash, without.Hash);
        Assert.Contains("these gates must be green: alerts", plan.ToText(), StringComparison.Ordinal);
        Assert.Contains("Gates", Assert.Throws<UpgradeException>(() => Rig().Start(plan)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_gates_of_one_name_are_refused()
    {
        UpgradePlan plan = Rig(new ToldGate("alerts", _ => ToldGate.Green), new ToldGate("Alerts", _ => ToldGate.Green)).Plan();

        Assert.Contains(plan.Findings, f => f is { Code: "gate-twice", Severity: FindingSeverity.Refusal });
    }

    [Fact]
    public void A_rehearsal_asks_no_gate()
    {
        ToldGate gate = new("alerts", _ => ToldGate.Red);
        UpgradePlan plan = Rig(gate).Plan();
        gate.Asked.Clear();

        Assert.Equal(UpgradeEnd.Completed, new UpgradeRehearsal(plan, new RehearsalOptions { InstallTime = TimeSpan.FromMinutes(1) }).Run().End);
        Assert.Empty(gate.Asked);
    }

    private static VirtualRig Rig(params ToldGate[] gates) => new(mailPerSecond: 0.2) { Gates = gates };

    private static IEnumerable<string> Notices(VirtualRig rig, string run) =>
        rig.Records(run).Where(r => r.Entry.Kind == JournalEntryKind.Observation && r.Entry.Values?.ContainsKey(Marks.Notice) == true)
            .Select(r => $"{r.Entry.Text}");
}
