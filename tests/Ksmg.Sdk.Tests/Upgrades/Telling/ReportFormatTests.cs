using System.Text.Json;
using System.Xml.Linq;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>Reports of whole runs as HTML, as JUnit XML and side by side.</summary>
public sealed class ReportFormatTests
{
    private static readonly Lazy<UpgradeReport> _completed = new(() => new VirtualRig(policy: VirtualRig.FastPolicy(3)).Upgrade());
    private static readonly Lazy<UpgradeReport> _stopped = new(() =>
    {
        VirtualRig rig = new();
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "install-old-build", Node = "gw2" });
        return rig.Upgrade();
    });

    [Fact]
    public void The_end_of_a_run_is_held_against_its_beginning()
    {
        UpgradeReport report = _completed.Value;
        NodeReport heir = report.Nodes[0];
        Assert.Equal(
            ["role secondary → control", "build 2.0.1.6960 → 2.1.0.7854"],
            heir.Changes.Select(c => c.ToString()).Where(c => !c.StartsWith("messages", StringComparison.Ordinal)));
        Assert.Equal((NodeRole.Secondary, true, LoadMode.Ready, "upToDate"), Told(heir.Before!));
        Assert.Equal((NodeRole.Control, true, LoadMode.Ready, "upToDate"), Told(heir.After!));
        Assert.All(report.Nodes, n => Assert.True(n.After is { MtaQueue: >= 0, Sending: true, Problems.Count: 0 }));
        Assert.Contains("gw2: role secondary → control; build 2.0.1.6960 → 2.1.0.7854", report.ToText(), StringComparison.Ordinal);
        JsonElement json = JsonDocument.Parse(report.ToJson()).RootElement.GetProperty("nodes")[0];
        Assert.Equal("role secondary → control", json.GetProperty("changes")[0].GetString());
        Assert.Equal("report.change", json.GetProperty("changeMessages")[0].GetProperty("key").GetString());
        Assert.Equal("secondary", json.GetProperty("before").GetProperty("role").GetString());
        Assert.Null(_stopped.Value.Nodes[0].After);
    }

    [Fact]
    public void What_came_and_went_is_told_once()
    {
        Message late = Message.Of("health.not-synchronized", "08:00");
        NodeFacts before = new() { Receiving = true, Databases = "outOfDate", MtaQueue = 2, Problems = [late, Message.Said("old"), Message.Said("both")] };
        NodeFacts after = new() { Receiving = false, Databases = null, MtaQueue = 2, Problems = [late, Message.Said("both"), Message.Said("new")] };
        Assert.Equal(["receiving on → off", "problem gone: old", "new problem: new"], NodeChanges.Between(before, after).Select(m => m.ToString()));
        Assert.Empty(NodeChanges.Between(
            new NodeFacts { Problems = [late] }, new NodeFacts { Problems = [Message.Of("health.not-synchronized", "09:00")] }));
    }

    [Fact]
    public void The_nodes_in_service_never_fall_below_the_floor_of_the_policy()
    {
        UpgradeReport report = _completed.Value;
        Assert.Equal((2, 2), (report.ServingFloor, report.FewestServing));
        Assert.Equal([3, 2, 3, 2, 3, 2, 3], report.Serving.Select(s => s.Count));
        Assert.All(report.Nodes, n => Assert.Equal(n.OutOfService, Assert.Single(n.Gaps).Until - n.Gaps[0].From));
        Assert.Empty(report.Standstills);
        Assert.Contains("At least 2 of 3 nodes were in service at any time", report.ToText(), StringComparison.Ordinal);
        Assert.Null(Assert.Single(_stopped.Value.Nodes[0].Gaps).Until);
        Assert.Null(Assert.Single(_stopped.Value.Standstills).Until);
    }

    [Fact]
    public void JUnit_has_a_suite_for_the_run_and_for_each_node()
    {
        XElement whole = ReportDocuments.ReadJUnit(_completed.Value.ToJUnit());
        Assert.Equal(["The run", "gw2", "gw3", "gw1"], whole.Elements("testsuite").Select(s => s.Attribute("name")!.Value));
        Assert.All(whole.Elements("testsuite"), s => Assert.Equal(("0", "0"), (s.Attribute("failures")!.Value, s.Attribute("errors")!.Value)));
        Assert.Empty(whole.Descendants("skipped"));
        Assert.Contains(whole.Descendants("testcase"), c => c.Attribute("name")!.Value == "S8/1 install the update" && (double)c.Attribute("time")! > 10);

        XElement stopped = ReportDocuments.ReadJUnit(_stopped.Value.ToJUnit());
        XElement run = stopped.Elements("testsuite").First();
        XElement failure = Assert.Single(run.Descendants("failure"));
        Assert.Equal(("NeedsHuman", _stopped.Value.Reason.ToString()), (failure.Attribute("type")!.Value, failure.Attribute("message")!.Value));
        Assert.Contains(stopped.Descendants("skipped"), s => s.Attribute("message")!.Value == "not begun");
    }

    [Theory]
    [InlineData(StepOutcome.Done, null)]
    [InlineData(StepOutcome.Skipped, "skipped")]
    [InlineData(StepOutcome.Undone, "skipped")]
    [InlineData(StepOutcome.FailedNoEffect, "failure")]
    [InlineData(StepOutcome.Unknown, "error")]
    [InlineData(null, "error")]
    public void JUnit_says_of_each_outcome_what_CI_systems_read(StepOutcome? outcome, string? element)
    {
        UpgradeReport report = UpgradeModelFactory.Report() with
        {
            Steps = [new StepReport { Id = StepId.Install, Name = "install", Outcome = outcome, Attempts = 1 }],
            End = UpgradeEnd.NeedsHuman,
        };
        XElement step = ReportDocuments.ReadJUnit(report.ToJUnit()).Descendants("testcase")
            .Single(c => c.Attribute("name")!.Value.StartsWith("S8", StringComparison.Ordinal));
        Assert.Equal(element, step.Elements().SingleOrDefault()?.Name.LocalName);
        Assert.True(outcome is not null || ReportDocuments.ReadJUnit((report with { End = UpgradeEnd.Running }).ToJUnit()).Descendants("skipped").Any());
    }

    [Fact]
    public void What_nodes_and_people_say_leaves_its_place_in_no_document()
    {
        UpgradeReport report = Hostilely(_completed.Value);
        XElement junit = ReportDocuments.ReadJUnit(report.ToJUnit());
        Assert.Contains(junit.Descendants("failure"), f => f.Attribute("message")!.Value.Contains("]]><script>alert(1)</script>", StringComparison.Ordinal));

        ReportDocuments.AssertHarmless(report.ToHtml(), report.ToJUnit());
    }

    [Fact]
    public void The_page_loads_nothing_and_says_what_the_picture_says()
    {
        UpgradeReport report = _completed.Value;
        XElement page = ReportDocuments.ReadSelfContained(report.ToHtml());
        Assert.Equal("en", page.Attribute("lang")!.Value);
        XElement[] tables = [.. page.Descendants("table")];
        Assert.All(tables, t => Assert.NotEmpty(t.Element("caption")!.Value));
        Assert.All(tables.Descendants("th"), th => Assert.NotNull(th.Attribute("scope")));
        Assert.Equal(4, tables.Count(t => t.Descendants("th").Any(th => th.Value == "S8") || t.Descendants("th").Any(th => th.Value == "S17")));
        XElement line = page.Descendants("svg").Single(s => s.Attribute("role")?.Value == "img");
        string[] named = line.Attribute("aria-labelledby")!.Value.Split(' ');
        Assert.All(named, id => Assert.Single(page.Descendants(), e => e.Attribute("id")?.Value == id));
        XElement[] bars = [.. line.Descendants("rect")];
        Assert.Equal(3, bars.Count(b => b.Attribute("class")!.Value == "gap"));
        Assert.All(bars, b => Assert.NotEmpty(b.Element("title")!.Value));
        Assert.All(bars, b => Assert.InRange((double)b.Attribute("x")! + (double)b.Attribute("width")!, 0, 1000));
        Assert.Contains(bars, b => b.Value.StartsWith("S8 install the update: done,", StringComparison.Ordinal));
    }

    [Fact]
    public void Two_runs_stand_side_by_side()
    {
        UpgradeReport other = _stopped.Value;
        ReportComparison comparison = _completed.Value.CompareWith(other);
        Assert.Equal((UpgradeEnd.Completed, UpgradeEnd.NeedsHuman), (comparison.Left.End, comparison.Right.End));
        ComparedStep back = comparison.Steps.Single(s => s.Id == StepId.ReceiveOn && s.Node == "gw2");
        Assert.True(back is { Left: not null, Right: null });
        ComparedStep drain = comparison.Steps.Single(s => s.Id == StepId.Drain && s.Node == "gw2");
        Assert.NotNull(drain.Left);
        Assert.NotNull(drain.Right);
        string text = comparison.ToText();
        Assert.Matches(@"(?m)^End +completed +needs a human$", text);
        Assert.Matches(@"(?m)^  S13  switch receiving on +[\d]+ (s|min).* -$", text);
        Assert.Equal("NeedsHuman", JsonDocument.Parse(comparison.ToJson()).RootElement.GetProperty("right").GetProperty("end").GetString());
    }

    private static (NodeRole?, bool?, LoadMode?, string?) Told(NodeFacts facts) => (facts.Role, facts.Receiving, facts.Load, facts.Databases);

    private static UpgradeReport Hostilely(UpgradeReport report)
    {
        Message said = Message.Said(ReportDocuments.Hostile);
        return report with
        {
            Cluster = ReportDocuments.Hostile,
            Reason = said,
            Decisions = [new HumanDecision(report.StartedAt, ReportDocuments.Hostile, said)],
            Pending = [new HumanDecision(report.StartedAt, ReportDocuments.Hostile, said)],
            Nodes =
            [
                .. report.Nodes.Select(n => n with
                {
                    Problems = [said],
                    KnownProblems = [said],
                    Changes = [said],
                    Steps = [.. n.Steps.Select(s => s with { Evidence = said, Outcome = StepOutcome.FailedNoEffect })],
                }),
                report.Nodes[0] with { Name = ReportDocuments.Hostile },
            ],
        };
    }
}
