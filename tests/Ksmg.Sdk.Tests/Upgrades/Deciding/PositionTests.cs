using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>Where a run stands by its journal alone. Two nodes are upgraded before the last one: gw2, gw3, gw1.</summary>
public sealed class PositionTests
{
    private const string BeforeAny = "after S0/-";
    private const string BetweenNodes = "after S16/gw2";
    private const string Drained = "after S3/gw3";
    private const string Installed = "after S8/gw3";

    [Theory]
    [InlineData(BeforeAny, null, null, null)]
    [InlineData("after S1/gw2", "gw2", null, null)]
    [InlineData("after S15/gw2", null, null, "S16/gw2/-")]
    [InlineData(BetweenNodes, null, "gw3", null)]
    [InlineData(Drained, "gw3", null, null)]
    [InlineData(Installed, "gw3", null, null)]
    [InlineData("after S16/gw3", null, "gw1", null)]
    [InlineData("after S16/gw1", null, null, null)]
    public void One_node_is_in_hand_or_one_is_next_or_a_gate_is_waited_at(string at, string? inHand, string? next, string? gate)
    {
        Position position = Of(new CutRun(at));
        Assert.Equal((inHand, next, gate), (position.InHand?.Name, position.Next, position.Gate?.Key.ToString()));
        Assert.Null(position.Diverted);
        Assert.Null(position.DetourStep);
    }

    [Fact]
    public void A_gate_is_waited_at_when_all_before_it_is_over()
    {
        CutRun run = new("after S15/gw2");
        run.Plan = run.Plan with
        {
            Steps = [.. run.Plan.Steps.Select(s => s.Id == StepId.Gate && s.Node == "gw2" ? s with { After = [.. s.After, StepKey.Parse("S17/-/-")] } : s)],
        };
        Assert.Null(Of(run).Gate);
    }

    [Theory]
    [InlineData(nameof(NodeOutcome.Parked), false)]
    [InlineData(nameof(NodeOutcome.RolledBack), false)]
    [InlineData(nameof(NodeOutcome.PutBack), false)]
    [InlineData(nameof(NodeOutcome.Upgraded), true)]
    public void A_node_whose_round_is_over_is_in_nobodys_hand(string mark, bool isInHand)
    {
        CutRun run = new(Drained);
        run.Mark("gw3", mark);
        Assert.Equal(isInHand, Of(run).InHand is not null);
    }

    [Theory]
    [InlineData(BeforeAny, true)]
    [InlineData("after S1/gw2", true)]
    [InlineData("after S2/gw3", true)]
    [InlineData("before S8/gw3", true)]
    [InlineData(Installed, false)]
    [InlineData("after S9/gw3", false)]
    [InlineData("after S15/gw2", false)]
    [InlineData("after S16/gw1", false)]
    public void An_effect_is_likely_where_a_step_begins_with_one(string at, bool likely) =>
        Assert.Equal(likely, Of(new CutRun(at)).IsEffectLikely);

    [Fact]
    public void What_was_begun_has_to_be_seen_and_what_failed_is_tried_again()
    {
        CutRun run = new("before S8/gw3");
        run.Intend("S8/gw3/0");
        Assert.False(Of(run).IsEffectLikely);

        run.Outcome("S8/gw3/0", StepOutcome.FailedNoEffect);
        Assert.True(Of(run).IsEffectLikely);
    }

    [Fact]
    public void A_detour_begins_with_an_effect_and_not_with_what_the_plan_has_next()
    {
        CutRun run = new(Installed);
        run.Mark("gw3", Marks.Parking);
        Assert.True(Of(run).IsEffectLikely);

        run.Outcome("S1/gw3/-", StepOutcome.Done);
        run.Outcome("S2/gw3/-", StepOutcome.Done);
        Assert.False(Of(run).IsEffectLikely);
    }

    [Theory]
    [InlineData(BeforeAny, true, false)]
    [InlineData("before S8/gw3", true, false)]
    [InlineData(Installed, false, true)]
    public void A_node_can_be_put_back_until_its_installation_is_begun(string at, bool before, bool installed)
    {
        Position position = Of(new CutRun(at));
        Assert.Equal((before, installed), (position.IsBeforeInstall("gw3"), position.IsInstalled("gw3")));
    }

    [Theory]
    [InlineData(StepOutcome.FailedNoEffect, true, true)]
    [InlineData(StepOutcome.Unknown, false, true)]
    [InlineData(StepOutcome.Undone, true, false)]
    public void What_came_of_its_installation_counts(StepOutcome outcome, bool before, bool installed)
    {
        CutRun run = new("before S8/gw3");
        run.Write(new JournalEntry { Kind = JournalEntryKind.Intent, Step = "S8/gw3/0", Node = "gw3", Attempt = 1 });
        Assert.Equal((false, true), (Of(run).IsBeforeInstall("gw3"), Of(run).IsInstalled("gw3")));
        run.Outcome("S8/gw3/0", outcome);
        Assert.Equal((before, installed), (Of(run).IsBeforeInstall("gw3"), Of(run).IsInstalled("gw3")));
    }

    [Fact]
    public void Of_several_packages_one_is_enough_and_one_that_was_skipped_was_not_installed()
    {
        CutRun run = new(Installed);
        run.Plan = run.Plan with { Steps = [.. run.Plan.Steps, Procedure.Plan(run.Plan.Policy, StepId.Install, "gw3", [], package: 1)] };
        Assert.Equal((false, true), (Of(run).IsBeforeInstall("gw3"), Of(run).IsInstalled("gw3")));

        CutRun skipped = new("before S8/gw3");
        skipped.Outcome("S8/gw3/0", StepOutcome.Skipped);
        Assert.False(Of(skipped).IsInstalled("gw3"));
    }

    [Fact]
    public void Parking_takes_the_node_out_of_work_step_by_step()
    {
        CutRun run = new(Drained);
        run.Mark("gw3", Marks.Parking);
        AssertDetour(run, "S1/gw3/-", null);
        run.Outcome("S1/gw3/-", StepOutcome.Done);
        AssertDetour(run, "S2/gw3/-", "S1/gw3/-");
        run.Outcome("S2/gw3/-", StepOutcome.Done);
        Assert.Equal("gw3", Of(run).Diverted?.Name);
        Assert.Null(Of(run).DetourStep);
        Assert.Null(Of(run).Gate);

        run.Mark("gw3", nameof(NodeOutcome.Parked));
        Assert.Null(Of(run).Diverted);
    }

    /// <summary>Only what was switched off is switched on.</summary>
    [Theory]
    [InlineData("after S1/gw3", "S15")]
    [InlineData(Drained, "S13 S14 S15")]
    public void A_node_goes_back_by_the_steps_that_undo_ours(string at, string steps)
    {
        CutRun run = new(at);
        run.Mark("gw3", Marks.PuttingBack);
        AssertWay(run, "gw3", steps);
    }

    [Fact]
    public void A_rollback_asks_for_consent_on_its_way()
    {
        CutRun run = new(Installed);
        run.Mark("gw3", Marks.RollingBack);
        AssertWay(run, "gw3", "R1 R1b R2 R3 R4a R4 R4b R5 S13 S14 S15");
        Assert.Null(Of(run).DetourStep);

        CutRun asks = new(Installed);
        asks.Mark("gw3", Marks.RollingBack);
        foreach (string step in new[] { "R1", "R1b", "R2" })
        {
            Assert.Null(Of(asks).Gate);
            asks.Outcome($"{step}/gw3/-", StepOutcome.Done);
        }

        Assert.Equal("R3/gw3/-", Of(asks).Gate?.Key.ToString());
    }

    [Fact]
    public void While_a_node_is_on_a_detour_none_is_next()
    {
        CutRun run = new(BetweenNodes);
        Assert.Equal("gw3", Of(run).Next);
        run.Mark("gw2", Marks.Parking);
        Assert.Null(Of(run).Next);
    }

    [Theory]
    [InlineData(BeforeAny, false)]
    [InlineData("before S11/gw2", false)]
    [InlineData("after S11/gw2", true)]
    [InlineData("before S6/gw1", true)]
    [InlineData("after S6/gw1", false)]
    public void Two_Control_nodes_are_expected_from_the_promotion_to_the_demotion(string at, bool open)
    {
        CutRun run = new(at);
        DateTimeOffset? since = Of(run).HandoverSince;
        Assert.Equal(open ? run.Input.Run[StepKey.Parse("S11/gw2/-")].IntentAt : null, since);
    }

    [Fact]
    public void A_plan_that_was_made_between_the_two_starts_there()
    {
        CutRun run = new(BeforeAny);
        run.Found("gw3", n => n with { Role = NodeRole.Control });
        Assert.Equal(run.Input.Run.BeganAt, Of(run).HandoverSince);
        Assert.Null(Of(new CutRun(BeforeAny, nodes: 1)).HandoverSince);
    }

    [Theory]
    [InlineData(BeforeAny, false)]
    [InlineData("after S8/gw2", false)]
    [InlineData("after S14/gw2", false)]
    [InlineData("after S15/gw2", true)]
    [InlineData(BetweenNodes, true)]
    public void A_human_may_have_the_former_Control_node_demoted_when_its_heir_serves(string at, bool ready)
    {
        CutRun run = new(at);
        string before = string.Join(' ', Of(run).Ready.Select(s => s.Key));
        run.Override(UpgradeOverrides.DemoteFormerControl);
        Assert.Equal(ready ? $"{before} S6/gw1/-" : before, string.Join(' ', Of(run).Ready.Select(s => s.Key)));
    }

    [Fact]
    public void Without_an_heir_nobody_is_demoted_early()
    {
        CutRun run = new(BetweenNodes);
        run.Override(UpgradeOverrides.DemoteFormerControl);
        run.Found("gw2", n => n with { Promote = false });
        Assert.DoesNotContain(Of(run).Ready, s => s.Id == StepId.Demote);
    }

    /// <summary>A drain that is repeated must not come in after the node's return to load.</summary>
    [Fact]
    public void A_node_returns_to_load_when_its_drain_is_not_repeated_any_more()
    {
        foreach ((string at, string step) in new[] { ("after S14/gw2", "S15/gw2/-"), ("after S15/gw2", "S16/gw2/-") })
        {
            CutRun run = new(at);
            Assert.Contains(StepKey.Parse(step), Of(run).Ready.Select(s => s.Key));
            run.Write(new JournalEntry { Kind = JournalEntryKind.Intent, Step = "S1/gw2/-", Node = "gw2", Attempt = 2 });
            Assert.DoesNotContain(StepKey.Parse(step), Of(run).Ready.Select(s => s.Key));
            Assert.Contains(StepKey.Parse("S1/gw2/-"), Of(run).Ready.Select(s => s.Key));
        }

        CutRun other = new("after S2/gw2");
        other.Write(new JournalEntry { Kind = JournalEntryKind.Intent, Step = "S1/gw2/-", Node = "gw2", Attempt = 2 });
        Assert.Contains(StepKey.Parse("S3/gw2/-"), Of(other).Ready.Select(s => s.Key));

        // A node that was never drained has nothing to wait for.
        CutRun never = new(BeforeAny);
        never.Plan = never.Plan with { Steps = [.. never.Plan.Steps.Select(s => s.Id == StepId.LoadOn ? s with { After = [] } : s)] };
        Assert.Contains(StepKey.Parse("S15/gw3/-"), Of(never).Ready.Select(s => s.Key));
    }

    [Fact]
    public void What_is_ready_is_found_once()
    {
        Position position = Of(new CutRun(BetweenNodes));
        Assert.Same(position.Ready, position.Ready);
    }

    private static Position Of(CutRun run) => run.Input.Position;

    /// <summary>The whole way of a node, step by step: each comes after the one before.</summary>
    private static void AssertWay(CutRun run, string node, string steps)
    {
        string? before = null;
        foreach (string step in steps.Split(' ').Select(id => $"{id}/{node}/-"))
        {
            AssertDetour(run, step, before);
            run.Outcome(step, StepOutcome.Done);
            before = step;
        }
    }

    private static void AssertDetour(CutRun run, string step, string? after)
    {
        PlannedStep? next = Of(run).DetourStep;
        Assert.Equal((step, after), (next?.Key.ToString(), next?.After.Select(k => k.ToString()).SingleOrDefault()));
    }
}
