using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Upgrades.Steps;

/// <summary>When a snapshot is there, when it is asked for and when nobody waits for it any longer, asked directly: both of gw3.</summary>
public sealed class SnapshotStepTests
{
    private const string Before = "S4a/gw3/-";
    private const string Drained = "S4b/gw3/-";

    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    [Theory]
    [InlineData(Before, "before")]
    [InlineData(Drained, "drained")]
    public async Task A_snapshot_is_asked_for_by_a_name_of_this_run_and_place(string step, string suffix)
    {
        CutRun run = Asked(step);
        string name = $"ksmg-upgrade.{run.Plan.RunId}.gw3.2.0.1.6960.{suffix}";
        Assert.Equal(name, Name(run, step));
        run["gw3"] = run["gw3"] with { Snapshots = [Taken(name + "x"), Taken(Name(run, step == Before ? Drained : Before))] };
        Verdict.Apply apply = Assert.IsType<Verdict.Apply>(run.Judge(step));
        Assert.Equal(Message.Of("apply.snapshot", name), apply.Reason);
        Assert.Equal([new KeyValuePair<string, string>("snapshot", name)], apply.Values);
        Assert.Equal($"snapshot of gw3: {name}", await CalledNodes.OfAsync(run, step, ("snapshot", name)));
    }

    [Theory]
    [InlineData(Before)]
    [InlineData(Drained)]
    public void A_complete_snapshot_is_one(string step)
    {
        CutRun run = Asked(step);
        run["gw3"] = run["gw3"] with { Snapshots = [Taken("another"), Taken(Name(run, step))] };
        Assert.Equal(new Verdict.Done(Message.Of("done.snapshot", Name(run, step))), run.Judge(step));
    }

    [Theory]
    [InlineData(Before, "Pause")]
    [InlineData(Drained, "PutBack")]
    public void A_hypervisor_that_says_nothing_is_waited_for(string step, string stops)
    {
        CutRun run = Asked(step);
        run["gw3"] = run["gw3"] with { Snapshots = null, PortProblem = "refused" };
        run.Now = Until(run, step);
        Assert.Equal(new Verdict.Wait(Message.Of("wait.snapshots-silent", "refused"), run.Now), run.Judge(step));
        run.Now += Tick;
        Message reason = Message.Of("stop.snapshots-silent", "gw3", "refused");
        Assert.Equal(new Verdict.Stop(Enum.Parse<StopKind>(stops), reason), run.Judge(step));
    }

    [Theory]
    [InlineData(Before)]
    [InlineData(Drained)]
    public void A_snapshot_that_is_being_made_is_waited_for(string step)
    {
        CutRun run = Asked(step);
        string name = Name(run, step);
        run["gw3"] = run["gw3"] with { Snapshots = [Taken(name) with { IsComplete = false }] };
        run.Now = Until(run, step);
        Assert.Equal(new Verdict.Wait(Message.Of("wait.snapshot", name), run.Now), run.Judge(step));
        run.Now += Tick;
        Assert.Equal(new Verdict.Stop(StopKind.Human, Message.Of("stop.snapshot-late", "gw3", name)), run.Judge(step));
    }

    /// <summary>Which of them a revert would go back to, nobody could tell.</summary>
    [Fact]
    public void Two_of_one_name_are_for_a_human()
    {
        CutRun run = Asked(Drained);
        string name = Name(run, Drained);
        run["gw3"] = run["gw3"] with { Snapshots = [Taken(name), Taken(name)] };
        Assert.Equal(new Verdict.Stop(StopKind.Human, Message.Of("stop.snapshot-twice", "gw3", name)), run.Judge(Drained));
    }

    /// <summary>A second one must not be asked for while the first may still come.</summary>
    [Fact]
    public void What_was_asked_for_is_waited_for_until_it_cannot_come_any_more()
    {
        CutRun run = Asked(Drained);
        run.Intend(Drained, ("snapshot", Name(run, Drained)));
        DateTimeOffset asked = run.Now;
        DateTimeOffset until = asked + run.Step(Drained).Timeout;
        Verdict.Wait wait = new(Message.Of("wait.snapshot", Name(run, Drained)), until);
        Verdict.NotInEffect none = new(Message.Of("seen.no-snapshot", Name(run, Drained)));

        // The node itself need not answer for that.
        run["gw3"] = run["gw3"] with { ProblemKind = NodeProblemKind.Silent, Problem = "no answer" };
        run.Now = asked + DirectWorld.RequestLimit - Tick;
        Assert.Equal(wait, run.Judge(Drained));
        run.Now += Tick;
        Assert.Equal(none, run.Judge(Drained));

        run.Accepted.Add(StepKey.Parse(Drained));
        Assert.Equal(wait, run.Judge(Drained));
        run.Now = until;
        Assert.Equal(wait, run.Judge(Drained));
        run.Now += Tick;
        Assert.Equal(none, run.Judge(Drained));
        run.InFlight.Add(StepKey.Parse(Drained));
        Assert.Equal(wait, run.Judge(Drained));
        run.InFlight.Clear();

        // What is known not to have come is asked for again at once.
        run.Now = asked;
        Assert.Equal(wait, run.Judge(Drained));
        run.Outcome(Drained, StepOutcome.FailedNoEffect);
        Assert.IsType<Verdict.Apply>(run.Judge(Drained));
    }

    private static CutRun Asked(string step)
    {
        CutRun run = new($"before {step[..step.LastIndexOf('/')]}");
        run["gw3"] = run["gw3"] with { Snapshots = [] };
        return run;
    }

    private static NodeSnapshot Taken(string name) => new(name, default, IsComplete: true);

    private static string Name(CutRun run, string step) =>
        SnapshotStep.Name(run.Plan, run.Plan.Nodes.Single(n => n.Name == "gw3"), step == Before ? SnapshotStep.BeforeRun : SnapshotStep.Drained);

    private static DateTimeOffset Until(CutRun run, string step) => run.Step(step).After.Max(k => run.Input.Run[k].OutcomeAt) + run.Step(step).Timeout;
}
