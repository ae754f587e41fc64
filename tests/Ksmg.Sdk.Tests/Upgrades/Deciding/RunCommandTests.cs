using System.Globalization;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>What becomes of each command, wherever the run stands: what is written down of it, and what its author is told.</summary>
public sealed class RunCommandTests
{
    private const string BeforeAny = "after S0/-";
    private const string BetweenNodes = "after S16/gw2";
    private const string Drained = "after S3/gw3";
    private const string Installed = "after S8/gw3";
    private const string AtTheGate = "after S15/gw2";

    [Fact]
    public void A_command_is_written_down_with_who_gave_it_and_when()
    {
        CutRun run = new(BetweenNodes);
        (JournalEntry? entry, Message answer) = Judge(run, Command(run, RunCommandKind.Pause));
        Assert.Equal((JournalEntryKind.Command, null, Message.Of("command.plain.Pause", "ann")), (entry!.Kind, entry.Node, entry.Text));
        Assert.Equal(Message.Of("command.pause-taken"), answer);
        string at = run.Now.ToString("O", CultureInfo.InvariantCulture);
        AssertValues(entry, ("command", "Pause"), ("id", "id-1"), ("by", "ann"), ("at", at));
    }

    [Fact]
    public void A_command_for_another_cluster_plan_driving_or_node_is_refused()
    {
        CutRun run = new(BetweenNodes);
        RunCommand pause = Command(run, RunCommandKind.Pause);
        RunOwner own = RunOwner.Of(run.Plan);
        RunOwner other = new("other", own.Nodes);
        Assert.Equal(own.WhyNotOf(other, run.Plan.RunId), Refused(run, pause with { Owner = other, PlanHash = "x" }));
        Assert.Equal(Message.Of("command.other-plan", run.Plan.Hash), Refused(run, pause with { PlanHash = "x", Epoch = 9 }));
        Assert.Equal(Message.Of("command.other-driving"), Refused(run, pause with { Epoch = 9, Node = "gw9" }));
        Assert.Equal(Message.Of("command.no-such-node", "gw9", "gw2, gw3, gw1"), Refused(run, pause with { Node = "gw9" }));
        Assert.Equal(Message.Of("command.unknown", (RunCommandKind)99), Refused(run, pause with { Kind = (RunCommandKind)99 }));

        Assert.NotNull(Judge(run, pause with { Owner = own, PlanHash = null, Epoch = run.Input.Run.Epoch, Node = "gw1" }).Entry);
    }

    [Theory]
    [InlineData(nameof(RunCommandKind.Pause), true)]
    [InlineData(nameof(RunCommandKind.Park), true)]
    [InlineData(nameof(RunCommandKind.Skip), true)]
    [InlineData(nameof(RunCommandKind.Abort), true)]
    [InlineData(nameof(RunCommandKind.Rollback), false)]
    [InlineData(nameof(RunCommandKind.Approve), false)]
    [InlineData(nameof(RunCommandKind.Override), false)]
    public void Of_a_run_that_is_over_nothing_can_be_wanted_but_its_rollback(string kind, bool refused)
    {
        CutRun run = new(BetweenNodes);
        run.Write(new JournalEntry { Kind = JournalEntryKind.RunEnded, Values = Values((Marks.End, nameof(UpgradeEnd.Completed))) });
        Message answer = Judge(run, Command(run, Enum.Parse<RunCommandKind>(kind)) with { Node = "gw2" }).Answer;
        Assert.Equal(refused, answer == Message.Of("command.ended", UpgradeEnd.Completed));
    }

    [Fact]
    public void A_pause_may_be_of_this_driving_or_after_nodes()
    {
        CutRun run = new(BetweenNodes);
        RunCommand pause = Command(run, RunCommandKind.Pause) with { Node = "gw3", Reason = "the mail" };
        JournalEntry? entry = Judge(run, pause with { Epoch = run.Input.Run.Epoch }).Entry;
        Assert.Equal(("gw3", Message.Of("command.pause", "ann", "the mail")), (entry!.Node, entry.Text));
        Assert.Equal("true", entry.Values![Marks.ThisDriving]);
        Assert.False(Judge(run, pause).Entry!.Values!.ContainsKey(Marks.ThisDriving));

        (entry, Message answer) = Judge(run, pause with { PauseAfter = PausePoint.Each });
        Message decided = Message.Of("command.pause-after", "ann", PausePoint.Each);
        Assert.Equal((null, Message.Sentences(decided, Message.Of("command.why", "the mail"))), (entry!.Node, entry.Text));
        Assert.Equal(decided, Judge(run, pause with { PauseAfter = PausePoint.Each, Reason = null }).Entry!.Text);
        Assert.Equal(Message.Of("command.pause-after-taken", PausePoint.Each), answer);
        Assert.Equal("Each", entry.Values![Marks.PauseAfter]);
        Assert.Equal(Message.Of("command.unknown", (PausePoint)99), Refused(run, pause with { PauseAfter = (PausePoint)99 }));
    }

    [Fact]
    public void An_approval_is_of_the_plan_and_of_the_gate_that_is_waited_at()
    {
        CutRun run = new(AtTheGate);
        RunCommand approve = Command(run, RunCommandKind.Approve);
        Assert.Equal(Message.Of("command.no-hash"), Refused(run, approve with { PlanHash = null }));
        Assert.Equal(Message.Of("command.no-gate", "gw3", "gw2"), Refused(run, approve with { Node = "gw3" }));
        Assert.Equal(Message.Of("command.no-gate", "-", "-"), Refused(new CutRun(Drained), approve));

        (JournalEntry? entry, Message answer) = Judge(run, approve with { Node = "gw2" });
        Assert.Equal(("gw2", Message.Of("command.approve", "ann", "gw2", "gate")), (entry!.Node, entry.Text));
        Assert.Equal("S16/gw2/-", entry.Values![Marks.Gate]);
        Assert.Equal(Message.Of("command.approve-taken", "gw2"), answer);

        run.Write(entry);
        Assert.Equal(Message.Of("command.approve-taken", "gw2"), Judge(run, approve).Answer);
    }

    [Fact]
    public void Two_approvals_are_of_two_people()
    {
        CutRun run = new CutRun(AtTheGate).With(p => p with { ApprovalsNeeded = 2 });
        RunCommand approve = Command(run, RunCommandKind.Approve);
        (JournalEntry? entry, Message answer) = Judge(run, approve);
        Assert.Equal(Message.Of("command.approve-one-more", "gw2"), answer);

        run.Write(entry!);
        Assert.Equal(Message.Of("command.approve-same", "Ann ", "gw2"), Refused(run, approve with { By = "Ann " }));
        Assert.Equal(Message.Of("command.approve-taken", "gw2"), Judge(run, approve with { By = "bob" }).Answer);
    }

    [Theory]
    [InlineData(Drained, null, "command.which-node")]
    [InlineData(Drained, "gw1", "command.other-in-hand", "gw1", "gw3")]
    [InlineData(Drained, "gw3", null)]
    [InlineData(Installed, "gw3", null)]
    [InlineData(BetweenNodes, "gw2", null)]
    [InlineData(BetweenNodes, "gw3", "command.untouched", "gw3")]
    public void A_node_in_hand_or_upgraded_can_be_parked(string at, string? node, string? key, params string[] on)
    {
        CutRun run = new(at);
        (JournalEntry? entry, Message answer) = Judge(run, Command(run, RunCommandKind.Park) with { Node = node, Reason = " " });
        Assert.Equal(key is null ? Message.Of("command.park-taken", node) : Message.Of(key, [.. on]), answer);
        Assert.Equal(key is null ? node : null, entry?.Node);
        Assert.Equal(key is null ? Message.Of("command.plain.Park", "ann", node) : null, entry?.Text);
        Assert.Equal(
            key is null ? Message.Of("command.park", "ann", node, "odd") : null,
            Judge(run, Command(run, RunCommandKind.Park) with { Node = node, Reason = "odd" }).Entry?.Text);
    }

    [Fact]
    public void While_a_node_is_on_a_detour_no_other_begins_one()
    {
        CutRun run = new(Drained);
        run.Mark("gw3", Marks.Parking);
        Assert.Equal(Message.Of("command.busy", "gw3"), Refused(run, Command(run, RunCommandKind.Park) with { Node = "gw3" }));
        CutRun five = new("after S3/gw4", nodes: 5);
        five.Mark("gw4", Marks.Parking);
        Assert.Equal(Message.Of("command.busy", "gw4"), Refused(five, Command(five, RunCommandKind.Skip) with { Node = "gw5" }));

        run.Mark("gw3", nameof(NodeOutcome.Parked));
        Assert.Equal(Message.Of("command.parked", "gw3"), Refused(run, Command(run, RunCommandKind.Park) with { Node = "gw3" }));
        Assert.Equal(Message.Of("command.park-taken", "gw2"), Judge(run, Command(run, RunCommandKind.Park) with { Node = "gw2" }).Answer);
    }

    /// <summary>The others are upgraded under the first one's control, and the former Control node comes last.</summary>
    [Theory]
    [InlineData(3, BeforeAny, null, "command.which-node")]
    [InlineData(1, BeforeAny, "gw1", "command.cannot-skip", "gw1")]
    [InlineData(3, BeforeAny, "gw2", "command.cannot-skip", "gw2")]
    [InlineData(3, BeforeAny, "gw1", "command.cannot-skip", "gw1")]
    [InlineData(3, BeforeAny, "gw3", null)]
    [InlineData(3, Drained, "gw3", "in hand")]
    [InlineData(3, Installed, "gw3", "command.park-first", "gw3")]
    [InlineData(3, "after S16/gw3", "gw3", "command.nothing-left", "gw3")]
    [InlineData(3, "after S15/gw3", "gw3", null)]
    public void A_node_can_be_left_out_where_the_others_do_not_need_it(int nodes, string at, string? node, string? key, params string[] on)
    {
        CutRun run = new(at, nodes);
        (JournalEntry? entry, Message answer) = Judge(run, Command(run, RunCommandKind.Skip) with { Node = node, Reason = "old" });
        bool taken = key is null or "in hand";
        Assert.Equal(taken ? Message.Of("command.skip-taken", node) : Message.Of(key!, [.. on]), answer);
        Assert.Equal(taken ? (node, Message.Of("command.skip", "ann", node, "old")) : (null, null), (entry?.Node, entry?.Text));
        Assert.Equal(key == "in hand" ? "true" : null, entry?.Values?.GetValueOrDefault(Marks.PuttingBack));
    }

    [Theory]
    [InlineData(BetweenNodes, "command.abort-now")]
    [InlineData(Drained, "command.abort-put-back", "gw3")]
    [InlineData(Installed, "command.abort-finish", "gw3")]
    public void An_abort_says_what_becomes_of_the_node_in_hand(string at, string key, params string[] on)
    {
        CutRun run = new(at);
        (JournalEntry? entry, Message answer) = Judge(run, Command(run, RunCommandKind.Abort) with { Node = "gw1", Reason = "late" });
        Assert.Equal(Message.Of(key, [.. on]), answer);
        Assert.Equal((null, Message.Of("command.abort", "ann", "late")), (entry!.Node, entry.Text));

        run.Write(Judge(run, Command(run, RunCommandKind.Rollback)).Entry!);
        Assert.Equal(Message.Of("command.abort-rollback"), Judge(run, Command(run, RunCommandKind.Abort)).Answer);
    }

    [Theory]
    [InlineData(BeforeAny, null, "command.nothing-to-roll-back", "gw2, gw3, gw1")]
    [InlineData(BeforeAny, "gw3", "command.nothing-to-roll-back", "gw3")]
    [InlineData(BetweenNodes, "gw3", "command.nothing-to-roll-back", "gw3")]
    [InlineData(BetweenNodes, null, "command.rollback-taken", "gw2", "gw2")]
    [InlineData(Installed, null, "command.rollback-taken", "gw2 gw3", "gw3, gw2")]
    [InlineData(Installed, "gw3", "command.rollback-taken", "gw3", "gw3")]
    public void What_was_installed_can_be_rolled_back_the_last_first(string at, string? node, string key, string nodes, string? order = null)
    {
        CutRun run = new(at);
        (JournalEntry? entry, Message answer) = Judge(run, Command(run, RunCommandKind.Rollback) with { Node = node, Reason = "slow" });
        Assert.Equal(Message.Of(key, order ?? nodes), answer);
        Assert.Equal(order is null ? null : nodes, entry?.Values?[Marks.Nodes]);
        Assert.Equal(
            order is null ? (null, null) : (node, Message.Of("command.rollback", "ann", nodes.Replace(" ", ", ", StringComparison.Ordinal), "slow")),
            (entry?.Node, entry?.Text));
    }

    [Fact]
    public void Without_a_snapshot_or_twice_nothing_is_rolled_back()
    {
        CutRun run = new(Installed);
        run.Mark("gw2", nameof(NodeOutcome.RolledBack));
        Assert.Equal("gw3", Judge(run, Command(run, RunCommandKind.Rollback)).Entry?.Values?[Marks.Nodes]);

        run.Plan = run.Plan with { Steps = [.. run.Plan.Steps.Where(s => s.Id != StepId.SnapshotDrained || s.Node != "gw3")] };
        Assert.Equal(Message.Of("command.no-snapshot", "gw3"), Refused(run, Command(run, RunCommandKind.Rollback)));
    }

    [Fact]
    public void An_override_has_a_name_a_reason_and_an_end()
    {
        CutRun run = new(BetweenNodes);
        DateTimeOffset last = run.Now + TimeSpan.FromDays(1);
        RunCommand command = Command(run, RunCommandKind.Override) with { Check = "BUDGET", Reason = "asked", Until = last };
        string known = string.Join(", ", UpgradeOverrides.All);
        Assert.Equal(Message.Of("command.no-check", "-", known), Refused(run, command with { Check = null }));
        Assert.Equal(Message.Of("command.no-check", "no-control", known), Refused(run, command with { Check = "no-control" }));
        Assert.Equal(Message.Of("command.no-reason"), Refused(run, command with { Reason = " " }));
        Assert.All(
            [(DateTimeOffset?)null, run.Now, last + TimeSpan.FromTicks(1)],
            until => Assert.Equal(Message.Of("command.no-until", run.Now, last), Refused(run, command with { Until = until })));
        Assert.NotNull(Judge(run, command with { Until = run.Now + TimeSpan.FromTicks(1) }).Entry);

        (JournalEntry? entry, Message answer) = Judge(run, command with { Node = "gw3" });
        Assert.Equal(Message.Of("command.override-taken", "budget", last), answer);
        Assert.Equal(("gw3", Message.Of("command.override", "ann", "budget", last, "asked")), (entry!.Node, entry.Text));
        Assert.Equal(
            ("budget", last.ToString("O", CultureInfo.InvariantCulture)), (entry.Values![Marks.Check], entry.Values[Marks.Until]));
    }

    [Fact]
    public void What_was_said_and_not_heard_yet_is_pending_as_the_run_would_take_it()
    {
        CutRun run = new(BetweenNodes);
        RunCommand pause = Command(run, RunCommandKind.Pause) with { Id = "a" };
        RunCommand park = Command(run, RunCommandKind.Park) with { Id = "b", By = "bob", Node = "gw3" };
        RunCommand heard = pause with { Id = "c" };
        run.Write(Judge(run, heard).Entry!);

        HumanDecision[] pending = [.. RunCommands.Pending(run.Input.Position, [pause, heard, park], run.Now)];
        Message refusal = Message.Of("command.will-be-refused", "bob", Message.Of("command.kind.Park"), Message.Of("command.untouched", "gw3"));
        Assert.Equal([new HumanDecision(run.Now, "ann", Message.Of("command.plain.Pause", "ann")), new HumanDecision(run.Now, "bob", refusal)], pending);
    }

    [Fact]
    public void What_the_run_will_be_is_foreseen_from_what_was_said()
    {
        CutRun run = new(BetweenNodes);
        RunState state = run.Input.Run;
        long last = state.LastSequence;
        RunCommand abort = Command(run, RunCommandKind.Abort);
        RunCommand refused = Command(run, RunCommandKind.Park) with { Id = "b", Node = "gw3" };
        RunCommands.Foresee(run.Plan, state, [abort, abort, refused], run.Now);
        Assert.Equal((Message.Of("command.plain.Abort", "ann"), last + 1), (state.AbortWanted, state.LastSequence));
        Assert.False(state.HasHeard("b"));
    }

    /// <summary>Only what the run would take is offered.</summary>
    [Theory]
    [InlineData(BeforeAny, false, "Continue, Abort")]
    [InlineData(BeforeAny, true, "Pause, Abort")]
    [InlineData(BetweenNodes, true, "Pause, Abort, Rollback")]
    [InlineData(Drained, false, "Continue, Park gw3, Skip gw3, Abort, Rollback")]
    [InlineData(Installed, false, "Continue, Park gw3, Rollback gw3, Abort, Rollback")]
    public void What_a_human_can_do_now_is_offered(string at, bool isDriven, string offered)
    {
        CutRun run = new(at);
        Assert.Equal(offered, Offered(run, isDriven));
    }

    [Fact]
    public void What_stops_the_run_is_offered_to_be_overridden_for_an_hour()
    {
        CutRun run = new(BetweenNodes);
        HumanOption option = HumanOptions.Of(run.Input.Position, run.Now, false, false, Checks.Budget).Single(o => o.Kind == HumanOptionKind.Override);
        Assert.Equal((Checks.Budget, run.Now + TimeSpan.FromHours(1), null), (option.Check, option.Until, option.Node));
        Assert.Equal(Message.Of("command.override-taken", Checks.Budget, option.Until), option.Text);

        run.Write(new JournalEntry { Kind = JournalEntryKind.Observation, Values = Values((Marks.Notice, Decision.Handover)) });
        run.Write(new JournalEntry
        {
            Kind = JournalEntryKind.State,
            Values = Values((Marks.State, nameof(UpgradeEnd.Paused)), (Marks.Check, UpgradeOverrides.ForeignChange)),
        });
        Assert.Equal("Continue, Override foreign-change, Override demote-former-control, Abort, Rollback", Offered(run, isDriven: false));
        Assert.Equal("Override foreign-change, Override demote-former-control, Abort, Rollback", Offered(run, isDriven: true));
        Assert.Equal(
            ["budget", "foreign-change", "demote-former-control"],
            HumanOptions.Of(run.Input.Position, run.Now, false, false, Checks.Budget).Select(o => o.Check).OfType<string>());
        Assert.Equal(
            ["foreign-change", "demote-former-control"],
            HumanOptions.Of(run.Input.Position, run.Now, false, false, Checks.ForeignChange).Select(o => o.Check).OfType<string>());
    }

    [Fact]
    public void A_parked_node_and_one_that_a_hook_holds_can_be_left_out()
    {
        CutRun run = new(Drained);
        run.Mark("gw3", nameof(NodeOutcome.Parked));
        Assert.Equal("Continue, Skip gw3, Abort, Rollback", Offered(run, isDriven: false));

        CutRun held = new(BetweenNodes);
        held.Write(new JournalEntry { Kind = JournalEntryKind.Outcome, Step = "H2/gw3/-", Node = "gw3", Outcome = StepOutcome.FailedNoEffect });
        Assert.Equal("Continue, Skip gw3, Abort, Rollback", Offered(held, isDriven: false));
    }

    [Fact]
    public void A_run_that_ends_or_is_over_is_offered_what_is_left()
    {
        CutRun run = new(BetweenNodes);
        run.Write(Judge(run, Command(run, RunCommandKind.Abort)).Entry!);
        Assert.Equal("Continue", Offered(run, isDriven: false));

        CutRun over = new(BetweenNodes);
        over.Write(new JournalEntry { Kind = JournalEntryKind.RunEnded, Values = Values((Marks.End, nameof(UpgradeEnd.Completed))) });
        Assert.Equal("Rollback", Offered(over, isDriven: false));
    }

    [Fact]
    public void At_a_gate_an_approval_is_offered_first()
    {
        CutRun run = new(AtTheGate);
        HumanOption first = HumanOptions.Of(run.Input.Position, run.Now, isDriven: false, isAtGate: true, null)[0];
        Assert.Equal((HumanOptionKind.Approve, Message.Of("command.approve-taken", "gw2")), (first.Kind, first.Text));
        Assert.Equal(Message.Of("explain.resume"), HumanOptions.Of(run.Input.Position, run.Now, isDriven: false, isAtGate: true, null)[1].Text);
    }

    private static string Offered(CutRun run, bool isDriven) => string.Join(
        ", ", HumanOptions.Of(run.Input.Position, run.Now, isDriven, isAtGate: false, null).Select(o => $"{o.Kind} {o.Node ?? o.Check}".Trim()));

    private static (JournalEntry? Entry, Message Answer) Judge(CutRun run, RunCommand command) => RunCommands.Judge(run.Input.Position, command, run.Now);

    private static Message Refused(CutRun run, RunCommand command)
    {
        (JournalEntry? entry, Message answer) = Judge(run, command);
        Assert.Null(entry);
        return answer;
    }

    private static RunCommand Command(CutRun run, RunCommandKind kind) =>
        new() { Id = "id-1", Kind = kind, By = "ann", At = run.Now, PlanHash = run.Plan.Hash };

    private static Dictionary<string, string> Values(params (string Name, string Value)[] values) =>
        values.ToDictionary(v => v.Name, v => v.Value, StringComparer.Ordinal);

    private static void AssertValues(JournalEntry entry, params (string Name, string Value)[] values) =>
        Assert.Equal(values.Order(), entry.Values!.Select(v => (v.Key, v.Value)).Order());
}
