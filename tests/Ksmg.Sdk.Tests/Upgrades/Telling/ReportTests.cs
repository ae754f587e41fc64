using Ksmg.Sdk.Upgrades;
using static Ksmg.Sdk.Tests.Upgrades.JournalSamples;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>Reports: made from the plan and the journal alone.</summary>
public sealed class ReportTests
{
    private readonly UpgradePlan _plan = Plan(nodes: 2);
    private readonly List<JournalRecord> _records = [];
    private DateTimeOffset _now = new(2026, 1, 5, 8, 0, 0, TimeSpan.Zero);
    private long _epoch = 1;

    public ReportTests()
    {
        Add(new JournalEntry { Kind = JournalEntryKind.RunCreated });
        Add(new JournalEntry { Kind = JournalEntryKind.EpochStarted });
    }

    [Fact]
    public void A_new_run_has_touched_nothing()
    {
        UpgradeReport report = ReportBuilder.Build(_plan, _records);
        Assert.Equal((UpgradeEnd.Running, 1L, _plan.Hash), (report.End, report.Epochs, report.PlanHash));
        Assert.All(report.Nodes, n => Assert.Equal((NodeOutcome.Waiting, Old, null), (n.Outcome, n.BuildAfter, n.OutOfService)));
        Assert.Equal([StepId.Preflight, StepId.Commit], report.Steps.Select(s => s.Id));
        Assert.All(report.Steps, s => Assert.Equal((null, 0, null), (s.Outcome, s.Attempts, s.StartedAt)));
    }

    [Fact]
    public void A_whole_run_reads_as_one_text()
    {
        Done("S0/-/-", null, "All 2 nodes are healthy and as planned.");
        Upgrade("gw1");
        _epoch = 2;
        Add(new JournalEntry { Kind = JournalEntryKind.EpochStarted });
        Upgrade("gw2");
        Done("S17/-/-", null, "All 2 nodes run 2.1.0.7854.");
        Add(Ended());

        const string expected = """
            Run run-1 of cluster mail-eu: completed
            All nodes run the new build.
            2.0.1.6960 to 2.1.0.7854; 2026-01-05 08:00:00Z to 2026-01-05 08:25:00Z (25 min); driven by 2 processes; plan HASH

            gw1: build 2.1.0.7854 (was 2.0.1.6960), upgraded, control (was secondary), out of work for 8 min
            gw2: build 2.1.0.7854 (was 2.0.1.6960), upgraded, control, out of work for 8 min

            At least 1 of 2 nodes were in service at any time, as far as the run knows; the policy asks for 1.

            The run
              S0   check that everything is healthy              done        -         All 2 nodes are healthy and as planned.
              S17  finish the run                                done        -         All 2 nodes run 2.1.0.7854.

            gw1
              S1   take the node out of the load balancer        done        00:01:00  load is off
              S2   switch receiving off                          done        00:01:00  does not receive
              S8   install the update                            done        00:01:00  shows the build
              S10  verify the build                              done        -         runs the build
              S15  put the node back into the load balancer      done        00:01:00  load is on
              S16  watch the node, and the gate after it         done        -         was watched

            gw2
              S1   take the node out of the load balancer        done        00:01:00  load is off
              S2   switch receiving off                          done        00:01:00  does not receive
              S8   install the update                            done        00:01:00  shows the build
              S10  verify the build                              done        -         runs the build
              S15  put the node back into the load balancer      done        00:01:00  load is on
              S16  watch the node, and the gate after it         done        -         was watched

            """;
        Assert.Equal(expected.ReplaceLineEndings("\n"), ReportBuilder.Build(_plan, _records).ToText().Replace(_plan.Hash, "HASH", StringComparison.Ordinal));
    }

    [Fact]
    public void A_node_in_hand_counts_its_time_out_of_work_until_now()
    {
        Intent("S1", "gw1");
        Done("S1/gw1/-", "gw1", "load is off");
        Intent("S2", "gw1");
        NodeReport node = ReportBuilder.Build(_plan, _records).Nodes[0];
        Assert.Equal((NodeOutcome.InProgress, TimeSpan.FromMinutes(2)), (node.Outcome, node.OutOfService));
        Assert.Equal((null, 1, "why S2"), (node.Steps[1].Outcome, node.Steps[1].Attempts, (string?)node.Steps[1].Evidence));
        Assert.Contains("open", ReportBuilder.Build(_plan, _records).ToText());
    }

    [Fact]
    public void Attempts_are_counted_and_the_last_word_is_shown()
    {
        Intent("S1", "gw1");
        Add(Outcome("S1/gw1/-", "gw1", StepOutcome.Unknown, "cut off", attempt: 1));
        Intent("S1", "gw1", attempt: 2);
        Add(Outcome("S1/gw1/-", "gw1", StepOutcome.FailedNoEffect, "refused", attempt: 2));
        StepReport step = ReportBuilder.Build(_plan, _records).Nodes[0].Steps[0];
        Assert.Equal(
            (StepOutcome.FailedNoEffect, 2, "refused", TimeSpan.FromMinutes(3)),
            (step.Outcome, step.Attempts, (string?)step.Evidence, step.FinishedAt - step.StartedAt));
        Assert.Contains("(attempt 2) refused", ReportBuilder.Build(_plan, _records).ToText());
    }

    [Theory]
    [InlineData("Parked", NodeOutcome.Parked)]
    [InlineData("PutBack", NodeOutcome.PutBack)]
    [InlineData("Skipped", NodeOutcome.Skipped)]
    [InlineData("Parking", NodeOutcome.InProgress)]
    [InlineData("PuttingBack", NodeOutcome.InProgress)]
    public void The_mark_of_a_node_decides(string mark, NodeOutcome outcome)
    {
        Intent("S1", "gw1");
        Done("S1/gw1/-", "gw1", "load is off");
        Mark("gw1", mark);
        Add(new JournalEntry { Kind = JournalEntryKind.State, Text = Message.Said("why it stands"), Values = Values(("state", "NeedsHuman")) });
        UpgradeReport report = ReportBuilder.Build(_plan, _records);
        Assert.Equal((UpgradeEnd.NeedsHuman, "why it stands"), (report.End, report.Reason));
        Assert.Equal(outcome, report.Nodes[0].Outcome);
        Assert.Equal(NodeOutcome.Waiting, report.Nodes[1].Outcome);
    }

    [Fact]
    public void A_decision_is_dated_by_when_it_was_given()
    {
        (string, string)[] pause = [("id", "1"), ("by", "ann"), (Marks.Command, "Pause")];
        Add(new JournalEntry { Kind = JournalEntryKind.Command, Values = Values([.. pause, ("at", "2026-01-05T07:00:00Z")]) });
        Add(new JournalEntry { Kind = JournalEntryKind.Command, Values = Values(pause) });
        Assert.Equal(
            [new DateTimeOffset(2026, 1, 5, 7, 0, 0, TimeSpan.Zero), _records[^1].At],
            ReportBuilder.Build(_plan, _records).Decisions.Select(decision => decision.At));
    }

    [Fact]
    public void A_node_that_was_put_back_and_upgraded_later_is_upgraded()
    {
        Intent("S1", "gw1");
        Done("S1/gw1/-", "gw1", "load is off");
        Mark("gw1", "PuttingBack");
        Mark("gw1", "PutBack");
        Assert.Equal(TimeSpan.FromMinutes(3), ReportBuilder.Build(_plan, _records).Nodes[0].OutOfService);
        Upgrade("gw1");
        NodeReport node = ReportBuilder.Build(_plan, _records).Nodes[0];
        Assert.Equal((NodeOutcome.Upgraded, New, TimeSpan.FromMinutes(3 + 8)), (node.Outcome, node.BuildAfter, node.OutOfService));
    }

    [Fact]
    public void A_node_that_had_the_build_already_says_so()
    {
        UpgradePlan plan = _plan with { Nodes = [_plan.Nodes[0] with { Build = New }, _plan.Nodes[1]], Steps = [.. _plan.Steps.Where(s => s.Node != "gw1")] };
        NodeReport node = ReportBuilder.Build(plan, _records).Nodes[0];
        Assert.Equal((NodeOutcome.AlreadyUpgraded, New, 0), (node.Outcome, node.BuildAfter, node.Steps.Count));
    }

    [Fact]
    public void A_node_that_took_no_mail_before_was_not_taken_out_by_us()
    {
        UpgradePlan plan = _plan with { Nodes = [_plan.Nodes[0] with { Receiving = false }, _plan.Nodes[1]] };
        Upgrade("gw1");
        Assert.Null(ReportBuilder.Build(plan, _records).Nodes[0].OutOfService);
    }

    [Fact]
    public void Every_end_and_outcome_has_words()
    {
        UpgradeReport report = ReportBuilder.Build(_plan, _records);
        foreach (UpgradeEnd end in Enum.GetValues<UpgradeEnd>())
        {
            Assert.DoesNotContain("{", (report with { End = end }).ToText());
        }

        foreach (NodeOutcome outcome in Enum.GetValues<NodeOutcome>())
        {
            Assert.DoesNotContain("{", (report with { Nodes = [report.Nodes[0] with { Outcome = outcome }] }).ToText());
        }

        foreach (StepOutcome outcome in Enum.GetValues<StepOutcome>())
        {
            Assert.DoesNotContain("{", (report with { Steps = [report.Steps[0] with { Outcome = outcome }] }).ToText());
        }
    }

    [Fact]
    public void What_a_node_said_does_not_steer_the_terminal()
    {
        Done("S0/-/-", null, "fine\u001b]0;x\u0007\nRun run-1: completed");
        Assert.Contains("fine ]0;x  Run run-1: completed\n", ReportBuilder.Build(_plan, _records).ToText());
    }

    [Fact]
    public void A_report_is_one_JSON_document()
    {
        Upgrade("gw1");
        using System.Text.Json.JsonDocument json = System.Text.Json.JsonDocument.Parse(ReportBuilder.Build(_plan, _records).ToJson());
        Assert.Equal("Upgraded", json.RootElement.GetProperty("nodes")[0].GetProperty("outcome").GetString());
        Assert.Equal("2.1.0.7854", json.RootElement.GetProperty("nodes")[0].GetProperty("buildAfter").GetString());
    }

    private static Dictionary<string, string> Values(params (string Name, string Value)[] values) =>
        values.ToDictionary(v => v.Name, v => v.Value, StringComparer.Ordinal);

    private static JournalEntry Outcome(
        string step, string? node, StepOutcome outcome, string text, int? attempt = null, Dictionary<string, string>? values = null) =>
        new() { Kind = JournalEntryKind.Outcome, Step = step, Node = node, Outcome = outcome, Text = Message.Said(text), Attempt = attempt, Values = values };

    /// <summary>Each record is a minute after the one before.</summary>
    private void Add(JournalEntry entry)
    {
        _records.Add(new JournalRecord(_records.Count + 1, _now, _epoch, entry, new string('c', 64)));
        _now += TimeSpan.FromMinutes(1);
    }

    private void Done(string step, string? node, string text, params (string, string)[] values) =>
        Add(Outcome(step, node, StepOutcome.Done, text, values: Values(values)));

    private void Intent(string id, string node, int attempt = 1, string package = "-") =>
        Add(
            new JournalEntry
            {
                Kind = JournalEntryKind.Intent,
                Step = $"{id}/{node}/{package}",
                Node = node,
                Attempt = attempt,
                Deadline = _now.AddMinutes(5),
                Text = Message.Said($"why {id}"),
            });

    private void Mark(string node, string mark) => Add(Outcome($"node/{node}", node, StepOutcome.Done, "because", values: Values(("node", mark))));

    private void Upgrade(string node)
    {
        Intent("S1", node);
        Done($"S1/{node}/-", node, "load is off");
        Intent("S2", node);
        Done($"S2/{node}/-", node, "does not receive");
        Intent("S8", node, package: "0");
        Done($"S8/{node}/0", node, "shows the build", ("build", New.ToString()));
        Done($"S10/{node}/-", node, "runs the build", ("build", New.ToString()), ("role", "control"));
        Intent("S15", node);
        Done($"S15/{node}/-", node, "load is on");
        Done($"S16/{node}/-", node, "was watched");
    }
}
