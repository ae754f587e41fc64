using System.Globalization;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>What a run knows of itself, record by record: what each kind of record changes, and what it leaves as it was.</summary>
public sealed class RunStateTests
{
    private const string Install = "S8/gw1/0";
    private const string Upload = "S7/gw1/0";
    private const string LoadOff = "S1/gw1/-";

    private static readonly DateTimeOffset Start = new(2026, 1, 5, 8, 0, 0, TimeSpan.Zero);

    private static readonly string[] Nodes = ["gw1", "gw2", "gw3", "gw4"];

    private readonly RunState _run = new();
    private long _sequence;
    private long _epoch = 1;

    [Fact]
    public void A_run_that_nobody_has_written_to_knows_nothing()
    {
        Assert.Equal(
            (0L, 0L, UpgradeEnd.Running, false, false, false), (_run.LastSequence, _run.Epoch, _run.State, _run.IsEnded, _run.IsEnding, _run.IsRollingBack));
        Assert.Equal((default, default, default), (_run.BeganAt, _run.ResumedAt, _run.StandsSince));
        Assert.Empty(_run.Undecided);
        Assert.Empty(_run.Changed);
        Assert.Same(StepState.None, _run[Key(Install)]);
        Assert.Same(NodeStanding.None, _run.Node("gw1"));
        Assert.Empty(_run.KeptOf("gw1"));
        Assert.Empty(_run.ApprovalsOf(Key("S16/gw1/-")));
        Assert.False(_run.WasSoAtTheStart("gw1", "disk"));
        Assert.False(_run.IsSettled(Key(Install)));
        Assert.False(_run.IsToBeRolledBack("gw1"));
        Assert.False(_run.IsOverridden("budget", default));
        Assert.Null(_run.SettingsOf("gw1"));
    }

    [Fact]
    public void Who_drives_it_since_when_is_known()
    {
        Write(new JournalEntry { Kind = JournalEntryKind.RunCreated });
        Assert.Equal((1L, 1L, At(1), default), (_run.LastSequence, _run.Epoch, _run.BeganAt, _run.ResumedAt));

        _epoch = 7;
        Write(new JournalEntry { Kind = JournalEntryKind.EpochStarted });
        Assert.Equal((2L, 7L, At(1), At(2), At(2)), (_run.LastSequence, _run.Epoch, _run.BeganAt, _run.ResumedAt, _run.StandsSince));

        // What a driver that was overtaken had still written does not bring it back.
        _epoch = 5;
        Write(Observation("gw1"));
        Assert.Equal((3L, 7L), (_run.LastSequence, _run.Epoch));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void A_pause_that_was_asked_of_a_process_is_over_with_it(bool ofThisDriving, bool staysWanted)
    {
        Command(RunCommandKind.Pause, text: "the mail", values: ofThisDriving ? [(Marks.ThisDriving, "true")] : []);
        Assert.Equal("the mail", _run.PauseWanted);
        Write(new JournalEntry { Kind = JournalEntryKind.EpochStarted });
        Assert.Equal(staysWanted, _run.PauseWanted is not null);
    }

    /// <summary>Somebody else's wish stays, whatever the process was asked for before or after it.</summary>
    [Theory]
    [InlineData("this,any", true)]
    [InlineData("any,this", true)]
    [InlineData("this,this", false)]
    public void Of_two_who_want_a_pause_one_that_asked_the_run_itself_counts(string asked, bool staysWanted)
    {
        foreach (string of in asked.Split(','))
        {
            Command(RunCommandKind.Pause, text: of, values: of == "this" ? [(Marks.ThisDriving, "true")] : []);
        }

        Write(new JournalEntry { Kind = JournalEntryKind.EpochStarted });
        Assert.Equal(staysWanted, _run.PauseWanted is not null);

        // Asked once more after that, it stays as well.
        Command(RunCommandKind.Pause, text: "again");
        Write(new JournalEntry { Kind = JournalEntryKind.EpochStarted });
        Assert.Equal("again", _run.PauseWanted);
    }

    [Theory]
    [InlineData("nothing", nameof(StepStatus.NotBegun))]
    [InlineData("abort", nameof(StepStatus.Done))]
    [InlineData("rollback", nameof(StepStatus.Done))]
    public void Who_takes_a_run_up_looks_at_the_end_anew_unless_it_is_ending(string said, string commit)
    {
        Outcome("S17/-/-", StepOutcome.Done);
        if (said == "abort")
        {
            Command(RunCommandKind.Abort, text: "stop");
        }
        else if (said == "rollback")
        {
            Command(RunCommandKind.Rollback, values: (Marks.Nodes, "gw1"));
        }

        Write(new JournalEntry { Kind = JournalEntryKind.EpochStarted });
        Assert.Equal(commit, _run[Key("S17/-/-")].Status.ToString());
        Assert.Equal(UpgradeEnd.Running, _run.State);
    }

    [Fact]
    public void A_run_that_is_taken_up_after_its_end_is_paused()
    {
        Outcome("S17/-/-", StepOutcome.Done);
        Command(RunCommandKind.Pause, text: "wait");
        Command(RunCommandKind.Abort, text: "stop");
        Command(RunCommandKind.Rollback, values: (Marks.Nodes, "gw1"));
        Write(Sentence("over") with { Kind = JournalEntryKind.RunEnded, Values = Values((Marks.End, "Aborted")) });
        Assert.Equal((UpgradeEnd.Aborted, true, At(5), At(5)), (_run.State, _run.IsEnded, _run.StateSince, _run.StandsSince));
        Assert.Equal("over", _run.Reason);
        Assert.Equal((default(Message), default(Message), false, false), (_run.PauseWanted, _run.AbortWanted, _run.IsRollingBack, _run.IsEnding));

        Write(new JournalEntry { Kind = JournalEntryKind.EpochStarted });
        Assert.Equal((UpgradeEnd.Paused, false), (_run.State, _run.IsEnded));
        Assert.Equal(StepStatus.Done, _run[Key("S17/-/-")].Status);
    }

    [Theory]
    [InlineData(UpgradeEnd.Running, false)]
    [InlineData(UpgradeEnd.Paused, false)]
    [InlineData(UpgradeEnd.NeedsHuman, false)]
    [InlineData(UpgradeEnd.Completed, true)]
    [InlineData(UpgradeEnd.RolledBack, true)]
    public void Only_what_cannot_go_on_has_ended(UpgradeEnd state, bool ended)
    {
        State(state);
        Assert.Equal((state, ended), (_run.State, _run.IsEnded));
    }

    [Fact]
    public void A_notice_is_told_once()
    {
        Write(Observation(null, (Marks.Notice, "handover")));
        Assert.True(_run.HasNotified("handover"));
        Assert.False(_run.HasNotified("silence"));
    }

    [Fact]
    public void What_a_node_told_for_later_calls_is_kept_and_names_the_upload_it_was_told_of()
    {
        Intent(Upload, values: (Marks.Upload, "run-gw1-0-1"));
        Intent("S7/gw1/1", values: (Marks.Upload, "run-gw1-1-1"));
        Intent("S7/gw2/0", values: (Marks.Upload, "run-gw1-0-1"));
        Intent(Install, values: (Marks.Upload, "run-gw1-0-1"));
        Write(Observation("gw1", (Marks.Kept + "run-gw1-0-1", "17"), ("color", "red")));
        Write(Observation("gw1", (Marks.Kept + "other", "1")));
        Write(Observation(null, (Marks.Kept + "nobody's", "1")));

        Assert.Equal([("run-gw1-0-1", "17"), ("other", "1")], _run.KeptOf("gw1").Select(k => (k.Key, k.Value)));
        Assert.Empty(_run.KeptOf("gw2"));
        Assert.Equal(("#17", true), (_run[Key(Upload)].ToldId, _run[Key(Upload)].HasArrived));
        Assert.All(
            ["S7/gw1/1", "S7/gw2/0", Install], key => Assert.Equal((null, false), (_run[Key(key)].ToldId, _run[Key(key)].HasArrived)));

        Write(Observation("gw1", (Marks.Kept + "other", "2")));
        Assert.Equal([("run-gw1-0-1", "17"), ("other", "1"), ("other", "2")], _run.KeptOf("gw1").Select(k => (k.Key, k.Value)));
    }

    [Fact]
    public void A_certificate_is_that_of_the_node_whose_it_is()
    {
        Write(RunEntries.Notice("certificate/gw1/sha256:ab", Message.Said("told")));
        Write(RunEntries.Notice("certificate/gw10/sha256:ef", Message.Said("told")));
        Assert.Equal(("sha256:ab", "sha256:ef", null), (_run.CertificateOf("gw1"), _run.CertificateOf("gw10"), _run.CertificateOf("gw2")));
    }

    [Fact]
    public void An_intent_begins_an_attempt_of_which_nothing_is_known()
    {
        Intent(Upload, attempt: 4, values: (Marks.Upload, "u"));
        Write(Observation("gw1", (Marks.Kept + "u", "\"told\"")));
        Outcome(Upload, StepOutcome.Unknown, values: (Marks.Fence, Marks.Outwaited));
        State(UpgradeEnd.Paused, values: (Marks.Nodes, "gw1 gw2"));
        StepState before = _run[Key(Upload)];
        Assert.Equal((StepStatus.Unknown, 4, 1L, At(1), At(3)), (before.Status, before.Attempt, before.Epoch, before.IntentAt, before.OutcomeAt));
        Assert.Equal((true, true, true, "told", "u"), (before.IsFenced, before.IsOutwaited, before.HasArrived, before.ToldId, before.Value(Marks.Upload)));
        Assert.Equal(["gw1", "gw2"], _run.Changed);

        _epoch = 2;
        Intent(Upload);
        StepState after = _run[Key(Upload)];
        Assert.Equal((StepStatus.Open, 1, 2L, At(5), At(3)), (after.Status, after.Attempt, after.Epoch, after.IntentAt, after.OutcomeAt));
        Assert.Equal((false, false, false, null, null), (after.IsFenced, after.IsOutwaited, after.HasArrived, after.ToldId, after.Value(Marks.Upload)));
        Assert.Empty(_run.Changed);
        Assert.Equal([Key(Upload)], _run.Undecided.Select(u => u.Key));
    }

    [Theory]
    [InlineData(StepOutcome.Done, nameof(StepStatus.Done), true, false)]
    [InlineData(StepOutcome.FailedNoEffect, nameof(StepStatus.FailedNoEffect), false, false)]
    [InlineData(StepOutcome.Skipped, nameof(StepStatus.Skipped), true, false)]
    [InlineData(StepOutcome.Undone, nameof(StepStatus.NotBegun), false, false)]
    [InlineData(StepOutcome.Unknown, nameof(StepStatus.Unknown), false, true)]
    [InlineData(null, nameof(StepStatus.Unknown), false, true)]
    public void An_outcome_says_where_a_step_stands(StepOutcome? outcome, string status, bool settled, bool undecided)
    {
        Intent(LoadOff, attempt: 2);
        Outcome(LoadOff, outcome, text: "seen");
        StepState step = _run[Key(LoadOff)];
        Assert.Equal((status, settled, undecided, 2, At(2)), (step.Status.ToString(), step.IsSettled, step.IsUndecided, step.Attempt, step.OutcomeAt));
        Assert.Equal(("seen", "seen"), (step.Text?.English, step.Cause?.English));
        Assert.Equal(settled, _run.IsSettled(Key(LoadOff)));
        Assert.Equal(undecided, _run.Undecided.Any());
    }

    /// <summary>Of the attempt of a driver that is gone nobody knows whether it was ever made.</summary>
    [Fact]
    public void Failures_in_a_row_are_counted_and_only_those_of_the_driver_that_tried()
    {
        Fail();
        Fail();
        Assert.Equal(2, _run[Key(LoadOff)].Failures);

        Intent(LoadOff);
        _epoch = 2;
        Outcome(LoadOff, StepOutcome.FailedNoEffect);
        Assert.Equal(2, _run[Key(LoadOff)].Failures);

        Intent(LoadOff);
        Outcome(LoadOff, StepOutcome.Unknown);
        Assert.Equal(2, _run[Key(LoadOff)].Failures);

        Outcome(LoadOff, StepOutcome.Done);
        Assert.Equal(0, _run[Key(LoadOff)].Failures);

        void Fail()
        {
            Intent(LoadOff);
            Outcome(LoadOff, StepOutcome.FailedNoEffect);
        }
    }

    /// <summary>A refusal that is the page's alone is no failure of the step: the next page has its turn, and the same page twice has failed.</summary>
    [Theory]
    [InlineData("notSupported", true)]
    [InlineData("emergencyMode", true)]
    [InlineData("otherBuild", true)]
    [InlineData("notControl", true)]
    [InlineData("notFound", true)]
    [InlineData("locked", false)]
    [InlineData(null, false)]
    public void A_page_that_refuses_leaves_the_turn_to_the_next(string? code, bool isThePages)
    {
        (string, string)[] said = code is null ? [] : [(Marks.Code, code)];
        Refuse("own");
        Assert.Equal(isThePages ? ["own"] : [], _run[Key(LoadOff)].RefusedPages);
        Assert.Equal(isThePages ? 0 : 1, _run[Key(LoadOff)].Failures);

        Refuse("control");
        Assert.Equal(isThePages ? ["own", "control"] : [], _run[Key(LoadOff)].RefusedPages);
        Assert.Equal(isThePages ? 0 : 2, _run[Key(LoadOff)].Failures);

        Refuse("own");
        Assert.Equal(isThePages ? ["own", "control"] : [], _run[Key(LoadOff)].RefusedPages);
        Assert.Equal(isThePages ? 1 : 3, _run[Key(LoadOff)].Failures);

        // A call that was made on no page, or whose outcome is not known, says nothing of pages.
        Intent("S2/gw1/-");
        Outcome("S2/gw1/-", StepOutcome.FailedNoEffect, values: said);
        Intent("S13/gw1/-", values: ("page", "own"));
        Outcome("S13/gw1/-", StepOutcome.Unknown, values: said);
        Assert.Empty(_run[Key("S2/gw1/-")].RefusedPages);
        Assert.Empty(_run[Key("S13/gw1/-")].RefusedPages);
        Assert.Equal((1, 0), (_run[Key("S2/gw1/-")].Failures, _run[Key("S13/gw1/-")].Failures));

        void Refuse(string page)
        {
            Intent(LoadOff, values: ("page", page));
            Outcome(LoadOff, StepOutcome.FailedNoEffect, values: said);
        }
    }

    [Theory]
    [InlineData(Marks.Gone, true, false, false)]
    [InlineData(Marks.Outwaited, true, true, false)]
    [InlineData(Marks.Arrived, false, false, true)]
    [InlineData("unheard-of", false, false, false)]
    public void What_is_proven_of_a_request_stays_proven_until_the_next(string fence, bool fenced, bool outwaited, bool arrived)
    {
        Intent(Install);
        Outcome(Install, StepOutcome.Unknown, values: (Marks.Fence, fence));
        Outcome(Install, StepOutcome.Unknown);
        StepState step = _run[Key(Install)];
        Assert.Equal((fenced, outwaited, arrived), (step.IsFenced, step.IsOutwaited, step.HasArrived));
    }

    [Theory]
    [InlineData(Install, Marks.Fence, Marks.Gone, null)]
    [InlineData(Install, Marks.Code, Marks.NotFound, null)]
    [InlineData(Install, Marks.Fence, Marks.Arrived, "told")]
    [InlineData(Install, Marks.Code, "locked", "told")]
    [InlineData("S7/gw1/1", Marks.Fence, Marks.Gone, "told")]
    [InlineData("S8/gw1/1", Marks.Fence, Marks.Gone, "told")]
    [InlineData("S9/gw1/0", Marks.Fence, Marks.Gone, "told")]
    public void An_upload_that_its_installation_does_not_find_is_told_of_no_more(string step, string name, string value, string? told)
    {
        Intent(Upload, values: (Marks.Upload, "u"));
        Write(Observation("gw1", (Marks.Kept + "u", "\"told\"")));
        Outcome(Upload, StepOutcome.Done);
        Outcome(step, StepOutcome.FailedNoEffect, values: (name, value));
        Assert.Equal(told, _run[Key(Upload)].ToldId);
        Assert.Equal(StepStatus.Done, _run[Key(Upload)].Status);
    }

    [Fact]
    public void An_outcome_can_have_another_step_done_again()
    {
        Intent(Upload, attempt: 3);
        Outcome(Upload, StepOutcome.Done);
        Outcome(Install, StepOutcome.FailedNoEffect, values: (Marks.Redo, Upload));
        Assert.Equal((StepStatus.NotBegun, 3), (_run[Key(Upload)].Status, _run[Key(Upload)].Attempt));
        Assert.Equal(StepStatus.FailedNoEffect, _run[Key(Install)].Status);
    }

    [Fact]
    public void What_was_found_at_the_start_and_at_the_end_is_kept_by_node()
    {
        Outcome("S0/-/-", StepOutcome.Done, values: [("settings.gw1", "then"), ("baseline.gw1", "disk:/var\nclock"), ("color", "red"), ("before.gw1", "x")]);
        Outcome("S17/-/-", StepOutcome.FailedNoEffect, values: [("problems.gw2", "b"), ("problems.gw1", "a"), ("known-problems.gw1", "k")]);
        Assert.Equal(("then", null), (_run.SettingsOf("gw1"), _run.SettingsOf("gw2")));
        Assert.True(_run.WasSoAtTheStart("gw1", "disk:/var") && _run.WasSoAtTheStart("gw1", "clock"));
        Assert.False(_run.WasSoAtTheStart("gw1", "disk") || _run.WasSoAtTheStart("gw2", "clock"));
        Assert.Equal([("gw1", "a"), ("gw2", "b")], _run.Problems.Select(p => (p.Key, p.Value)));
        Assert.Equal([("gw1", "k")], _run.KnownProblems.Select(p => (p.Key, p.Value)));

        Outcome("S16/gw1/-", StepOutcome.Done);
        Assert.Equal(2, _run.Problems.Count);
        Outcome("S17/-/-", StepOutcome.Done, values: ("problems.gw3", "c"));
        Assert.Equal([("gw3", "c")], _run.Problems.Select(p => (p.Key, p.Value)));
        Assert.Empty(_run.KnownProblems);
    }

    [Fact]
    public void A_node_goes_back_to_how_the_first_touch_found_it()
    {
        PlannedNode planned = Planned with { Receiving = true, Load = LoadMode.Ready };
        Assert.Same(planned, _run.AsFound(planned));

        Intent(LoadOff, values: [(Marks.PriorLoad, "Maintenance"), ("color", "red")]);
        Assert.Equal((true, LoadMode.Maintenance), (_run.AsFound(planned).Receiving, _run.AsFound(planned).Load));
        Intent("S2/gw1/-", values: [(Marks.PriorReceiving, "false"), (Marks.PriorLoad, "Drain")]);
        Assert.Equal((false, LoadMode.Maintenance), (_run.AsFound(planned).Receiving, _run.AsFound(planned).Load));
        Assert.Equal([Marks.PriorLoad, Marks.PriorReceiving], _run.Node("gw1").Prior.Keys.Order(StringComparer.Ordinal));

        Outcome("S2/gw2/-", StepOutcome.Done, values: (Marks.PriorReceiving, "true"));
        PlannedNode second = planned with { Name = "gw2", Receiving = false, Load = null };
        Assert.Equal((true, null), (_run.AsFound(second).Receiving, _run.AsFound(second).Load));
    }

    [Theory]
    [InlineData(Marks.Parking, nameof(NodeGoal.Park), "S1 S2 S13 S14 S15 S16")]
    [InlineData(Marks.PuttingBack, nameof(NodeGoal.PutBack), "S13 S14 S15")]
    [InlineData(Marks.RollingBack, nameof(NodeGoal.RollBack), "R1 R1b R2 R3 R4a R4 R4b R5 S13 S14 S14b S15")]
    public void On_a_detour_the_steps_that_lead_there_are_looked_at_anew(string mark, string goal, string anew)
    {
        EverythingDone();
        Mark("gw1", nameof(NodeOutcome.Parked));
        Mark("gw1", mark, text: "why", values: (Marks.StoppedAt, Install));
        NodeStanding node = _run.Node("gw1");
        Assert.Equal((goal, null, "why", Key(Install), At(_sequence)), (node.Goal.ToString(), node.Mark, node.Reason?.English, node.At, node.Since));
        AssertAnew("gw1", anew);
        Assert.Equal(anew.Contains("S16", StringComparison.Ordinal) ? [] : ["ann"], _run.ApprovalsOf(Key("S16/gw1/-")));
        Assert.Equal(!anew.Contains("S16", StringComparison.Ordinal), _run.HasWaitedAt(Key("S16/gw1/-")));
    }

    [Fact]
    public void A_node_that_was_put_back_begins_anew()
    {
        EverythingDone();
        Intent(LoadOff, values: (Marks.PriorLoad, "Ready"));
        Outcome(LoadOff, StepOutcome.Done);
        Mark("gw1", Marks.PuttingBack, values: (Marks.StoppedAt, Install));
        Mark("gw1", nameof(NodeOutcome.PutBack), text: "back");
        NodeStanding node = _run.Node("gw1");
        Assert.Equal((NodeGoal.Upgrade, NodeOutcome.PutBack, "back", null, At(_sequence)), (node.Goal, node.Mark, node.Reason?.English, node.At, node.Since));
        Assert.Empty(node.Prior);
        Assert.False(node.LeftOut);
        AssertAnew("gw1", "H2 S1 S2 S3 S4b S6 S7 S8 S9 S10 S13 S14 S15");
    }

    [Fact]
    public void A_node_that_was_put_back_to_be_left_out_is_skipped()
    {
        Outcome("S10/gw1/-", StepOutcome.FailedNoEffect);
        Command(RunCommandKind.Skip, node: "gw1", text: "leave it", values: (Marks.PuttingBack, "true"));
        Assert.Equal((NodeGoal.PutBack, true, null), (_run.Node("gw1").Goal, _run.Node("gw1").LeftOut, _run.Node("gw1").Mark));
        Assert.False(_run.IsSettled(Key("S10/gw1/-")));

        Mark("gw1", nameof(NodeOutcome.PutBack));
        Assert.Equal((NodeGoal.Upgrade, true, NodeOutcome.Skipped), (_run.Node("gw1").Goal, _run.Node("gw1").LeftOut, _run.Node("gw1").Mark));
        Assert.True(_run.IsSettled(Key("S10/gw1/-")));
        Assert.False(_run.IsSettled(Key("S10/gw2/-")) || _run.IsSettled(Key("S17/-/-")));
    }

    [Fact]
    public void Marks_say_how_a_node_stands()
    {
        Mark("gw1", Marks.Parking, text: "why");
        Mark("gw1", nameof(NodeOutcome.Parked), text: "parked");
        Assert.Equal(
            (NodeGoal.Park, NodeOutcome.Parked, "parked", At(2)),
            (_run.Node("gw1").Goal, _run.Node("gw1").Mark, _run.Node("gw1").Reason?.English, _run.Node("gw1").Since));

        Mark("gw1", nameof(NodeOutcome.Upgraded), text: "done");
        Assert.Equal(
            (NodeGoal.Upgrade, null, "parked", At(2)),
            (_run.Node("gw1").Goal, _run.Node("gw1").Mark, _run.Node("gw1").Reason?.English, _run.Node("gw1").Since));
    }

    [Fact]
    public void A_command_is_heard_once()
    {
        Command(RunCommandKind.Abort, id: "a-1", text: "stop");
        Assert.True(_run.HasHeard("a-1"));
        Assert.False(_run.HasHeard("a-2"));
        Assert.Equal(("stop", true, false), (_run.AbortWanted?.English, _run.IsEnding, _run.IsRollingBack));
    }

    [Fact]
    public void Each_person_approves_a_gate_once()
    {
        Approve("ann");
        Approve(" A nn");
        Approve("bob");
        Assert.Equal(["ann", "bob"], _run.ApprovalsOf(Key("S16/gw1/-")));
        Assert.Empty(_run.ApprovalsOf(Key("S16/gw2/-")));
        Assert.True(Approvals.Hold(["Bob"], "b OB\t"));
        Assert.False(Approvals.Hold(["bob", "ann"], "bo"));
    }

    [Fact]
    public void Where_the_run_waits_for_approvals_is_a_wish_of_its_own()
    {
        Command(RunCommandKind.Pause, values: (Marks.PauseAfter, "Each"));
        Assert.Equal((PausePoint.Each, null), (_run.PauseAfter, _run.PauseWanted));
    }

    [Fact]
    public void A_check_is_overridden_until_a_time()
    {
        Command(RunCommandKind.Override, values: [(Marks.Check, "budget"), (Marks.Until, At(60).ToString("O", CultureInfo.InvariantCulture))]);
        Assert.True(_run.IsOverridden("Budget", At(60) - TimeSpan.FromTicks(1)));
        Assert.False(_run.IsOverridden("budget", At(60)));
        Assert.False(_run.IsOverridden("order", At(1)));
    }

    [Fact]
    public void A_human_can_have_a_node_parked()
    {
        EverythingDone();
        Command(RunCommandKind.Park, node: "gw1", text: "look");
        Assert.Equal(
            (NodeGoal.Park, null, "look", null), (_run.Node("gw1").Goal, _run.Node("gw1").Mark, _run.Node("gw1").Reason?.English, _run.Node("gw1").At));
        AssertAnew("gw1", "S1 S2 S13 S14 S15 S16");
    }

    [Theory]
    [InlineData(false, NodeOutcome.Skipped)]
    [InlineData(true, NodeOutcome.Parked)]
    public void A_node_that_is_left_out_has_nothing_left_to_do(bool parked, NodeOutcome mark)
    {
        if (parked)
        {
            Mark("gw1", nameof(NodeOutcome.Parked));
        }

        Command(RunCommandKind.Skip, node: "gw1", text: "leave it");
        NodeStanding node = _run.Node("gw1");
        Assert.Equal((true, mark, "leave it", At(_sequence)), (node.LeftOut, node.Mark, node.Reason?.English, node.Since));
        Assert.True(_run.IsSettled(Key(Install)));
        Assert.False(_run.IsSettled(Key("S8/gw2/0")));
    }

    [Fact]
    public void A_rollback_is_of_the_nodes_it_names_until_they_are_back()
    {
        Command(RunCommandKind.Rollback, values: (Marks.Nodes, "gw1 gw2"));
        Assert.Equal((true, true), (_run.IsRollingBack, _run.IsEnding));
        Assert.True(_run.IsToBeRolledBack("gw1") && _run.IsToBeRolledBack("gw2"));
        Assert.False(_run.IsToBeRolledBack("gw3"));

        Mark("gw2", nameof(NodeOutcome.RolledBack));
        Assert.True(_run.IsToBeRolledBack("gw1"));
        Assert.False(_run.IsToBeRolledBack("gw2"));
    }

    /// <summary>Whose revert was begun is brought to its end.</summary>
    [Fact]
    public void An_abort_calls_off_the_rollbacks_that_were_not_begun()
    {
        Command(RunCommandKind.Rollback, values: (Marks.Nodes, "gw1 gw2 gw3 gw4"));
        Mark("gw1", Marks.RollingBack);
        Intent("R4/gw1/-");
        Mark("gw2", Marks.RollingBack);
        Mark("gw4", Marks.RollingBack);
        Mark("gw4", nameof(NodeOutcome.Parked));
        Command(RunCommandKind.Abort, text: "no");
        Assert.Equal([true, false, false, false], Nodes.Select(_run.IsToBeRolledBack));
        Assert.Equal(
            [NodeGoal.RollBack, NodeGoal.PutBack, NodeGoal.Upgrade, NodeGoal.RollBack],
            Nodes.Select(n => _run.Node(n).Goal));
        Assert.Equal("no", _run.Node("gw2").Reason);
    }

    [Fact]
    public void How_the_run_stands_is_told_with_what_stopped_it()
    {
        State(UpgradeEnd.Paused, "why", (Marks.Check, "budget"), (Marks.StoppedAt, Install), (Marks.Gate, "S16/gw1/-"), (Marks.Nodes, "gw1"));
        Assert.Equal((UpgradeEnd.Paused, "why", "budget", At(1)), (_run.State, _run.Reason?.English, _run.StoppedByCheck, _run.StateSince));
        Assert.Equal((Key(Install), Key("S16/gw1/-")), (_run.StoppedAt, _run.StoppedAtGate));
        Assert.True(_run.HasWaitedAt(Key("S16/gw1/-")));
        Assert.False(_run.HasWaitedAt(Key("S16/gw2/-")));
        Assert.Equal(["gw1"], _run.Changed);

        // Until it acts again, whoever was changed stays known.
        State(UpgradeEnd.Running);
        Assert.Equal((null, null, null, null), (_run.Reason?.English, _run.StoppedByCheck, _run.StoppedAt, _run.StoppedAtGate));
        Assert.Equal(["gw1"], _run.Changed);
        State(UpgradeEnd.NeedsHuman);
        Assert.Empty(_run.Changed);
    }

    [Fact]
    public void Who_lets_a_stopped_run_go_on_has_everything_looked_at_again()
    {
        Command(RunCommandKind.Pause, text: "wait");
        Intent(LoadOff, values: ("page", "own"));
        Outcome(LoadOff, StepOutcome.FailedNoEffect, values: (Marks.Code, "notSupported"));
        Intent(LoadOff, values: ("page", "own"));
        Outcome(LoadOff, StepOutcome.FailedNoEffect);
        Assert.Equal((1, 1), (_run[Key(LoadOff)].Failures, _run[Key(LoadOff)].RefusedPages.Count));

        // It ran already: nothing is begun anew.
        State(UpgradeEnd.Running);
        Assert.Equal((1, default, true), (_run[Key(LoadOff)].Failures, _run.ResumedAt, _run.PauseWanted is not null));

        State(UpgradeEnd.Paused);
        Assert.Equal((1, default, true), (_run[Key(LoadOff)].Failures, _run.ResumedAt, _run.PauseWanted is not null));

        State(UpgradeEnd.Running);
        Assert.Equal((0, 0, StepStatus.FailedNoEffect), (_run[Key(LoadOff)].Failures, _run[Key(LoadOff)].RefusedPages.Count, _run[Key(LoadOff)].Status));
        Assert.Equal((At(_sequence), null), (_run.ResumedAt, _run.PauseWanted));
    }

    /// <summary>What parking could not bring about is no reason to go back.</summary>
    [Theory]
    [InlineData("parked", nameof(NodeGoal.Upgrade))]
    [InlineData("parking", nameof(NodeGoal.Park))]
    [InlineData("left out", nameof(NodeGoal.Park))]
    [InlineData("ending", nameof(NodeGoal.Park))]
    [InlineData("rolled back", nameof(NodeGoal.RollBack))]
    public void A_parked_node_goes_on_with_its_upgrade_when_the_run_does(string how, string goal)
    {
        Mark("gw1", how == "rolled back" ? Marks.RollingBack : Marks.Parking);
        if (how != "parking")
        {
            Mark("gw1", how == "rolled back" ? nameof(NodeOutcome.RolledBack) : nameof(NodeOutcome.Parked));
        }

        if (how == "left out")
        {
            Command(RunCommandKind.Skip, node: "gw1");
        }

        if (how == "ending")
        {
            Command(RunCommandKind.Abort, text: "stop");
        }

        State(UpgradeEnd.NeedsHuman);
        State(UpgradeEnd.Running);
        Assert.Equal(goal, _run.Node("gw1").Goal.ToString());
        Assert.Equal(goal == nameof(NodeGoal.Upgrade), _run.Node("gw1").Mark is null && how != "parking");
        Assert.Equal(goal == nameof(NodeGoal.Upgrade) ? StepStatus.Done : StepStatus.NotBegun, _run[Key(LoadOff)].Status);
        Assert.Equal(goal == nameof(NodeGoal.Upgrade) ? StepStatus.Done : StepStatus.NotBegun, _run[Key("S2/gw1/-")].Status);
        Assert.Equal(StepStatus.NotBegun, _run[Key("S3/gw1/-")].Status);
    }

    [Fact]
    public void Folding_the_records_one_by_one_is_folding_them_all()
    {
        JournalRecord[] records = [Record(Entry(JournalEntryKind.Intent, LoadOff)), Record(Entry(JournalEntryKind.Outcome, LoadOff, StepOutcome.Done))];
        RunState run = RunState.Fold(records);
        Assert.Equal((2L, StepStatus.Done), (run.LastSequence, run[Key(LoadOff)].Status));
    }

    private static PlannedNode Planned => new()
    {
        Name = "gw1",
        ClusterAddress = "10.0.0.1:9045",
        Role = NodeRole.Secondary,
        Build = new BuildNumber(2, 0, 1, 6960),
        Receiving = true,
    };

    private static StepKey Key(string text) => StepKey.Parse(text);

    private static DateTimeOffset At(long sequence) => Start + TimeSpan.FromMinutes(sequence);

    private static Dictionary<string, string> Values(params (string Name, string Value)[] values) =>
        values.ToDictionary(v => v.Name, v => v.Value, StringComparer.Ordinal);

    private static JournalEntry Sentence(string? text) => new() { Kind = JournalEntryKind.State, Text = text is null ? null : Message.Said(text) };

    private static JournalEntry Observation(string? node, params (string, string)[] values) =>
        new() { Kind = JournalEntryKind.Observation, Node = node, Values = values.Length == 0 ? null : Values(values) };

    private static JournalEntry Entry(
        JournalEntryKind kind, string step, StepOutcome? outcome = null, int? attempt = null, string? text = null, params (string, string)[] values) =>
        Sentence(text) with
        {
            Kind = kind,
            Step = step,
            Node = StepKey.TryParse(step, out StepKey key) ? key.Node : step[Marks.NodePrefix.Length..],
            Outcome = outcome,
            Attempt = attempt,
            Values = values.Length == 0 ? null : Values(values),
        };

    /// <summary>Every step of two nodes is done, and their gates were waited at and approved.</summary>
    private void EverythingDone()
    {
        foreach (string node in new[] { "gw1", "gw2" })
        {
            foreach (ProcedureStep step in Procedure.Steps)
            {
                StepKey key = new(step.Id, node);
                Intent(key.ToString(), values: ("page", "own"));
                Outcome(key.ToString(), StepOutcome.FailedNoEffect, values: (Marks.Code, "notSupported"));
                Intent(key.ToString(), values: ("page", "own"));
                Outcome(key.ToString(), StepOutcome.FailedNoEffect);
            }

            State(UpgradeEnd.Running, null, (Marks.Gate, $"S16/{node}/-"));
            Command(RunCommandKind.Approve, by: "ann", values: (Marks.Gate, $"S16/{node}/-"));
        }
    }

    private void AssertAnew(string node, string steps)
    {
        HashSet<string> anew = [.. steps.Split(' ')];
        Assert.All(Procedure.Steps, step =>
        {
            StepState state = _run[new StepKey(step.Id, node)];
            bool isAnew = state is { Status: StepStatus.NotBegun, Failures: 0, RefusedPages: [] };
            Assert.True(isAnew == anew.Contains(step.Id.ToString()), $"{step.Id}: {state.Status}");
            Assert.NotEqual(StepStatus.NotBegun, _run[new StepKey(step.Id, "gw2")].Status);
        });
        Assert.Equal(["ann"], _run.ApprovalsOf(Key("S16/gw2/-")));
        Assert.True(_run.HasWaitedAt(Key("S16/gw2/-")));
    }

    private void Intent(string step, int? attempt = null, params (string, string)[] values) =>
        Write(Entry(JournalEntryKind.Intent, step, attempt: attempt, values: values));

    private void Outcome(string step, StepOutcome? outcome, string? text = null, params (string, string)[] values) =>
        Write(Entry(JournalEntryKind.Outcome, step, outcome, text: text, values: values));

    private void Mark(string node, string mark, string? text = null, params (string, string)[] values) =>
        Write(Entry(JournalEntryKind.Outcome, Marks.NodePrefix + node, StepOutcome.Done, text: text, values: [(Marks.Node, mark), .. values]));

    private void State(UpgradeEnd state, string? text = null, params (string, string)[] values) =>
        Write(Sentence(text) with { Values = Values([(Marks.State, state.ToString()), .. values]) });

    private void Approve(string by) => Command(RunCommandKind.Approve, by: by, values: (Marks.Gate, "S16/gw1/-"));

    private void Command(
        RunCommandKind kind, string? id = null, string by = "ann", string? node = null, string? text = null, params (string, string)[] values) =>
        Write(Sentence(text) with
        {
            Kind = JournalEntryKind.Command,
            Node = node,
            Values = Values([(Marks.Command, kind.ToString()), ("id", id ?? $"{_sequence}"), ("by", by), .. values]),
        });

    private void Write(JournalEntry entry) => _run.Apply(Record(entry));

    private JournalRecord Record(JournalEntry entry)
    {
        _sequence++;
        return new JournalRecord(_sequence, At(_sequence), _epoch, entry, string.Empty);
    }
}
