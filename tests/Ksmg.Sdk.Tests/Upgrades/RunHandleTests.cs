using System.Text.Json;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>A handle on a run is good as long as the run is there: over pauses, approvals and from any process.</summary>
public sealed class RunHandleTests
{
    private static readonly UpgradePolicy AfterFirst = VirtualRig.FastPolicy(3) with { PauseAfter = PausePoint.First };

    [Fact]
    public void A_run_is_approved_and_continued_through_one_handle()
    {
        VirtualRig rig = new(policy: AfterFirst);
        UpgradePlan plan = rig.Plan();
        UpgradeRun run = null!;
        UpgradeReport paused = rig.Time.Run(async () => await (run = await rig.Orchestrator().StartAsync(plan)).WaitAsync(), VirtualRig.Limit);

        Assert.Equal(UpgradeEnd.Paused, paused.End);
        WaitingFor waiting = Assert.IsType<WaitingFor>(run.WaitingFor);
        Assert.Equal((WaitingForKind.Approval, plan.Nodes[0].Name, plan.Hash, null), (waiting.Kind, waiting.Node, waiting.PlanHash, waiting.Losses));
        Assert.Equal(paused.Reason, waiting.Reason);
        Assert.Equal([HumanOptionKind.Approve, HumanOptionKind.Continue], waiting.Options.Take(2).Select(o => o.Kind));

        UpgradeReport end = rig.Time.Run(
            async () =>
            {
                await run.ApproveAsync("ann", waiting.PlanHash);
                await run.ContinueAsync();
                await run.ContinueAsync();
                return await run.WaitAsync();
            },
            VirtualRig.Limit);
        Assert.Equal((UpgradeEnd.Completed, 2L), (end.End, end.Epochs));
        Assert.Null(run.WaitingFor);
        rig.AssertNoViolation();
    }

    [Fact]
    public void A_handle_of_another_process_waits_for_the_same_and_can_continue()
    {
        VirtualRig rig = new(policy: AfterFirst);
        UpgradePlan plan = rig.Plan();
        rig.Start(plan);
        UpgradeRun other = rig.Orchestrator().GetRun(plan.RunId);
        Assert.Null(other.WaitingFor);

        UpgradeReport end = rig.Time.Run(
            async () =>
            {
                await other.WaitAsync();
                Assert.Equal(WaitingForKind.Approval, other.WaitingFor?.Kind);
                await other.ApproveAsync("ann", other.WaitingFor!.PlanHash);
                await other.ContinueAsync();
                return await other.WaitAsync();
            },
            VirtualRig.Limit);
        Assert.Equal(UpgradeEnd.Completed, end.End);
    }

    [Fact]
    public void A_run_that_was_paused_waits_for_nothing_but_a_driver_and_one_that_needs_a_human_for_a_decision()
    {
        VirtualRig rig = new();
        UpgradePlan plan = rig.Plan();
        UpgradeRun run = null!;
        rig.Time.Run(
            async () =>
            {
                run = await rig.Orchestrator().StartAsync(plan);
                await run.PauseAsync("ann");
                return await run.WaitAsync();
            },
            VirtualRig.Limit);
        Assert.Equal((WaitingForKind.Nothing, null), (run.WaitingFor?.Kind, run.WaitingFor?.Step));

        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "install-old-build", Node = plan.Nodes[0].Name });
        rig.Time.Run(
            async () =>
            {
                await run.ContinueAsync();
                return await run.WaitAsync();
            },
            VirtualRig.Limit);
        Assert.Equal(WaitingForKind.Decision, run.WaitingFor?.Kind);
        Assert.Contains(run.WaitingFor!.Options, o => o.Kind == HumanOptionKind.Abort);
    }

    [Fact]
    public void What_is_lost_by_an_approval_of_a_revert_is_named_before_it_is_given()
    {
        VirtualRig rig = new();
        UpgradePlan plan = rig.Plan();
        rig.Start(plan);
        string node = plan.Nodes[0].Name;
        UpgradeRun run = rig.Orchestrator().GetRun(plan.RunId);
        rig.Time.Run(
            async () =>
            {
                await run.RollbackAsync("ann", node);
                await run.ContinueAsync();
                return await run.WaitAsync();
            },
            VirtualRig.Limit);

        Assert.Equal((WaitingForKind.Approval, StepId.RollbackConsent, node), (run.WaitingFor?.Kind, run.WaitingFor?.Step, run.WaitingFor?.Node));
        Assert.Contains(node, run.WaitingFor!.Losses, StringComparison.Ordinal);
        Assert.Contains(run.WaitingFor.Losses!, run.WaitingFor.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Watching_goes_on_after_a_sequence_across_a_pause_and_in_another_process()
    {
        VirtualRig rig = new(policy: AfterFirst);
        UpgradePlan plan = rig.Plan();
        UpgradeRun run = null!;
        List<UpgradeEvent> first = [];
        List<UpgradeEvent> second = [];
        rig.Time.Run(
            async () =>
            {
                run = await rig.Orchestrator().StartAsync(plan);
                await run.WaitAsync();
                await CollectAsync(run, 0, first);
                await run.ApproveAsync("ann", plan.Hash);
                await run.ContinueAsync();
                await run.WaitAsync();
                await CollectAsync(run, first[^1].Sequence, second);
            },
            VirtualRig.Limit);
        List<UpgradeEvent> elsewhere = [];
        rig.Time.Run(() => CollectAsync(rig.Orchestrator().GetRun(plan.RunId), first[^1].Sequence, elsewhere), VirtualRig.Limit);

        Assert.Equal(UpgradeEventKind.Paused, first[^1].Kind);
        Assert.Equal(UpgradeEventKind.RunEnded, second[^1].Kind);
        Assert.Equal(second.Where(e => !e.IsPassing).Select(e => (e.Sequence, e.Kind, e.Text)), elsewhere.Select(e => (e.Sequence, e.Kind, e.Text)));
        long[] written = [.. first.Concat(second).Where(e => !e.IsPassing).Select(e => e.Sequence)];
        Assert.Equal(written.Distinct().Order(), written);
        Assert.All(first.Concat(second), e => Assert.Equal(plan.Cluster, e.Cluster));
        string[] texts = [.. first.Concat(second).Select(e => (string)e.Text)];
        Assert.Contains(texts, text => text.Contains("is not steadily back yet: it answers, and has not told", StringComparison.Ordinal));
        Assert.DoesNotContain(texts, text => text.EndsWith(": -", StringComparison.Ordinal));
        JsonElement json = JsonDocument.Parse(second[^1].ToJson()).RootElement;
        Assert.Equal(
            (second[^1].Sequence, plan.Cluster, "RunEnded"),
            (json.GetProperty("sequence").GetInt64(), json.GetProperty("cluster").GetString(), json.GetProperty("kind").GetString()));
    }

    /// <summary>Whoever cannot reach the nodes hears from the run what its driver waits for.</summary>
    [Fact]
    public void While_a_run_is_driven_an_explanation_from_elsewhere_asks_no_node()
    {
        VirtualRig rig = new();
        UpgradePlan plan = rig.Plan();
        UpgradeRun blind = new RollingUpgradeOrchestrator(
            new BentWorld(new DirectWorld(rig.Cluster, rig.Machine, new VirtualProcess()), _ => throw new InvalidOperationException("No node is asked.")),
            rig.Journal,
            rig.Policy,
            Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance).GetRun(plan.RunId);
        List<UpgradeExplanation> heard = [];
        rig.Time.Run(
            async () =>
            {
                UpgradeRun run = await rig.Orchestrator().StartAsync(plan);
                Task<UpgradeReport> end = run.WaitAsync();
                while (!end.IsCompleted && heard.Count < 5)
                {
                    await Task.Delay(TimeSpan.FromSeconds(20), rig.Time);
                    try
                    {
                        heard.Add(await blind.ExplainAsync());
                    }
                    catch (InvalidOperationException)
                    {
                        // In the middle of a turn: what was published is outdated.
                    }
                }

                await rig.StandingStillAsync(run.StopAsync());
            },
            VirtualRig.Limit);

        Assert.Equal(5, heard.Count);
        Assert.All(heard, e => Assert.Contains("process", e.Holder, StringComparison.Ordinal));
        Assert.Contains(heard, e => e.Steps.Any(s => s is { What: ExplainedStepKind.Waiting, Until: not null }));
        Assert.Contains(heard, e => e.Steps.Any(s => s.Since > heard[0].At));
        Assert.All(heard, e => Assert.Equal(plan.Nodes.Select(n => n.Name), e.Nodes.Select(n => n.Name)));
        Assert.Contains(heard, e => e.Nodes.Any(n => n is { Role: not null, Build: not null, Receiving: true, Load.Mode: LoadMode.Ready, Queues: not null }));
        Assert.Contains(heard[0].Options, o => o.Kind == HumanOptionKind.Pause);

        // Nobody drives it any more: what was decided is no answer.
        Assert.IsType<InvalidOperationException>(rig.Time.Run(() => Record.ExceptionAsync(() => blind.ExplainAsync()), VirtualRig.Limit));
    }

    private static async Task CollectAsync(UpgradeRun run, long after, List<UpgradeEvent> events)
    {
        await foreach (UpgradeEvent upgradeEvent in run.WatchAsync(after))
        {
            events.Add(upgradeEvent);
        }
    }
}
