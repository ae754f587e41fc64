using System.Text.RegularExpressions;
using Ksmg.Sdk.Upgrades;
using static Ksmg.Sdk.Tests.Upgrades.JournalSamples;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>Plans as people read them.</summary>
public sealed class PlanRenderingTests
{
    [Fact]
    public void A_plan_reads_as_one_text()
    {
        const string expected = """
            Plan for cluster mail-eu: 2.0.1.6960 to 2.1.0.7854
            Run run-1, cluster observed 2026-01-05 08:00:00Z, plan hash HASH
            Package ksmg_2.1.zip
              ksmg_upgrade_2.0.1.6960_2.1.0.7854.ktgz: 2.0.1.6960 to 2.1.0.7854, 1,500,000,000 bytes, SHA-256 SHA

            Found
              warning: gw1: the license ends soon. [license-expiring]

            What happens, in this order
              S0   check that everything is healthy (within 5 min)
              1. gw1, secondary, build 2.0.1.6960: gets the Control role
                 S1   take the node out of the load balancer (within 5 min)
                 S2   switch receiving off (within 5 min)
                 S8   install the update (within 5 min)
                 S10  verify the build (within 5 min)
                 S15  put the node back into the load balancer (within 5 min)
                 S16  watch the node, and the gate after it (for 5 min)
                      Here the run waits for an approval.
              2. gw2, control, build 2.0.1.6960: is the last, and gives up the Control role before its update
                 S1   take the node out of the load balancer (within 5 min)
                 S2   switch receiving off (within 5 min)
                 S8   install the update (within 5 min)
                 S10  verify the build (within 5 min)
                 S15  put the node back into the load balancer (within 5 min)
                 S16  watch the node, and the gate after it (for 5 min)
              S17  finish the run (within 5 min)

            How the run behaves
              It waits for an approval after the first node.
              Nodes out of work at the same time, those already broken included: at most 1.
              SMTP sessions left 10 min after a node has left the load balancer: a human is asked.
              A node is drained when every queue is empty 3 times in a row; a human is asked when no message leaves for 30 min, and after 4 h.
              Mail in the MTA queue is waited for.
              Mail in the KATA quarantine is waited for.
              The package is uploaded while the node drains.
              The former Control node becomes Secondary right before its own update, as documented.
              Snapshots: of every node before the run, and of each drained node.
              Checks waived by name: none.

            """;
        UpgradePlan plan = Plan(nodes: 2) with
        {
            Findings = [new PlanFinding(FindingSeverity.Warning, "license-expiring", "gw1", Message.Said("gw1: the license ends soon."))],
        };
        string text = plan.ToText().Replace(plan.Hash, "HASH", StringComparison.Ordinal).Replace(plan.Packages[0].Sha256, "SHA", StringComparison.Ordinal);
        Assert.Equal(expected.ReplaceLineEndings("\n"), text);
    }

    [Fact]
    public void A_cluster_of_one_says_plainly_that_mail_is_interrupted()
    {
        UpgradePlan alone = Plan(nodes: 1);
        Assert.Contains("THIS INTERRUPTS MAIL", alone.ToText());
        Assert.Contains("interrupts-mail", (alone with { Policy = alone.Policy with { Accept = [UpgradeConsents.InterruptsMail] } }).ToText());
        Assert.DoesNotContain("THIS INTERRUPTS MAIL", Plan(nodes: 2).ToText());
        Assert.DoesNotContain("waits for an approval.", alone.ToText());
    }

    [Fact]
    public void A_refused_plan_says_so_before_anything_else()
    {
        UpgradePlan plan = Plan() with
        {
            Findings =
            [
                new PlanFinding(FindingSeverity.Information, "good-to-know", null, Message.Said("All is new.")),
                new PlanFinding(FindingSeverity.Refusal, "sending-off", "gw2", Message.Said("gw2: sending is off.")),
            ],
        };
        string[] lines = plan.ToText().Split('\n');
        int refused = Array.FindIndex(lines, l => l.StartsWith("REFUSED", StringComparison.Ordinal));
        Assert.InRange(refused, 1, Array.IndexOf(lines, "What happens, in this order"));
        Assert.Equal(
            ["  refused: gw2: sending is off. [sending-off]", "  note: All is new. [good-to-know]"], lines.SkipWhile(l => l != "Found").Skip(1).Take(2));
    }

    [Fact]
    public void When_there_is_nothing_to_do_nothing_is_shown()
    {
        string text = (Plan() with { Steps = [], Findings = [] }).ToText();
        Assert.EndsWith("Nothing to do: every node runs 2.1.0.7854 already.\n", text);
        Assert.DoesNotContain("How the run behaves", text);
    }

    [Theory]
    [InlineData(PausePoint.First, "gw1")]
    [InlineData(PausePoint.Each, "gw1 gw2")]
    [InlineData(PausePoint.None, "")]
    public void The_gates_are_where_the_run_will_wait(PausePoint pauseAfter, string after)
    {
        UpgradePlan plan = Plan();
        plan = plan with { Policy = plan.Policy with { PauseAfter = pauseAfter } };
        string node = "";
        List<string> waits = [];
        foreach (string line in plan.ToText().Split('\n'))
        {
            node = Regex.Match(line, @"^  \d+\. (?<node>\w+),", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)) is { Success: true } m
                ? m.Groups["node"].Value
                : node;
            if (line.Contains("Here the run waits", StringComparison.Ordinal))
            {
                waits.Add(node);
            }
        }

        Assert.Equal(after, string.Join(' ', waits));
        Assert.Equal(waits.Count, Regex.Count(plan.ToMermaid(), @"\{\{", RegexOptions.None, TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void An_early_handover_is_shown_with_the_node_in_hand()
    {
        UpgradePlan plan = Plan(nodes: 2);
        List<PlannedStep> steps = [.. plan.Steps];
        steps.Insert(7, steps[1] with { Id = StepId.Demote, Name = "demote", Node = "gw2" });
        string text = (plan with { Steps = steps, Policy = plan.Policy with { DemoteFormerControl = DemoteFormerControl.WhenPromoted } }).ToText();
        Assert.Contains("     S6   make the former Control node a Secondary, on gw2 (within 5 min)\n", text);
        Assert.Single(Regex.Matches(text, "gw2, control", RegexOptions.None, TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void Every_value_of_the_policy_has_words()
    {
        foreach (UpgradePolicy policy in (UpgradePolicy[])
        [
            .. Enum.GetValues<PausePoint>().Select(v => new UpgradePolicy { PauseAfter = v }),
            .. Enum.GetValues<SessionsLeftAction>().Select(v => new UpgradePolicy { SessionsLeft = v }),
            .. Enum.GetValues<DrainAction>().Select(v => new UpgradePolicy { MtaQueue = v, KataQuarantine = v }),
            .. Enum.GetValues<StageUploads>().Select(v => new UpgradePolicy { StageUploads = v }),
            .. Enum.GetValues<DemoteFormerControl>().Select(v => new UpgradePolicy { DemoteFormerControl = v }),
            .. Enum.GetValues<SnapshotPolicy>().Select(v => new UpgradePolicy { Snapshots = v }),
        ])
        {
            Assert.DoesNotContain("{", (Plan() with { Policy = policy }).ToText());
        }
    }

    [Fact]
    public void What_others_said_does_not_steer_the_terminal()
    {
        UpgradePlan plan =
            Plan() with { Findings = [new PlanFinding(FindingSeverity.Warning, "x", null, Message.Said("bad\u001b[2J\r\nREFUSED\u0007\u2028end"))] };
        Assert.Contains("  warning: bad [2J  REFUSED  end [x]\n", plan.ToText());
    }

    [Fact]
    public void A_flow_chart_has_a_box_per_node_and_an_arrow_per_dependency()
    {
        UpgradePlan plan = Plan(nodes: 2);
        plan = plan with
        {
            Steps = [.. plan.Steps.Select((s, i) => i == 0 ? s : s with { After = [plan.Steps[i - 1].Key] })],
            Nodes = [plan.Nodes[0], plan.Nodes[1] with { Role = new NodeRole("x\"] <b> #1\r\n  click s0 \u001b[31m") }],
        };
        string chart = plan.ToMermaid();
        Assert.StartsWith("flowchart TD\n", chart);
        Assert.Contains("subgraph n0[\"gw1, secondary, build 2.0.1.6960: gets the Control role\"]", chart);
        Assert.Contains("x#quot;] #lt;b> #35;1    click s0  [31m", chart);
        Assert.DoesNotContain(chart, c => char.IsControl(c) && c != '\n');
        Assert.Contains("    s3[\"S8 install the update\"]\n", chart);
        Assert.Equal(plan.Steps.Count - 1, chart.Split('\n').Count(l => l.Contains("-->", StringComparison.Ordinal)));
        Assert.Contains("  s2 --> s3\n", chart);
    }
}
