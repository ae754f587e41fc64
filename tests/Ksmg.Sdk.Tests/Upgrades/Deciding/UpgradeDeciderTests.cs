using System.Globalization;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>
/// What is done next, wherever a run stands, and what is looked at for it. Two nodes are upgraded before the last one: gw2, which gets the Control role,
/// gw3, and gw1, which gives it up.
/// </summary>
public sealed class UpgradeDeciderTests
{
    private const string BeforeAny = "after S4a/gw1";
    private const string BetweenNodes = "after S16/gw2";
    private const string Drained = "after S3/gw3";
    private const string BeforeInstall = "before S8/gw3";
    private const string Installed = "after S8/gw3";
    private const string AllDone = "after S17/-";

    private static readonly LoadState InLoad = new(LoadMode.Ready, 0, Healthy: true);

    [Fact]
    public void A_run_that_is_over_does_nothing()
    {
        CutRun run = new(BetweenNodes);
        run.Write(new JournalEntry { Kind = JournalEntryKind.RunEnded, Values = Values((Marks.End, nameof(UpgradeEnd.Completed))) });
        Assert.Equal((string.Empty, null, null), (Told(run), Decide(run).End, Decide(run).Notice));
    }

    [Theory]
    [InlineData(BeforeAny, "S1/gw2/- Apply")]
    [InlineData("after S1/gw3", "S2/gw3/- Wait")]
    [InlineData("after S2/gw3", "S3/gw3/- Wait, S5/gw3/- Apply, S7/gw3/0 Wait")]
    [InlineData("before S13/gw3", "S13/gw3/- Apply")]
    [InlineData("before S6/gw1", "S6/gw1/- Apply")]
    [InlineData("after S16/gw1", "S17/-/- Done")]
    public void Each_step_that_is_ready_is_decided_on(string at, string expected) => Assert.Equal(expected, Told(new CutRun(at)));

    /// <summary>The request of a driver that is gone may still arrive: nothing else is done before its upload is proven to be gone or in use.</summary>
    [Theory]
    [InlineData("S7/gw3/0")]
    [InlineData("S8/gw3/0")]
    public void What_a_former_driver_began_is_fenced_first(string step)
    {
        CutRun run = Unfenced(step);
        Verdict.Wait wait = Assert.IsType<Verdict.Wait>(Assert.Single(Decide(run).Steps).Verdict);
        Assert.Equal((step, true, Message.Of("wait.fence", "gw3", "up-1")), (Decide(run).Steps[0].Step.Key.ToString(), wait.Fences, wait.Reason));

        run.Outcome(step, StepOutcome.Unknown);
        Assert.True(Fences(run));
    }

    /// <summary>Told and written down first, with what it is known by, and once.</summary>
    [Fact]
    public void That_a_new_certificate_is_trusted_is_told_before()
    {
        CutRun run = new(Installed);
        run.Plan = run.Plan with { Policy = run.Plan.Policy with { Accept = [.. run.Plan.Policy.Accept, UpgradeConsents.NewCertificate] } };
        run["gw3"] = run["gw3"] with { ProblemKind = NodeProblemKind.Certificate, Problem = "another one", OtherFingerprint = "sha256:ab" };
        (string, Message) told = ("certificate/gw3/sha256:ab", Message.Of("notice.new-certificate", "gw3", "sha256:ab", "new-certificate"));
        Assert.Equal(("S9/gw3/0 Wait", told), (Told(run), Decide(run).Notice));

        run.Write(RunEntries.Notice(told.Item1, told.Item2));
        Assert.Equal(("S9/gw3/0 Wait", null), (Told(run), Decide(run).Notice));
    }

    [Fact]
    public void What_this_driver_began_needs_no_fence()
    {
        CutRun run = new(BeforeInstall);
        run.Intend("S8/gw3/0", (Marks.Upload, "up-1"));
        Assert.False(Fences(run));
        run.TakeOver();
        Assert.True(Fences(run));

        run.Intend("S8/gw3/0", (Marks.Upload, "up-1"));
        Assert.False(Fences(run));
    }

    [Theory]
    [InlineData(StepOutcome.Done, null)]
    [InlineData(StepOutcome.FailedNoEffect, null)]
    [InlineData(StepOutcome.Unknown, Marks.Gone)]
    [InlineData(StepOutcome.Unknown, Marks.Outwaited)]
    [InlineData(StepOutcome.Unknown, Marks.Arrived)]
    public void What_is_known_of_it_needs_no_fence(StepOutcome outcome, string? proof)
    {
        CutRun run = Unfenced("S8/gw3/0");
        run.Outcome("S8/gw3/0", outcome, proof is null ? [] : [(Marks.Fence, proof)]);
        Assert.False(Fences(run));
    }

    [Fact]
    public void A_human_may_vouch_for_it()
    {
        CutRun run = Unfenced("S8/gw3/0");
        run.Override(Checks.LateStart);
        Assert.False(Fences(run));
    }

    /// <summary>A node on its way out of work need not wait, and a revert fences by itself; but what goes back to work must not be installed there.</summary>
    [Theory]
    [InlineData("S8/gw3/0", Marks.PuttingBack, true)]
    [InlineData("S7/gw3/0", Marks.PuttingBack, false)]
    [InlineData("S8/gw3/0", Marks.Parking, false)]
    [InlineData("S8/gw3/0", Marks.RollingBack, false)]
    [InlineData("S8/gw3/0", nameof(NodeOutcome.Parked), false)]
    public void A_node_on_a_detour_is_fenced_before_it_goes_back_to_work(string step, string mark, bool fences)
    {
        CutRun run = Unfenced(step);
        run.Mark("gw3", mark);
        Assert.Equal(fences, Fences(run));
    }

    /// <summary>A package that is uploaded before the node is touched is no reason to drain it.</summary>
    [Fact]
    public void A_node_that_was_not_drained_yet_is_not_drained_for_its_fence()
    {
        CutRun run = new("before S1/gw3");
        run.Intend("S7/gw3/0", (Marks.Upload, "up-1"));
        run.TakeOver();
        Assert.Equal("S7/gw3/0 Wait", Told(run));
    }

    /// <summary>What may still begin must not meet a node in load.</summary>
    [Fact]
    public void A_drain_that_was_forgotten_is_repeated_while_the_node_is_fenced()
    {
        CutRun run = Unfenced("S8/gw3/0");
        run["gw3"] = run["gw3"] with { Load = InLoad };
        Assert.Equal("S1/gw3/- NotInEffect, S8/gw3/0 Wait", Told(run));

        run.Outcome("S1/gw3/-", StepOutcome.FailedNoEffect);
        Assert.Equal("S1/gw3/- Apply, S8/gw3/0 Wait", Told(run));
        run.InFlight.Add(StepKey.Parse("S2/gw3/-"));
        Assert.Equal("S8/gw3/0 Wait", Told(run));
        run.InFlight.Clear();

        run.Intend("S1/gw3/-", ("action", "drain"));
        Assert.Equal("S1/gw3/- Wait, S8/gw3/0 Wait", Told(run));

        run["gw3"] = run["gw3"] with { Load = InLoad with { Mode = LoadMode.Drain } };
        run.Outcome("S1/gw3/-", StepOutcome.Done);
        Assert.Equal("S8/gw3/0 Wait", Told(run));
    }

    /// <summary>A load balancer that is reloaded forgets who was drained.</summary>
    [Theory]
    [InlineData(Drained, true)]
    [InlineData("after S13/gw3", true)]
    [InlineData("after S14/gw3", false)]
    [InlineData(BetweenNodes, false)]
    [InlineData("after S15/gw3", false)]
    public void A_drain_is_looked_at_as_long_as_the_node_is_in_hand(string at, bool forgotten)
    {
        CutRun run = new(at);
        run["gw3"] = run["gw3"] with { Load = InLoad };
        StepDecision? found = Decide(run).Steps.FirstOrDefault(s => s.Step.Key == StepKey.Parse("S1/gw3/-") && s.Verdict is Verdict.NotInEffect);
        Assert.Equal(forgotten ? new Verdict.NotInEffect(Message.Of("seen.drain-forgotten", "gw3")) : null, found?.Verdict);
    }

    [Fact]
    public void A_drain_is_forgotten_when_the_balancer_says_so_and_nobody_else_is_out_of_work()
    {
        CutRun run = new(Drained);
        Assert.DoesNotContain(Decide(run).Steps, s => s.Step.Id == StepId.LoadOff);
        run["gw3"] = run["gw3"] with { Load = null };
        Assert.DoesNotContain(Decide(run).Steps, s => s.Step.Id == StepId.LoadOff);

        run["gw3"] = run["gw3"] with { Load = InLoad, Switches = new MailFlowSwitches(Receiving: true, Sending: true) };
        Assert.Contains(Decide(run).Steps, s => s.Step.Id == StepId.LoadOff);
        run.Override(Checks.ForgottenDrain);
        Assert.DoesNotContain(Decide(run).Steps, s => s.Step.Id == StepId.LoadOff);
        run.Records.RemoveAt(run.Records.Count - 1);

        run["gw1"] = run["gw1"] with { Load = InLoad with { Mode = LoadMode.Drain } };
        Assert.DoesNotContain(Decide(run).Steps, s => s.Step.Id == StepId.LoadOff);
    }

    [Fact]
    public void A_drain_that_is_not_over_is_not_forgotten_nor_one_of_a_node_that_returns()
    {
        CutRun run = new("before S1/gw3");
        run.Intend("S1/gw3/-", ("action", "drain"));
        run["gw3"] = run["gw3"] with { Load = InLoad };
        Assert.Equal("S1/gw3/- Wait", Told(run));

        // The return to load was begun, and something before it is looked at again.
        CutRun returns = new("after S14/gw3");
        returns.Intend("S15/gw3/-", ("mode", "Ready"));
        returns.Outcome("S14/gw3/-", StepOutcome.Undone);
        returns["gw3"] = returns["gw3"] with { Load = InLoad };
        Assert.DoesNotContain(Decide(returns).Steps, s => s.Step.Id == StepId.LoadOff);
    }

    /// <summary>Where the plan has no drain, as without a load balancer, none is forgotten.</summary>
    [Fact]
    public void Without_a_drain_none_is_forgotten()
    {
        CutRun run = new("after S2/gw3");
        run["gw3"] = run["gw3"] with { Load = InLoad };
        Assert.Equal("S1/gw3/- NotInEffect, S3/gw3/- Wait, S5/gw3/- Apply, S7/gw3/0 Wait", Told(run));
        run.Plan = run.Plan with
        {
            Steps = [.. run.Plan.Steps.Where(s => s.Key.ToString() != "S1/gw3/-").Select(s => s.Key.ToString() == "S2/gw3/-" ? s with { After = [] } : s)],
        };
        Assert.Equal("S3/gw3/- Wait, S5/gw3/- Apply, S7/gw3/0 Wait", Told(run));
    }

    [Fact]
    public void One_node_is_touched_at_a_time()
    {
        CutRun run = new(BeforeAny);
        run.Override(Checks.Order);
        Assert.Single(Decide(run).Steps, s => s.Verdict is Verdict.Apply && Procedure.Of(s.Step.Id).TouchesNode);

        CutRun busy = new(BeforeAny);
        busy.InFlight.Add(StepKey.Parse("S9/gw3/-"));
        Assert.Empty(Decide(busy).Steps);
        busy.Override(Checks.OneTouch);
        Assert.Equal("S1/gw2/- Apply", Told(busy));

        CutRun looks = new(BeforeAny);
        looks.InFlight.Add(StepKey.Parse("S3/gw3/-"));
        Assert.Equal("S1/gw2/- Apply", Told(looks));
    }

    /// <summary>What touches no node need not wait for what does.</summary>
    [Fact]
    public void What_touches_no_node_goes_on_beside_a_touch()
    {
        CutRun run = new("before S5/gw3");
        run.InFlight.Add(StepKey.Parse("S1/gw3/-"));
        Assert.Contains("S5/gw3/- Apply", Told(run), StringComparison.Ordinal);
    }

    [Fact]
    public void A_guard_stops_everything_that_is_ready()
    {
        CutRun run = new(BetweenNodes);
        run.NoControlSince = run.Now - TimeSpan.FromDays(1);
        Assert.Equal("S1/gw3/- Stop", Told(run));
        Assert.Null(Decide(run).Notice);
    }

    [Fact]
    public void Nothing_else_happens_while_a_node_is_on_a_detour()
    {
        CutRun run = new(Installed);
        run.Mark("gw3", Marks.Parking);
        run.NoControlSince = run.Now - TimeSpan.FromDays(1);
        Assert.Equal("S1/gw3/- Done", Told(run));
    }

    /// <summary>Nothing stops between the two calls of a handover.</summary>
    [Fact]
    public void A_handover_that_was_begun_is_brought_to_its_end_first()
    {
        CutRun run = new("after S16/gw1", keeper: "gw1");
        run.NoControlSince = run.Now - TimeSpan.FromDays(1);
        Assert.Equal("S16a/gw2/- Stop", Told(run));
        run.Intend("S16a/gw2/-", ("heir", "gw1"));
        Assert.Equal("S16a/gw2/- Wait", Told(run));
        run.Command(RunCommandKind.Abort);
        Assert.Equal("S16a/gw2/- Wait", Told(run));
        run.Records.RemoveAt(run.Records.Count - 1);

        run["gw2"] = run["gw2"] with { Status = null };
        run.Now += TimeSpan.FromDays(1);
        Assert.Equal("S16a/gw2/- Stop", Told(run));
        Assert.Null(Decide(run).End);

        // Who ends the run does not wait for a node that cannot be asked.
        run.Command(RunCommandKind.Abort);
        Assert.Equal(UpgradeEnd.Aborted, Decide(run).End?.End);
    }

    [Theory]
    [InlineData(BeforeAny, null)]
    [InlineData(BetweenNodes, null)]
    [InlineData(Drained, "S4a/gw3/- Stop")]
    [InlineData(BeforeInstall, "S4a/gw3/- Stop")]
    [InlineData(Installed, "S9/gw3/0 Wait")]
    [InlineData("after S15/gw3", null)]
    public void An_aborted_run_puts_the_node_in_hand_back_or_finishes_it(string at, string? expected)
    {
        CutRun run = new(at);
        run.Command(RunCommandKind.Abort);
        Decision decision = Decide(run);
        Assert.Equal((expected ?? string.Empty, expected is null), (Told(run), decision.End is not null));
        if (expected == "S4a/gw3/- Stop")
        {
            Message reason = Message.Of("stop.ending", "gw3", Message.Said("ann wants it"));
            Assert.Equal(new Verdict.Stop(StopKind.PutBack, reason), decision.Steps[0].Verdict);
        }
    }

    [Fact]
    public void An_aborted_run_finishes_no_other_node_than_the_one_in_hand()
    {
        CutRun run = new(Installed);
        run.Override(UpgradeOverrides.DemoteFormerControl);
        Assert.Equal("S9/gw3/0 Wait, S6/gw1/- Apply", Told(run));
        run.Command(RunCommandKind.Abort);
        Assert.Equal("S9/gw3/0 Wait", Told(run));

        // Nothing of it can be done before another one is.
        CutRun waits = new(Installed);
        waits.Plan = waits.Plan with
        {
            Steps = [.. waits.Plan.Steps.Select(s => s.Key.ToString() == "S9/gw3/0" ? s with { After = [.. s.After, StepKey.Parse("S6/gw1/-")] } : s)],
        };
        waits.Command(RunCommandKind.Abort);
        Assert.Equal(UpgradeEnd.Aborted, Decide(waits).End?.End);
    }

    [Fact]
    public void How_an_aborted_run_left_the_nodes_is_told()
    {
        CutRun run = new(BetweenNodes);
        run.Command(RunCommandKind.Abort);
        run.Mark("gw1", nameof(NodeOutcome.Parked));
        run["gw2"] = run["gw2"] with { About = new AboutInfo("2.1", run.Plan.To) };
        run["gw3"] = run["gw3"] with { About = new AboutInfo("2.0", null) };
        run["gw1"] = run["gw1"] with { About = null, Status = null };
        string nodes = "gw2 2.1.0.7854 (control), gw3 2.0 (secondary), gw1 ? (Parked)";
        Assert.Equal((UpgradeEnd.Aborted, Message.Of("ended.Aborted", Message.Said("ann wants it"), nodes)), Decide(run).End);

        run["gw3"] = run["gw3"] with { Status = null };
        Assert.Contains("gw3 2.0 (?)", Decide(run).End!.Value.Reason.English, StringComparison.Ordinal);
    }

    [Fact]
    public void When_all_is_done_nothing_is_left_to_abort()
    {
        CutRun run = new(AllDone);
        run.Command(RunCommandKind.Abort);
        Assert.Equal(UpgradeEnd.Completed, Decide(run).End?.End);

        run.Mark("gw1", nameof(NodeOutcome.RolledBack));
        Assert.Equal(UpgradeEnd.Aborted, Decide(run).End?.End);
    }

    /// <summary>The last one first.</summary>
    [Fact]
    public void The_nodes_to_go_back_do_so_one_after_the_other()
    {
        CutRun run = new("after S16/gw3");
        run.Command(RunCommandKind.Rollback, (Marks.Nodes, "gw2 gw3"));
        AssertRollsBack(run, "gw3");
        run.Mark("gw3", nameof(NodeOutcome.RolledBack));
        AssertRollsBack(run, "gw2");
        run.Mark("gw2", nameof(NodeOutcome.RolledBack));

        (UpgradeEnd end, Message reason) = Decide(run).End!.Value;
        string nodes = "gw2 2.1.0.7854 (RolledBack), gw3 2.1.0.7854 (RolledBack), gw1 2.0.1.6960 (control)";
        Assert.Equal((UpgradeEnd.RolledBack, Message.Of("ended.RolledBack", nodes)), (end, reason));

        // What was reverted is no reason not to say that somebody wanted the end.
        run.Outcome("R4/gw2/-", StepOutcome.Done);
        run.Command(RunCommandKind.Abort);
        Assert.Equal(UpgradeEnd.Aborted, Decide(run).End?.End);
    }

    [Fact]
    public void A_node_in_hand_that_is_to_go_back_does_so_at_once_and_another_one_is_put_back_first()
    {
        CutRun run = new(Drained);
        run.Command(RunCommandKind.Rollback, (Marks.Nodes, "gw2"));
        Message reason = Message.Of("stop.ending", "gw3", Message.Of("stop.rolling-back"));
        Assert.Equal(new Verdict.Stop(StopKind.PutBack, reason), Assert.Single(Decide(run).Steps).Verdict);

        CutRun installed = new(Installed);
        installed.Command(RunCommandKind.Rollback, (Marks.Nodes, "gw2"));
        Assert.Equal("S9/gw3/0 Wait", Told(installed));

        CutRun both = new(Installed);
        both.Command(RunCommandKind.Rollback, (Marks.Nodes, "gw2 gw3"));
        AssertRollsBack(both, "gw3");
    }

    [Fact]
    public void No_node_goes_back_while_another_one_is_out_of_work()
    {
        CutRun run = new("after S16/gw3");
        run.Command(RunCommandKind.Rollback, (Marks.Nodes, "gw3"));
        run["gw1"] = run["gw1"] with { Load = InLoad with { Mode = LoadMode.Drain } };
        StepDecision decision = Assert.Single(Decide(run).Steps);
        Assert.Equal(("S4a/gw3/-", Message.Of("stop.budget", "gw3", "gw1", 1)), (decision.Step.Key.ToString(), Reason(decision.Verdict)));
    }

    /// <summary>What was opened by hooks is closed by hooks, however the run ends.</summary>
    [Fact]
    public void An_aborted_run_calls_its_last_hooks_after_those_that_still_run()
    {
        CutRun run = new(BetweenNodes);
        run.Command(RunCommandKind.Abort);
        PlannedStep after = Procedure.Plan(run.Plan.Policy, StepId.HooksAfterRun, null, [StepKey.Parse("S17/-/-")]);
        PlannedStep before = Procedure.Plan(run.Plan.Policy, StepId.HooksBeforeNode, "gw3", []);
        run.Plan = run.Plan with { Steps = [.. run.Plan.Steps, before, after] };
        Assert.Equal(("H4/-/- Apply", false), (Told(run), Decide(run).End is not null));

        run.InFlight.Add(StepKey.Parse("S3/gw3/-"));
        Assert.Equal("H4/-/- Apply", Told(run));
        run.InFlight.Add(before.Key);
        Assert.Equal("H2/gw3/- Wait", Told(run));
        run.InFlight.Clear();

        run.Outcome("H4/-/-", StepOutcome.Done);
        Assert.Equal(UpgradeEnd.Aborted, Decide(run).End?.End);
        run.Records.RemoveAt(run.Records.Count - 1);

        // Nothing was opened.
        run.Outcome("S0/-/-", StepOutcome.Undone);
        Assert.Equal(UpgradeEnd.Aborted, Decide(run).End?.End);
    }

    [Fact]
    public void At_the_end_of_the_plan_it_is_told_how_the_nodes_are()
    {
        CutRun run = new(AllDone);
        BuildNumber to = run.Plan.To;
        Assert.Equal((UpgradeEnd.Completed, Message.Of("ended.Completed", 3, to, string.Empty)), Decide(run).End);

        Commit(run, ("known-problems.gw1", Line("old")));
        Message known = Message.Of("ended.known", (object)new[] { PlanFinding.About("gw1", Message.Said("old")) });
        Message completed = Message.Of("ended.Completed", 3, to, string.Empty);
        Assert.Equal((UpgradeEnd.Completed, Message.Sentences(completed, known)), Decide(run).End);

        Commit(run, ("known-problems.gw1", Line("old")), ("problems.gw2", Line("bad")));
        Message problems = Message.Of("ended.problems", (object)new[] { PlanFinding.About("gw2", Message.Said("bad")) });
        Message how = Message.Of("ended.CompletedWithProblems", 3, to, string.Empty);
        Assert.Equal((UpgradeEnd.CompletedWithProblems, Message.Sentences(how, problems, known)), Decide(run).End);

        Commit(run, ("problems.gw2", Line("bad")));
        run.Mark("gw3", nameof(NodeOutcome.Parked));
        run.Mark("gw1", nameof(NodeOutcome.Skipped));
        how = Message.Of("ended.CompletedWithExceptions", 3, to, "gw3 (Parked), gw1 (Skipped)");
        Assert.Equal((UpgradeEnd.CompletedWithExceptions, Message.Sentences(how, problems)), Decide(run).End);
    }

    /// <summary>Two Control nodes for a long time: people are told once, nothing is forced.</summary>
    [Fact]
    public void A_long_handover_is_told_once()
    {
        CutRun run = new("before S8/gw3");
        TimeSpan limit = run.Plan.Policy.HandoverLimit;
        run.Now = run.Input.Position.HandoverSince!.Value + limit;
        Assert.Null(Decide(run).Notice);
        run.Now += TimeSpan.FromTicks(1);
        Message text = Message.Of("notice.handover", limit, "gw1", UpgradeOverrides.DemoteFormerControl);
        Assert.Equal((Decision.Handover, text), Decide(run).Notice);

        Notify(run, Decision.Handover);
        Assert.Null(Decide(run).Notice);
    }

    [Fact]
    public void A_closed_window_is_told_once_and_what_will_stop_the_run_then_a_while_before()
    {
        CutRun run = new(BetweenNodes);
        TimeSpan ahead = run.Plan.Policy.LookAhead;
        DateTimeOffset opens = run.WallNow + ahead + TimeSpan.FromMinutes(1);
        run.With(p => p with { Windows = [Window(opens, p.NodeTime)] });
        string key = opens.UtcDateTime.ToString("s", CultureInfo.InvariantCulture);
        Assert.Equal(("window/" + key, Message.Of("wait.window", "gw3", opens)), Decide(run).Notice);
        Assert.Equal(run.Now + ahead + TimeSpan.FromMinutes(1), Decide(run).ClosedUntil);

        Notify(run, "window/" + key);
        Assert.Null(Decide(run).Notice);
        run.Now += TimeSpan.FromMinutes(1);
        Assert.Equal(("ahead/" + key, Message.Of("notice.window-well", opens, "gw3")), Decide(run).Notice);

        run["gw3"] = run["gw3"] with { Status = run["gw3"].Status! with { Services = [new ServiceStatus("clamav", ServiceState.Failed)] } };
        Message? problem = RunGuards.Ahead(run.Input, "gw3");
        Assert.Equal(("ahead/" + key, Message.Of("notice.window-problem", opens, problem)), Decide(run).Notice);
        Notify(run, "ahead/" + key);
        Assert.Null(Decide(run).Notice);
    }

    [Fact]
    public void A_gate_outside_that_is_closed_is_told_once_for_each_node_and_what_it_said_is_kept()
    {
        CutRun run = new(BetweenNodes);
        run.Plan = run.Plan with { Gates = ["freeze"] };
        GateReading freeze = new("freeze", IsGreen: false, Message.Said("until Monday"), run.WallNow, TimeSpan.FromMinutes(9));
        run.Gates = [freeze];
        Assert.Equal(("external-gate/gw3", Message.Of("stop.external-gate", "gw3", new[] { freeze.InWords })), Decide(run).Notice);
        Notify(run, "external-gate/gw3");
        Assert.Null(Decide(run).Notice);

        run.Gates = [freeze with { IsGreen = true }];
        Assert.Equal(run.Gates[0].InWords.English, ApplyOf(run, "S1/gw3/-").Values["externalGate.freeze"]);
        Assert.Equal("Ready", ApplyOf(run, "S1/gw3/-").Values[Marks.PriorLoad]);
        run.Plan = run.Plan with { Gates = [] };
        run.Gates = [];
        Assert.Equal(["action", Marks.PriorLoad], ApplyOf(run, "S1/gw3/-").Values.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Only_the_first_touch_of_a_node_bears_what_the_gates_said()
    {
        CutRun inHand = new("before S13/gw3");
        inHand.Gates = [new GateReading("freeze", IsGreen: true, Message.Said("none"), inHand.WallNow, TimeSpan.Zero)];
        Assert.DoesNotContain("externalGate.freeze", ApplyOf(inHand, "S13/gw3/-").Values.Keys);

        CutRun before = new(BetweenNodes);
        before.Outcome("S4a/gw3/-", StepOutcome.Undone);
        before["gw3"] = before["gw3"] with { Snapshots = [] };
        before.Gates = inHand.Gates;
        Assert.DoesNotContain("externalGate.freeze", ApplyOf(before, "S4a/gw3/-").Values.Keys);
        Assert.Contains("externalGate.freeze", ApplyOf(before, "S1/gw3/-").Values.Keys);
    }

    /// <summary>Each node is asked for what the steps in question need, and for the gates when it would be begun.</summary>
    [Fact]
    public void What_is_asked_of_a_node_is_what_its_next_step_needs()
    {
        CutRun run = new(BetweenNodes);
        AssertWanted(run, Facets.None, Facets.Basic | Facets.User | Facets.Arrivals, Facets.None);
        run.Plan = run.Plan with { Gates = ["freeze"] };
        AssertWanted(run, Facets.None, Facets.Basic | Facets.User | Facets.Arrivals | Facets.Gates, Facets.None);

        CutRun first = new("after S0/-");
        first.Records.RemoveAt(first.Records.Count - 1);
        AssertWanted(first, Facets.Preflight, Facets.Preflight, Facets.Preflight);

        CutRun handover = new("after S16/gw1", keeper: "gw1");
        AssertWanted(handover, Facets.Basic, Facets.Basic, Facets.Basic);

        CutRun both = new("before S13/gw3");
        both.Plan = both.Plan with
        {
            Steps = [.. both.Plan.Steps.Select(s => s.Key.ToString() == "S14/gw3/-" ? s with { After = [] } : s)],
        };
        AssertWanted(both, Facets.None, Facets.Basic | Facets.Rcpt | Facets.Probe, Facets.None);

        CutRun parked = new(Installed);
        parked.Mark("gw3", Marks.Parking);
        parked.Plan = parked.Plan with { Gates = ["freeze"] };
        AssertWanted(parked, Facets.None, Facets.Basic | Facets.User | Facets.Arrivals, Facets.None);
        parked.Outcome("S1/gw3/-", StepOutcome.Done);
        parked.Outcome("S2/gw3/-", StepOutcome.Done);
        AssertWanted(parked, Facets.None, Facets.None, Facets.None);
    }

    private static void AssertWanted(CutRun run, Facets gw2, Facets gw3, Facets gw1)
    {
        IReadOnlyDictionary<string, Facets> wanted = run.Input.Position.Wanted;
        Assert.Equal((gw2, gw3, gw1), (wanted["gw2"], wanted["gw3"], wanted["gw1"]));
    }

    private static void AssertRollsBack(CutRun run, string node)
    {
        StepDecision decision = Assert.Single(Decide(run).Steps);
        Assert.Equal($"S4a/{node}/-", decision.Step.Key.ToString());
        Assert.Equal(new Verdict.Stop(StopKind.RollBack, Message.Of("stop.roll-back", node)), decision.Verdict);
    }

    private static CutRun Unfenced(string step)
    {
        CutRun run = new($"before {step[..^2]}");
        run.Intend(step, (Marks.Upload, "up-1"));
        run.TakeOver();
        return run;
    }

    private static void Commit(CutRun run, params (string Name, string Value)[] values) => run.Outcome("S17/-/-", StepOutcome.Done, values);

    private static string Line(string text) => MessageLines.Write([Message.Said(text)]);

    private static void Notify(CutRun run, string notice) =>
        run.Write(new JournalEntry { Kind = JournalEntryKind.Observation, Values = Values((Marks.Notice, notice)) });

    private static MaintenanceWindow Window(DateTimeOffset opens, TimeSpan length) =>
        new() { Zone = "UTC", From = TimeOnly.FromDateTime(opens.UtcDateTime), To = TimeOnly.FromDateTime(opens.UtcDateTime + length) };

    private static Verdict.Apply ApplyOf(CutRun run, string step) =>
        Assert.IsType<Verdict.Apply>(Decide(run).Steps.Single(s => s.Step.Key == StepKey.Parse(step)).Verdict);

    private static bool Fences(CutRun run) => Decide(run).Steps.Any(s => s.Verdict is Verdict.Wait { Fences: true });

    private static Decision Decide(CutRun run) => UpgradeDecider.Decide(run.Input);

    /// <summary>Each step with the kind of its verdict.</summary>
    private static string Told(CutRun run) => string.Join(", ", Decide(run).Steps.Select(s => $"{s.Step.Key} {s.Verdict.GetType().Name}"));

    private static Message? Reason(Verdict verdict) => (verdict as Verdict.Stop)?.Reason ?? (verdict as Verdict.Wait)?.Reason;

    private static Dictionary<string, string> Values(params (string Name, string Value)[] values) =>
        values.ToDictionary(v => v.Name, v => v.Value, StringComparer.Ordinal);
}
