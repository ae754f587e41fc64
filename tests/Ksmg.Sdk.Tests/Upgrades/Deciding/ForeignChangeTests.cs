using System.Globalization;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>
/// What counts as somebody else's doing, and what the run expects by itself: of the nodes, and of a journal whose end is missing. Two nodes are upgraded
/// before the last one: gw2, which gets the Control role, gw3, and gw1, which gives it up.
/// </summary>
public sealed class ForeignChangeTests
{
    private const string BeforeAny = "after S0/-";
    private const string BetweenNodes = "after S16/gw2";
    private const string Drained = "after S3/gw3";
    private const string AllDone = "after S16/gw1";

    private static readonly BuildNumber Old = new(2, 0, 1, 6960);
    private static readonly BuildNumber New = new(2, 1, 0, 7854);
    private static readonly MailFlowSwitches SendingOff = new(Receiving: true, Sending: false);

    [Fact]
    public void Before_the_preflight_or_without_a_word_of_each_node_nothing_is_held_against_the_plan()
    {
        CutRun early = new(BeforeAny);
        early.Records.RemoveAt(early.Records.Count - 1);
        early["gw1"] = early["gw1"] with { Switches = SendingOff };
        Assert.Empty(Found(early));

        CutRun run = new(BeforeAny);
        run["gw1"] = run["gw1"] with { Switches = SendingOff };
        Assert.Equal([("gw1", Message.Of("foreign.sending", "gw1"))], Found(run));
        run.IsComplete = false;
        Assert.Empty(Found(run));
    }

    [Theory]
    [InlineData("silent")]
    [InlineData("without status")]
    [InlineData("without switches")]
    [InlineData(nameof(NodeOutcome.Parked))]
    [InlineData(nameof(NodeOutcome.RolledBack))]
    public void A_node_that_cannot_be_read_or_is_left_as_it_is_is_not_held_against_the_plan(string how)
    {
        CutRun run = new(BetweenNodes);
        NodeObservation gw3 = run["gw3"] with { About = new AboutInfo("2.1.0.7854", New) };
        run["gw3"] = gw3;
        Assert.Equal([("gw3", Message.Of("foreign.build", "gw3", New, Old))], Found(run));
        run["gw3"] = how switch
        {
            "silent" => gw3 with { ProblemKind = NodeProblemKind.Silent },
            "without status" => gw3 with { Status = null },
            "without switches" => gw3 with { Switches = null },
            _ => gw3,
        };
        if (Enum.TryParse<NodeOutcome>(how, out _))
        {
            run.Write(new JournalEntry
            {
                Kind = JournalEntryKind.Outcome,
                Node = "gw3",
                Step = Marks.NodePrefix + "gw3",
                Values = Values((Marks.Node, how)),
            });
        }

        Assert.Empty(Found(run));
    }

    [Fact]
    public void A_node_that_was_changed_when_it_was_last_seen_is_not_well_for_being_silent()
    {
        CutRun run = new(BetweenNodes);
        run.Write(new JournalEntry { Kind = JournalEntryKind.State, Values = Values((Marks.State, nameof(UpgradeEnd.Paused)), (Marks.Nodes, "gw3 gw1")) });
        Assert.Empty(Found(run));
        run["gw3"] = run["gw3"] with { Status = null };
        Assert.Equal([("gw3", Message.Of("foreign.unseen", "gw3"))], Found(run));
    }

    [Fact]
    public void A_node_that_joined_the_cluster_is_told_of_no_node()
    {
        CutRun run = new(BeforeAny);
        Node[] listed = [.. run.Plan.Nodes.Select(n => new Node { Address = n.ClusterAddress })];
        run["gw1"] = run["gw1"] with { NodeList = listed };
        Assert.Empty(Found(run));
        run["gw1"] = run["gw1"] with { NodeList = [.. listed, new Node { Address = "10.9.9.9:9045" }] };
        (string? node, Message text) = Assert.Single(Found(run));
        Assert.Null(node);
        Assert.Contains("10.9.9.9:9045", text.English, StringComparison.Ordinal);
    }

    /// <summary>A role that the plan gives anyway may be given by a human.</summary>
    [Theory]
    [InlineData(BeforeAny, "gw2", "control", null)]
    [InlineData(BeforeAny, "gw3", "control", "secondary")]
    [InlineData(BeforeAny, "gw1", "secondary", null)]
    [InlineData(BetweenNodes, "gw2", "secondary", "control")]
    [InlineData(BetweenNodes, "gw3", "control", "secondary")]
    [InlineData(BetweenNodes, "gw1", "secondary", null)]
    [InlineData("after S6/gw1", "gw1", "control", "secondary")]
    public void A_role_that_nobody_planned_is_somebody_elses(string at, string node, string role, string? expected)
    {
        CutRun run = new(at);
        SetRole(run, node, role);
        Assert.Equal(
            expected is null ? [] : [(node, Message.Of("foreign.role", node, new NodeRole(role), new NodeRole(expected)))], Found(run));
    }

    /// <summary>Who has the role then is looked at by the handover and by the end of the run.</summary>
    [Theory]
    [InlineData(BetweenNodes, "gw2", "secondary", true)]
    [InlineData(AllDone, "gw2", "secondary", false)]
    [InlineData(AllDone, "gw1", "control", false)]
    [InlineData(AllDone, "gw3", "control", true)]
    public void Roles_that_are_handed_over_once_more_at_the_end_are_nobodys(string at, string node, string role, bool foreign)
    {
        CutRun run = new(at);
        PlannedStep handOver = Procedure.Plan(run.Plan.Policy, StepId.HandOver, "gw2", [StepKey.Parse("S16/gw2/-"), StepKey.Parse("S16/gw1/-")]);
        run.Plan = run.Plan with { Steps = [.. run.Plan.Steps, handOver] };
        run.With(p => p with { PreferredControl = "gw1" });
        SetRole(run, node, role);
        Assert.Equal(foreign, Found(run).Count == 1);

        run.Write(new JournalEntry { Kind = JournalEntryKind.Outcome, Step = handOver.Key.ToString(), Node = "gw2", Outcome = StepOutcome.Done });
        Assert.Equal(node == "gw3", Found(run).Count == 1);
    }

    [Fact]
    public void A_build_that_the_run_did_not_install_is_somebody_elses()
    {
        CutRun run = new(BetweenNodes);
        run["gw2"] = run["gw2"] with { About = new AboutInfo("2.0.1", Old) };
        Assert.Equal([("gw2", Message.Of("foreign.build", "gw2", Old, New))], Found(run));
        run["gw2"] = run["gw2"] with { About = new AboutInfo("1.9.8", null) };
        Assert.Equal([("gw2", Message.Of("foreign.build", "gw2", "1.9.8", New))], Found(run));

        // A preliminary package leaves the build as it is.
        run.Plan = run.Plan with { Packages = [.. run.Plan.Packages.Select(p => p with { IsPreliminary = true })] };
        run["gw2"] = run["gw2"] with { About = new AboutInfo("2.0.1.6960", Old) };
        Assert.Empty(Found(run));
    }

    [Fact]
    public void The_node_in_hand_and_one_whose_installation_is_open_may_show_any_build()
    {
        CutRun run = new(Drained);
        run["gw3"] = run["gw3"] with { About = new AboutInfo("2.1.0.7854", New) };
        Assert.Empty(Found(run));

        run["gw1"] = run["gw1"] with { About = new AboutInfo("2.1.0.7854", New) };
        Assert.Equal([("gw1", Message.Of("foreign.build", "gw1", New, Old))], Found(run));
        run.Write(new JournalEntry { Kind = JournalEntryKind.Intent, Step = "S8/gw1/0", Node = "gw1", Attempt = 1 });
        Assert.Empty(Found(run));
    }

    [Fact]
    public void Switches_and_load_of_a_node_that_was_not_touched_are_as_the_plan_found_them()
    {
        CutRun run = new(BetweenNodes);
        run["gw3"] = run["gw3"] with { Switches = new MailFlowSwitches(false, true), Load = new LoadState(LoadMode.Drain, 0, true) };
        Assert.Equal(
            [("gw3", Message.Of("foreign.receiving", "gw3", "off")), ("gw3", Message.Of("foreign.load", "gw3", LoadMode.Drain, LoadMode.Ready))], Found(run));

        run["gw3"] = run["gw3"] with { Switches = new MailFlowSwitches(true, true) };
        run.Found("gw3", n => n with { Receiving = false, Load = null });
        Assert.Equal([("gw3", Message.Of("foreign.receiving", "gw3", "on"))], Found(run));

        // Our own first touch was begun, and came to nothing.
        run.Write(new JournalEntry { Kind = JournalEntryKind.Outcome, Step = "S1/gw3/-", Node = "gw3", Outcome = StepOutcome.FailedNoEffect });
        Assert.Empty(Found(run));
    }

    [Fact]
    public void A_finished_node_that_is_out_of_work_is_no_change_of_the_plan_but_one_that_does_not_send_is()
    {
        CutRun run = new(BetweenNodes);
        run["gw2"] = run["gw2"] with { Switches = new MailFlowSwitches(false, true), Load = new LoadState(LoadMode.Drain, 0, true) };
        Assert.Empty(Found(run));

        CutRun inHand = new(Drained);
        inHand["gw3"] = inHand["gw3"] with { Switches = new MailFlowSwitches(true, false), Load = new LoadState(LoadMode.Ready, 0, true) };
        Assert.Equal([("gw3", Message.Of("foreign.sending", "gw3"))], Found(inHand));
    }

    [Theory]
    [InlineData(BeforeAny, false)]
    [InlineData("before S8/gw2", false)]
    [InlineData(BetweenNodes, true)]
    [InlineData(AllDone, false)]
    public void Settings_are_not_changed_while_nodes_do_not_synchronize(string at, bool told)
    {
        CutRun run = new(at);
        SetRole(run, "gw1", at == AllDone ? "secondary" : "control");
        DateTimeOffset known = run.Now - TimeSpan.FromHours(1);
        string word = known.ToString("O", CultureInfo.InvariantCulture);
        run.Write(new JournalEntry
        {
            Kind = JournalEntryKind.Outcome,
            Step = "S0/-/-",
            Outcome = StepOutcome.Done,
            Values = Values((Marks.Settings + "gw1", word), (Marks.Settings + "gw2", word), (Marks.Settings + "gw3", word)),
        });
        foreach (string node in new[] { "gw1", "gw2", "gw3" })
        {
            run[node] = run[node] with { Status = run[node].Status! with { SettingsChangedAt = known } };
        }

        Assert.Empty(Found(run));
        DateTimeOffset changed = known + TimeSpan.FromSeconds(1);
        foreach (string node in at == AllDone ? new[] { "gw2" } : ["gw1", "gw3"])
        {
            run[node] = run[node] with { Status = run[node].Status! with { SettingsChangedAt = changed } };
        }

        Assert.Equal(told ? [("gw1", Message.Of("foreign.settings", "gw1", changed))] : [], Found(run));
    }

    [Fact]
    public void A_world_that_the_journal_tells_of_is_recognized()
    {
        CutRun run = new(BetweenNodes);
        Assert.Null(Recognition.Check(run.Input));

        // Nothing of another run, and what this one brought.
        string[] ids = ["somebody's", UploadStep.IdPrefix(run.Plan, "gw3") + "0-9", Id(run, "0"), Id(run, "0-1"), Id(run, "x-9"), Id(run, "0-x")];
        run["gw2"] = run["gw2"] with { Uploads = Uploads(ids), Snapshots = Snapshots(run, "gw2", SnapshotStep.BeforeRun, SnapshotStep.Drained, "of.mine") };
        run["gw3"] = run["gw3"] with { Snapshots = Snapshots(run, "gw3", SnapshotStep.BeforeRun) };
        Assert.Null(Recognition.Check(run.Input));
    }

    [Fact]
    public void Another_node_under_a_nodes_address_is_a_humans()
    {
        CutRun run = new(BetweenNodes);
        run["gw3"] = run["gw3"] with { ProblemKind = NodeProblemKind.Another, Problem = "it is mail9" };
        Message[] others = [PlanFinding.About("gw3", Message.Said("it is mail9"))];
        Assert.Equal((run.Plan.Steps[0], new Verdict.Stop(StopKind.Human, Message.Of("stop.other-node", (object)others))), Recognized(run));

        run["gw3"] = run["gw3"] with { Uploads = Uploads(UploadStep.IdPrefix(run.Plan, "gw3") + "0-9") };
        Assert.Equal("stop.other-node", (Recognized(run)?.Verdict as Verdict.Stop)?.Reason.Key);
        run.Plan = run.Plan with { Steps = [] };
        Assert.Null(Recognition.Check(run.Input));
    }

    [Fact]
    public void Uploads_and_snapshots_that_were_never_intended_show_that_the_end_of_the_journal_is_missing()
    {
        CutRun run = new(BetweenNodes);
        string prefix = UploadStep.IdPrefix(run.Plan, "gw3");
        run.Write(new JournalEntry { Kind = JournalEntryKind.Intent, Step = "S7/gw3/0", Node = "gw3", Attempt = 2 });
        run["gw3"] = run["gw3"] with
        {
            Uploads = Uploads(prefix + "0-2", prefix + "0-3", prefix + "0-4-again", prefix + "1-1"),
            Snapshots = Snapshots(run, "gw3", SnapshotStep.BeforeRun, SnapshotStep.Drained),
        };
        string snapshot = SnapshotStep.Name(run.Plan, run.Plan.Nodes[1], SnapshotStep.Drained);
        Message reason = Message.Of("stop.older-journal", $"{prefix}0-3, {prefix}0-4-again, {prefix}1-1, {snapshot}");
        Assert.Equal((run.Plan.Steps[0], new Verdict.Stop(StopKind.Human, reason, Check: Checks.OlderJournal)), Recognized(run));

        // A node whose uploads install has no step for them.
        PlannedStep upload = run.Plan.Steps.First(s => s.Key == StepKey.Parse("S7/gw3/0"));
        UpgradePlan plan = run.Plan;
        run.Plan = plan with { Steps = [.. plan.Steps.Where(s => s != upload)] };
        run["gw3"] = run["gw3"] with { Uploads = Uploads(prefix + "0-1"), Snapshots = null };
        Assert.Equal(Message.Of("stop.older-journal", prefix + "0-1"), (Recognized(run)?.Verdict as Verdict.Stop)?.Reason);
        run.Plan = plan;
        Assert.Null(Recognition.Check(run.Input));

        run["gw3"] = run["gw3"] with { Uploads = Uploads(prefix + "0-3") };
        Assert.NotNull(Recognition.Check(run.Input));
        run.Override(Checks.OlderJournal);
        Assert.Null(Recognition.Check(run.Input));
        run.Records.RemoveAt(run.Records.Count - 1);
        run.Write(new JournalEntry { Kind = JournalEntryKind.Outcome, Step = "S7/gw3/0", Node = "gw3", Outcome = StepOutcome.Done });
        Assert.Null(Recognition.Check(run.Input));
    }

    [Fact]
    public void A_snapshot_of_another_name_or_that_a_human_let_be_left_out_is_known()
    {
        CutRun early = new(BeforeAny);
        early["gw3"] = early["gw3"] with { Snapshots = Snapshots(early, "gw3", "mine") };
        Assert.Null(Recognition.Check(early.Input));

        CutRun run = new(BetweenNodes);
        run["gw3"] = run["gw3"] with { Snapshots = Snapshots(run, "gw3", SnapshotStep.Drained) };
        Assert.NotNull(Recognition.Check(run.Input));
        run.Write(new JournalEntry { Kind = JournalEntryKind.Outcome, Step = "S4b/gw3/-", Node = "gw3", Outcome = StepOutcome.Skipped });
        Assert.Null(Recognition.Check(run.Input));
    }

    private static string Id(CutRun run, string tail) => UploadStep.IdPrefix(run.Plan, "gw2") + tail;

    private static UploadedUpdate[] Uploads(params string[] ids) => [.. ids.Select(id => new UploadedUpdate { Id = id, FileName = "update.ktgz" })];

    private static NodeSnapshot[] Snapshots(CutRun run, string node, params string[] suffixes) =>
        [.. suffixes.Select(s => new NodeSnapshot(SnapshotStep.Name(run.Plan, run.Plan.Nodes.First(n => n.Name == node), s), run.Now, IsComplete: true))];

    private static (PlannedStep Step, Verdict Verdict)? Recognized(CutRun run) =>
        Recognition.Check(run.Input) is { Steps: [var only] } ? (only.Step, only.Verdict) : null;

    private static List<(string? Node, Message Text)> Found(CutRun run) => [.. ForeignChanges.Find(run.Input).Select(c => (c.Node, c.Text))];

    private static void SetRole(CutRun run, string node, string role) =>
        run[node] = run[node] with { Status = run[node].Status! with { Role = new NodeRole(role) } };

    private static Dictionary<string, string> Values(params (string Name, string Value)[] values) =>
        values.ToDictionary(v => v.Name, v => v.Value, StringComparer.Ordinal);
}
