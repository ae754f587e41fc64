using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>
/// Each guard at its very limit: what it stops, with which words, how long it waits, and what it lets pass. Two nodes are upgraded before the last one:
/// gw2, gw3, gw1.
/// </summary>
public sealed class RunGuardTests
{
    private const string BeforeAny = "after S0/-";
    private const string BetweenNodes = "after S16/gw2";
    private const string Drained = "after S3/gw3";

    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    [Theory]
    [InlineData(BeforeAny)]
    [InlineData(BetweenNodes)]
    [InlineData(Drained)]
    [InlineData("before S11/gw2")]
    [InlineData("before S6/gw1")]
    [InlineData("before S8/gw1")]
    [InlineData("after S16/gw1")]
    public void Nothing_stops_a_run_while_all_is_well(string at) => Assert.Null(Asked(new CutRun(at)));

    [Fact]
    public void A_cluster_without_Control_node_is_a_humans_after_a_while()
    {
        CutRun run = new(BetweenNodes);
        TimeSpan limit = run.Plan.Policy.NoControlLimit;
        run.NoControlSince = run.Now - limit;
        Assert.Null(Asked(run));

        run.NoControlSince -= Tick;
        Assert.Equal(new Verdict.Stop(StopKind.Human, Message.Of("stop.no-control", limit)), Asked(run));
        AssertLetsPass(Checks.NoControl, run);

        run.IsComplete = false;
        Assert.Null(Asked(run));
    }

    [Fact]
    public void One_node_alone_is_no_cluster_that_needs_a_Control_node()
    {
        CutRun run = new("after S0/-", nodes: 1);
        run.NoControlSince = run.Now - TimeSpan.FromDays(1);
        Assert.Null(Asked(run));
    }

    [Fact]
    public void Two_Control_nodes_are_a_humans_outside_of_the_handover()
    {
        CutRun run = new(BeforeAny);
        Promote(run, "gw3");
        Assert.Equal("stop.foreign", ReasonOf(run)?.Key);

        run.Override(Checks.ForeignChange);
        Assert.Equal(new Verdict.Stop(StopKind.Human, Message.Of("stop.two-controls", "gw3, gw1")), Asked(run));
        AssertLetsPass(Checks.TwoControls, run);

        run.IsComplete = false;
        Assert.Null(Asked(run));

        CutRun handover = new(BetweenNodes);
        handover.Override(Checks.ForeignChange);
        Promote(handover, "gw3");
        Assert.Equal(3, handover.Input.Cluster.Controls.Count());
        Assert.Null(Asked(handover));
    }

    /// <summary>Long enough for a node to be seen twice.</summary>
    [Fact]
    public void A_node_in_hand_goes_back_when_another_one_leaves_service()
    {
        CutRun run = new(Drained);
        UpgradePolicy policy = run.Plan.Policy;
        TimeSpan patience = policy.StabilityInterval + policy.PollInterval + policy.PollInterval;
        run["gw2"] = run["gw2"] with { OutOfWorkSince = run.Now - patience };
        Assert.Null(Asked(run));

        run["gw2"] = run["gw2"] with { OutOfWorkSince = run.Now - patience - Tick };
        Assert.Equal(new Verdict.Stop(StopKind.PutBack, Message.Of("stop.service-lost", "gw2", "gw3")), Asked(run));
        AssertLetsPass(Checks.ServiceLost, run);

        run["gw1"] = run["gw1"] with { OutOfWorkSince = run.Now - patience - Tick };
        Assert.Equal(Message.Of("stop.service-lost", "gw2, gw1", "gw3"), ReasonOf(run));

        run.With(p => p with { MaxUnavailable = 2 });
        Assert.Equal(Message.Of("stop.service-lost", "gw2, gw1", "gw3"), ReasonOf(run));
        run.With(p => p with { MaxUnavailable = 3 });
        Assert.Null(Asked(run));
    }

    [Fact]
    public void A_node_that_is_merely_silent_gets_longer()
    {
        CutRun run = new(Drained);
        run["gw2"] = run["gw2"] with { ProblemKind = NodeProblemKind.Silent, OutOfWorkSince = run.Now - run.Plan.Policy.StepTimeout };
        Assert.Null(Asked(run));

        run["gw2"] = run["gw2"] with { OutOfWorkSince = run.Now - run.Plan.Policy.StepTimeout - Tick };
        Assert.Equal(Message.Of("stop.service-lost", "gw2", "gw3"), ReasonOf(run));
    }

    [Theory]
    [InlineData("after S1/gw3", "gw1", false)]
    [InlineData("after S2/gw3", "gw1", true)]
    [InlineData("before S8/gw3", "gw1", true)]
    [InlineData("after S8/gw3", "gw1", false)]
    [InlineData("after S2/gw3", "gw3", false)]
    [InlineData(BetweenNodes, "gw1", false)]
    public void It_goes_back_only_where_that_helps(string at, string lost, bool goesBack)
    {
        CutRun run = new(at);
        run[lost] = run[lost] with { OutOfWorkSince = run.Now - TimeSpan.FromHours(1) };
        Assert.Equal(goesBack, Asked(run) is Verdict.Stop { Kind: StopKind.PutBack });

        run.Found(lost, node => node with { Receiving = false });
        Assert.False(Asked(run) is Verdict.Stop { Kind: StopKind.PutBack });
    }

    /// <summary>A snapshot beforehand of another node comes first in the plan.</summary>
    [Fact]
    public void What_stops_a_node_in_hand_is_told_at_a_step_of_that_node()
    {
        CutRun run = new("after S2/gw2");
        run.Write(new JournalEntry { Kind = JournalEntryKind.Outcome, Step = "S4a/gw1/-", Node = "gw1", Outcome = StepOutcome.Undone });
        run["gw3"] = run["gw3"] with { OutOfWorkSince = run.Now - TimeSpan.FromHours(1) };
        IReadOnlyList<PlannedStep> ready = run.Input.Position.Ready;
        Assert.Equal("gw1", ready[0].Node);
        Assert.Equal(StepKey.Parse("S3/gw2/-"), RunGuards.Check(run.Input, ready)?.Step.Key);
    }

    [Fact]
    public void A_change_by_somebody_else_pauses_the_run_and_names_each_node_once()
    {
        CutRun run = new(BetweenNodes);
        run["gw3"] = run["gw3"] with { Switches = new MailFlowSwitches(Receiving: false, Sending: false) };
        run["gw1"] = run["gw1"] with { Switches = new MailFlowSwitches(Receiving: true, Sending: false) };

        Verdict.Stop stop = Assert.IsType<Verdict.Stop>(Asked(run));
        Message[] texts = [Message.Of("foreign.sending", "gw3"), Message.Of("foreign.receiving", "gw3", "off"), Message.Of("foreign.sending", "gw1")];
        Assert.Equal((StopKind.Pause, Checks.ForeignChange, Message.Of("stop.foreign", (object)texts)), (stop.Kind, stop.Check, stop.Reason));
        Assert.Equal(["gw3", "gw1"], stop.Changed);
        Assert.Null(stop.Patience);
    }

    /// <summary>A node at work is worth more than a pause.</summary>
    [Theory]
    [InlineData("after S1/gw3", false)]
    [InlineData(Drained, false)]
    [InlineData("before S8/gw3", true)]
    [InlineData("after S8/gw3", false)]
    [InlineData("before S11/gw2", true)]
    [InlineData("before S6/gw1", true)]
    [InlineData("after S13/gw3", false)]
    [InlineData("after S16/gw3", true)]
    public void A_node_in_hand_is_finished_first_where_that_changes_no_role_and_no_build(string at, bool stops)
    {
        CutRun run = new(at);
        string other = at.EndsWith("gw1", StringComparison.Ordinal) ? "gw2" : "gw1";
        run[other] = run[other] with { Switches = new MailFlowSwitches(Receiving: true, Sending: false) };
        Assert.Equal(stops, ReasonOf(run)?.Key == "stop.foreign");
    }

    [Fact]
    public void No_node_is_begun_that_would_not_be_back_before_the_window_closes()
    {
        CutRun run = new(BetweenNodes);
        DateTimeOffset opens = run.WallNow + TimeSpan.FromHours(2);
        MaintenanceWindow window = new()
        {
            Zone = "UTC",
            From = TimeOnly.FromDateTime(opens.UtcDateTime),
            To = TimeOnly.FromDateTime(opens.UtcDateTime + run.Plan.Policy.NodeTime),
        };
        run.With(p => p with { Windows = [window] });
        Verdict.Wait waits = new(Message.Of("wait.window", "gw3", opens), run.Now + TimeSpan.FromHours(2), Soon: false, Check: Checks.MaintenanceWindow);
        Assert.Equal(waits, Asked(run));
        AssertLetsPass(Checks.MaintenanceWindow, run);

        run.Now += TimeSpan.FromHours(2);
        Assert.Null(Asked(run));
        run.Now += Tick;
        Assert.Equal(Message.Of("wait.window", "gw3", opens + TimeSpan.FromDays(1)), ReasonOf(run));
    }

    [Fact]
    public void A_window_that_is_never_long_enough_is_no_reason_to_wait()
    {
        CutRun run = new(BetweenNodes);
        MaintenanceWindow window = new() { Zone = "UTC", From = new TimeOnly(1, 0), To = new TimeOnly(1, 30) };
        run.With(p => p with { Windows = [window] });
        Message reason = Message.Of("stop.window", "gw3", run.Plan.Policy.NodeTime);
        Assert.Equal(new Verdict.Stop(StopKind.Pause, reason, Check: Checks.MaintenanceWindow), Asked(run));
    }

    /// <summary>A snapshot beforehand begins a node; the watch over a finished one, and giving the role back, begin none.</summary>
    [Theory]
    [InlineData(BeforeAny, "gw2")]
    [InlineData(Drained, null)]
    [InlineData("after S15/gw2", null)]
    [InlineData(BetweenNodes, "gw3")]
    [InlineData("after S16/gw1", null)]
    public void A_window_is_waited_for_before_a_node_is_begun(string at, string? node)
    {
        CutRun run = new(at);
        run.With(p => p with { Windows = [new MaintenanceWindow { Zone = "UTC", From = new TimeOnly(1, 0), To = new TimeOnly(1, 30) }] });
        Assert.Equal(node is null ? null : Message.Of("stop.window", node, run.Plan.Policy.NodeTime), ReasonOf(run));
    }

    [Fact]
    public void No_node_is_begun_while_something_outside_is_not_green()
    {
        CutRun run = new(BetweenNodes);
        run.Plan = run.Plan with { Gates = ["freeze", "batch", "night"] };
        DateTimeOffset seen = run.WallNow - TimeSpan.FromMinutes(1);
        GateReading batch = new("batch", IsGreen: false, Message.Said("running"), seen, TimeSpan.FromMinutes(7));
        run.Gates =
        [
            batch, new GateReading("night", IsGreen: true, Message.Said("free"), seen, TimeSpan.FromMinutes(9)),
            new GateReading("unasked", IsGreen: false, Message.Said("no"), seen, TimeSpan.FromMinutes(9)),
        ];
        GateReading freeze = new("freeze", IsGreen: false, Message.Of("gate.not-asked"), run.WallNow, TimeSpan.Zero);
        Message reason = Message.Of("stop.external-gate", "gw3", new[] { freeze.InWords, batch.InWords });
        DateTimeOffset until = run.Over("S16/gw2/-") + TimeSpan.FromMinutes(7);
        Assert.Equal(new Verdict.Wait(reason, until, Soon: false, Check: Checks.ExternalGate), Asked(run));
        AssertLetsPass(Checks.ExternalGate, run);

        run.Gates = [new GateReading("freeze", IsGreen: true, Message.Said("none"), seen, TimeSpan.Zero), batch with { IsGreen = true }, run.Gates[1]];
        Assert.Null(Asked(run));
        run.Gates = [];
        Assert.Equal("stop.external-gate", ReasonOf(run)?.Key);
        run.Plan = run.Plan with { Gates = [] };
        Assert.Null(Asked(run));
    }

    [Fact]
    public void A_gate_is_asked_for_no_node_in_hand()
    {
        CutRun run = new(Drained);
        run.Plan = run.Plan with { Gates = ["freeze"] };
        Assert.Null(Asked(run));
    }

    /// <summary>What may pass by itself is waited for, from the end of what came before, or from when somebody let the run go on.</summary>
    [Fact]
    public void The_next_node_waits_until_the_finished_ones_are_well_but_not_for_ever()
    {
        CutRun run = new(BetweenNodes);
        TimeSpan patience = run.Plan.Policy.StepTimeout;
        Ill(run, "gw2");
        DateTimeOffset until = run.Over("S16/gw2/-") + patience;
        Message reason = NodeHealth.Text("gw2", [Service]);
        Assert.Equal(new Verdict.Wait(reason, until), Asked(run));
        AssertLetsPass(Checks.FinishedNodes, run);

        run.Now = until;
        Assert.Equal(new Verdict.Wait(reason, until), Asked(run));
        run.Now += Tick;
        Verdict.Stop stop = new(StopKind.Pause, reason, Check: Checks.FinishedNodes, Patience: patience);
        Assert.Equal(stop, Asked(run));

        run.Write(new JournalEntry { Kind = JournalEntryKind.EpochStarted });
        Assert.Equal(new Verdict.Wait(reason, run.Now + patience), Asked(run));
    }

    [Fact]
    public void What_passes_first_is_waited_for_no_longer_than_that()
    {
        CutRun run = new(BetweenNodes);
        run["gw2"] = run["gw2"] with { Status = run["gw2"].Status! with { Databases = new DatabasesState("obsolete") } };
        Assert.Equal(run.Over("S16/gw2/-") + run.Plan.Policy.DatabasesTimeout, Assert.IsType<Verdict.Wait>(Asked(run)).Until);

        Ill(run, "gw2");
        Assert.Equal(run.Over("S16/gw2/-") + run.Plan.Policy.StepTimeout, Assert.IsType<Verdict.Wait>(Asked(run)).Until);
    }

    [Theory]
    [InlineData("after S15/gw2", "gw2")]
    [InlineData(Drained, "gw2")]
    [InlineData(BeforeAny, "gw1")]
    [InlineData(BetweenNodes, "gw1")]
    public void Only_a_finished_node_keeps_the_next_one_from_being_touched(string at, string ill)
    {
        CutRun run = new(at);
        Ill(run, ill);
        Assert.Null(Asked(run));
    }

    [Fact]
    public void No_more_nodes_are_out_of_work_than_the_policy_allows()
    {
        CutRun run = new(BetweenNodes);
        run.Override(Checks.ForeignChange);
        run["gw1"] = run["gw1"] with { Load = new LoadState(LoadMode.Drain, 0, Healthy: true) };
        TimeSpan patience = run.Plan.Policy.StepTimeout;
        Message reason = Message.Of("stop.budget", "gw3", "gw1", 1);
        Assert.Equal(new Verdict.Wait(reason, run.Over("S16/gw2/-") + patience), Asked(run));
        AssertLetsPass(Checks.Budget, run);

        run.Now += patience + Tick;
        Assert.Equal(new Verdict.Stop(StopKind.Pause, reason, Check: Checks.Budget, Patience: patience), Asked(run));
        run.With(p => p with { MaxUnavailable = 2 });
        Assert.Null(Asked(run));

        run.Override(Checks.FinishedNodes);
        run["gw2"] = run["gw2"] with { Load = new LoadState(LoadMode.Drain, 0, Healthy: true) };
        Assert.Equal(Message.Of("stop.budget", "gw3", "gw2, gw1", 2), ReasonOf(run));
    }

    /// <summary>It takes none away that is out of work already, or was.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_node_that_takes_no_mail_may_be_touched(bool planned)
    {
        CutRun run = new(BetweenNodes);
        run.Override(Checks.ForeignChange);
        run["gw1"] = run["gw1"] with { Load = new LoadState(LoadMode.Drain, 0, Healthy: true) };
        if (planned)
        {
            run.Found("gw3", node => node with { Receiving = false });
        }
        else
        {
            run["gw3"] = run["gw3"] with { Load = new LoadState(LoadMode.Drain, 0, Healthy: true) };
        }

        Assert.Null(Asked(run));
    }

    [Fact]
    public void Nobody_is_left_alone_with_a_node_of_whose_health_nobody_knows()
    {
        CutRun run = new(BetweenNodes);
        run.Override(Checks.ForeignChange);
        run["gw1"] = run["gw1"] with { Load = new LoadState(LoadMode.Ready, 0, Healthy: null) };
        Message reason = Message.Of("stop.unknown-health", "gw3", "gw1");
        DateTimeOffset until = run.Over("S16/gw2/-") + run.Plan.Policy.StepTimeout;
        Assert.Equal(new Verdict.Wait(reason, until), Asked(run));
        AssertLetsPass(Checks.UnknownHealth, run);

        run["gw2"] = run["gw2"] with { Load = new LoadState(LoadMode.Ready, 0, Healthy: null) };
        Assert.Equal(Message.Of("stop.unknown-health", "gw3", "gw2, gw1"), ReasonOf(run));
        run.Found("gw3", node => node with { Receiving = false });
        Assert.Null(Asked(run));
        run.Found("gw3", node => node with { Receiving = true });
        run.With(p => p with { Accept = [UpgradeConsents.UnknownHealth] });
        Assert.Null(Asked(run));
    }

    [Fact]
    public void The_next_node_is_looked_at_again_before_it_is_touched()
    {
        CutRun run = new(BetweenNodes);
        Ill(run, "gw3");
        Message reason = Message.Of("stop.node-unfit", "gw3", NodeHealth.Text("gw3", [Service]));
        DateTimeOffset until = run.Over("S16/gw2/-") + run.Plan.Policy.StepTimeout;
        Assert.Equal(new Verdict.Wait(reason, until), Asked(run));
        AssertLetsPass(Checks.NodeFit, run);

        run.Now = until + Tick;
        Assert.Equal(new Verdict.Stop(StopKind.Pause, reason, Check: null, Patience: run.Plan.Policy.StepTimeout), Asked(run));
    }

    /// <summary>Its hooks are called only for a node that is well; then they run to their end.</summary>
    [Fact]
    public void The_hooks_before_a_node_begin_it()
    {
        CutRun run = new(BetweenNodes);
        PlannedStep first = run.Plan.StepsOf("gw3").First(s => s.Id == StepId.LoadOff);
        PlannedStep hooks = Procedure.Plan(run.Plan.Policy, StepId.HooksBeforeNode, "gw3", first.After);
        run.Plan = run.Plan with { Steps = [.. run.Plan.Steps.SelectMany(s => s == first ? [hooks, s with { After = [hooks.Key] }] : new[] { s })] };
        Ill(run, "gw3");
        Assert.Equal("stop.node-unfit", ReasonOf(run)?.Key);

        run.InFlight.Add(hooks.Key);
        Assert.Null(Asked(run));
    }

    [Fact]
    public void What_a_human_can_accept_of_it_is_told_by_its_name()
    {
        CutRun run = new(BetweenNodes);
        run["gw3"] = run["gw3"] with { Status = run["gw3"].Status! with { Databases = DatabasesState.OutOfDate } };
        Assert.Equal(run.Over("S16/gw2/-") + run.Plan.Policy.DatabasesTimeout, Assert.IsType<Verdict.Wait>(Asked(run)).Until);

        Ill(run, "gw3");
        Assert.Equal(run.Over("S16/gw2/-") + run.Plan.Policy.StepTimeout, Assert.IsType<Verdict.Wait>(Asked(run)).Until);
        run.Now += TimeSpan.FromDays(1);
        Assert.Equal(UpgradeConsents.OldDatabases, Assert.IsType<Verdict.Stop>(Asked(run)).Check);
    }

    [Fact]
    public void A_node_that_is_parked_was_touched_before()
    {
        CutRun run = new(BetweenNodes);
        Ill(run, "gw3");
        run.Write(new JournalEntry
        {
            Kind = JournalEntryKind.Outcome,
            Node = "gw3",
            Step = Marks.NodePrefix + "gw3",
            Values = new Dictionary<string, string>(StringComparer.Ordinal) { [Marks.Node] = nameof(NodeOutcome.Parked) },
        });
        Assert.Null(Asked(run));
    }

    [Fact]
    public void A_human_may_pause_the_run_where_no_node_is_in_hand_and_nothing_is_under_way()
    {
        Message wish = Message.Of("command.plain.Pause", "ann");
        CutRun run = new(BetweenNodes);
        Pause(run, wish);
        Assert.Equal(new Verdict.Stop(StopKind.Pause, wish), Asked(run));

        // It comes before everything that stands in the way.
        Ill(run, "gw3");
        Assert.Equal(new Verdict.Stop(StopKind.Pause, wish), Asked(run));

        run.InFlight.Add(StepKey.Parse("S7/gw1/0"));
        Assert.NotEqual(wish, ReasonOf(run));

        CutRun inHand = new(Drained);
        Pause(inHand, wish);
        Assert.Null(Asked(inHand));
    }

    /// <summary>A while before the window opens, people are told what would stop the run then.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData("gw2")]
    [InlineData("gw3")]
    public void What_would_stop_the_run_in_the_next_window_is_known_beforehand(string? ill)
    {
        CutRun run = new(BetweenNodes);
        run.With(p => p with { Windows = [new MaintenanceWindow { Zone = "UTC", From = new TimeOnly(1, 0), To = new TimeOnly(1, 30) }] });
        if (ill is not null)
        {
            Ill(run, ill);
        }

        Message? problem = ill is null ? null : NodeHealth.Text(ill, [Service]);
        Assert.Equal(ill == "gw3" ? Message.Of("stop.node-unfit", "gw3", problem) : problem, RunGuards.Ahead(run.Input, "gw3"));
        Assert.Equal("stop.window", ReasonOf(run)?.Key);
    }

    private static Ailment Service => Ailment.Refusal("service", "clamav", ServiceState.Failed) with { Subject = "clamav" };

    private static Verdict? Asked(CutRun run) => RunGuards.Check(run.Input, run.Input.Position.Ready)?.Verdict;

    private static Message? ReasonOf(CutRun run) => Asked(run) switch
    {
        Verdict.Stop stop => stop.Reason,
        Verdict.Wait wait => wait.Reason,
        _ => null,
    };

    /// <summary>Without the check, by its name, the run goes on.</summary>
    private static void AssertLetsPass(string check, CutRun run)
    {
        run.Override(check);
        Assert.Null(Asked(run));
        run.Records.RemoveAt(run.Records.Count - 1);
        Assert.NotNull(Asked(run));
    }

    private static void Ill(CutRun run, string node) =>
        run[node] = run[node] with { Status = run[node].Status! with { Services = [new ServiceStatus("clamav", ServiceState.Failed)] } };

    private static void Promote(CutRun run, string node) =>
        run[node] = run[node] with { Status = run[node].Status! with { Role = NodeRole.Control } };

    private static void Pause(CutRun run, Message wish) => run.Write(new JournalEntry
    {
        Kind = JournalEntryKind.Command,
        Text = wish,
        Values = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [Marks.Command] = nameof(RunCommandKind.Pause),
            ["id"] = "pause",
            ["by"] = "ann",
        },
    });
}
