using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>What happens to a node that is off the planned path, and where the run stands when that is at its end.</summary>
public sealed class DetourTests
{
    private const string Drained = "after S3/gw3";
    private const string Installed = "after S8/gw3";

    private static readonly LoadState OutOfLoad = new(LoadMode.Drain, 0, Healthy: true);

    [Theory]
    [InlineData(Drained, Marks.Parking, "S1 S2", NodeOutcome.Parked, UpgradeEnd.NeedsHuman)]
    [InlineData(Drained, Marks.PuttingBack, "S13 S14 S15", NodeOutcome.PutBack, UpgradeEnd.Paused)]
    [InlineData(Installed, Marks.PuttingBack, "S13 S14 S15", NodeOutcome.Upgraded, null)]
    [InlineData(Installed, Marks.RollingBack, "R1 R1b R2 R3 R4a R4 R4b R5 S13 S14 S15", NodeOutcome.RolledBack, null)]
    public void At_the_end_of_its_way_a_node_is_what_it_was_to_be(string at, string mark, string way, NodeOutcome becomes, UpgradeEnd? halt)
    {
        CutRun run = Walked(at, mark, way);
        StepDecision decision = Assert.Single(Decide(run).Steps);
        Assert.Equal("S4a/gw3/-", decision.Step.Key.ToString());
        Assert.Equal(new Verdict.Reached(becomes, Message.Of($"reached.{becomes}", "gw3", Message.Said("odd")), halt), decision.Verdict);

        // Who ends the run does not stop it once more.
        run.Command(RunCommandKind.Abort);
        run.Mark("gw3", mark);
        foreach (string step in way.Split(' '))
        {
            run.Outcome($"{step}/gw3/-", StepOutcome.Done);
        }

        Assert.Null(Assert.IsType<Verdict.Reached>(Verdict(run)).Halt);
    }

    /// <summary>A human asked for what happened: the run goes on with the other nodes.</summary>
    [Fact]
    public void A_node_that_is_left_out_stops_nothing_when_it_is_back()
    {
        CutRun run = new(Drained);
        run.Write(new JournalEntry
        {
            Kind = JournalEntryKind.Command,
            Node = "gw3",
            Text = Message.Said("odd"),
            Values = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                [Marks.Command] = nameof(RunCommandKind.Skip),
                ["id"] = "skip",
                ["by"] = "ann",
                [Marks.PuttingBack] = "true",
            },
        });
        foreach (string step in new[] { "S13", "S14", "S15" })
        {
            run.Outcome($"{step}/gw3/-", StepOutcome.Done);
        }

        Assert.Equal(new Verdict.Reached(NodeOutcome.PutBack, Message.Of("reached.PutBack", "gw3", Message.Said("odd")), null), Verdict(run));
    }

    /// <summary>No mail at all is worse than what it is parked for.</summary>
    [Fact]
    public void The_last_node_at_work_is_not_parked()
    {
        CutRun run = new(Drained);
        run["gw3"] = run["gw3"] with { Load = OutOfLoad with { Mode = LoadMode.Ready }, Switches = new MailFlowSwitches(Receiving: true, Sending: true) };
        run["gw1"] = run["gw1"] with { Load = OutOfLoad };
        run.Mark("gw3", Marks.Parking, at: "S5/gw3/-");
        Message budget = Message.Of("stop.budget", "gw3", "gw1", 1);
        Message reached = Message.Of("reached.parked-partly", "gw3", Message.Said("odd"), budget);
        Assert.Equal(new Verdict.Reached(NodeOutcome.Parked, reached, UpgradeEnd.NeedsHuman), Verdict(run));

        // A human's word holds.
        CutRun wanted = new(Drained);
        wanted["gw3"] = run["gw3"];
        wanted["gw1"] = run["gw1"];
        wanted.Mark("gw3", Marks.Parking);
        Assert.IsType<Verdict.Apply>(Verdict(wanted));

        // Nor does one take mail that does not scan it; old databases do.
        NodeObservation gw3 = run["gw3"];
        run["gw3"] = gw3 with { Status = gw3.Status! with { Services = [new ServiceStatus("clamav", ServiceState.Failed)] } };
        Assert.IsType<Verdict.Apply>(Verdict(run));
        run["gw3"] = gw3 with { Status = gw3.Status! with { Databases = new DatabasesState("obsolete") } };
        Assert.IsType<Verdict.Reached>(Verdict(run));

        // What it said before it fell silent proves nothing.
        run["gw3"] = gw3 with { Status = null };
        Assert.IsType<Verdict.Reached>(Verdict(run));

        // Others go back to work beside one that is out.
        CutRun back = new(Drained);
        back["gw1"] = run["gw1"];
        back["gw3"] = gw3;
        back.Mark("gw3", Marks.PuttingBack, at: "S5/gw3/-");
        Assert.IsType<Verdict.Done>(Verdict(back));
    }

    /// <summary>A node that would take mail and not scan it does not go back to work.</summary>
    [Fact]
    public void A_node_goes_back_to_work_when_it_is_well()
    {
        CutRun run = new(Drained);
        DateTimeOffset until = run.Now + run.Plan.Policy.StepTimeout;
        run.Mark("gw3", Marks.PuttingBack);
        NodeObservation well = run["gw3"];
        run["gw3"] = well with { Status = well.Status! with { Services = [new ServiceStatus("clamav", ServiceState.Failed)] } };
        Message problem = NodeHealth.Text("gw3", [Ailment.Refusal("service", "clamav", ServiceState.Failed) with { Subject = "clamav" }]);
        run.Now = until;
        Assert.Equal(new Verdict.Wait(problem, until), Verdict(run));
        run.Now += TimeSpan.FromTicks(1);
        Assert.Equal(new Verdict.Stop(StopKind.Park, problem), Verdict(run));
        run.TakeOver();
        Assert.Equal(new Verdict.Wait(problem, run.Now + run.Plan.Policy.StepTimeout), Verdict(run));

        run.Override(Checks.PutBackWell);
        Assert.IsType<Verdict.Apply>(Verdict(run));
        run.Records.RemoveAt(run.Records.Count - 1);

        // What was begun is looked at.
        run.Intend("S13/gw3/-", ("page", "gw2"));
        Assert.NotEqual(problem, (Verdict(run) as Verdict.Wait)?.Reason);

        CutRun old = new(Drained);
        old["gw3"] = well with { Status = well.Status! with { Databases = new DatabasesState("obsolete") } };
        old.Mark("gw3", Marks.PuttingBack);
        Assert.IsType<Verdict.Apply>(Verdict(old));

        // What keeps a node from going back to work does not keep it from being parked or reverted.
        CutRun parked = new(Drained);
        parked["gw3"] = run["gw3"];
        parked.Mark("gw3", Marks.Parking);
        Assert.IsType<Verdict.Done>(Verdict(parked));
    }

    /// <summary>Its snapshot was taken while it did not receive.</summary>
    [Fact]
    public void A_silent_node_is_switched_off_by_its_revert()
    {
        CutRun run = new(Installed);
        run.Mark("gw3", Marks.RollingBack);
        run.Outcome("R1/gw3/-", StepOutcome.Done);
        run["gw3"] = run["gw3"] with { Switches = null, ProblemKind = NodeProblemKind.Silent, Problem = "no answer" };
        Assert.IsType<Verdict.Wait>(Verdict(run));
        run.Now += TimeSpan.FromDays(1);
        Assert.Equal(new Verdict.Done(Message.Of("done.silent-anyway", "gw3")), Verdict(run));

        // One that answers and goes on receiving is a human's.
        run["gw3"] = run["gw3"] with
        {
            ProblemKind = NodeProblemKind.None,
            Switches = new MailFlowSwitches(Receiving: false, Sending: true),
            Rcpt = new ProbeAnswer(true, "250 ok"),
        };
        Assert.Equal(StopKind.Human, Assert.IsType<Verdict.Stop>(Verdict(run)).Kind);
    }

    [Fact]
    public void A_silent_node_that_goes_back_to_work_is_not_done_with()
    {
        CutRun run = new(Drained);
        run.Mark("gw3", Marks.PuttingBack);
        run["gw3"] = run["gw3"] with { Switches = null, ProblemKind = NodeProblemKind.Silent, Problem = "no answer" };
        run.Now += TimeSpan.FromDays(1);
        Assert.Equal(new Verdict.Stop(StopKind.Park, Message.Of("stop.silent", "gw3", "no answer")), Verdict(run));
    }

    [Fact]
    public void A_node_that_cannot_be_switched_off_is_parked_as_far_as_that_goes()
    {
        CutRun run = new("after S1/gw3");
        run.Mark("gw3", Marks.Parking);
        run.Outcome("S1/gw3/-", StepOutcome.Done);
        run["gw3"] = run["gw3"] with { ProblemKind = NodeProblemKind.Silent, Problem = "no answer" };
        run.Now += TimeSpan.FromDays(1);
        Message stop = Message.Of("stop.silent", "gw3", "no answer");
        Message reached = Message.Of("reached.parked-partly", "gw3", Message.Said("odd"), stop);
        Assert.Equal(new Verdict.Reached(NodeOutcome.Parked, reached, UpgradeEnd.NeedsHuman), Verdict(run));
    }

    /// <summary>An approval is waited for; everything else that stops a rollback is a human's.</summary>
    [Fact]
    public void A_rollback_pauses_for_its_consent()
    {
        CutRun run = new(Installed);
        run.Mark("gw3", Marks.RollingBack);
        foreach (string step in new[] { "R1", "R1b", "R2" })
        {
            run.Outcome($"{step}/gw3/-", StepOutcome.Done);
        }

        Verdict.Stop stop = Assert.IsType<Verdict.Stop>(Verdict(run));
        Assert.Equal((StopKind.Pause, true), (stop.Kind, stop.IsGate));
    }

    private static CutRun Walked(string at, string mark, string way)
    {
        CutRun run = new(at);
        run.Mark("gw3", mark);
        foreach (string step in way.Split(' '))
        {
            run.Outcome($"{step}/gw3/-", StepOutcome.Done);
        }

        return run;
    }

    private static Decision Decide(CutRun run) => UpgradeDecider.Decide(run.Input);

    private static Verdict Verdict(CutRun run) => Assert.Single(Decide(run).Steps).Verdict;
}
