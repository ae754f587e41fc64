using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Upgrades.Steps;

/// <summary>
/// Receiving off and on, asked directly: on whose page, what must hold before mail is turned away, and what shows that it is. Of gw3, while gw2 is Control at
/// the new build and gw1 at the old one.
/// </summary>
public sealed class ReceivingStepTests
{
    private const string Off = "S2/gw3/-";
    private const string On = "S13/gw3/-";

    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);
    private static readonly LoadState Drained = new(LoadMode.Drain, 0, Healthy: true);
    private static readonly MailFlowSwitches ReceivingOff = new(Receiving: false, Sending: true);

    [Fact]
    public void A_drained_node_stops_receiving_on_the_page_of_the_Control_node_of_its_build()
    {
        CutRun run = Quiet();
        run["gw3"] = run["gw3"] with { Load = Drained with { SessionsTotal = 12 } };
        Verdict.Apply apply = Assert.IsType<Verdict.Apply>(run.Judge(Off));
        Assert.Equal(Message.Sentences(Message.Of("apply.receive-off", "gw3", "gw1"), null), apply.Reason);
        AssertValues(apply, ("page", "gw1"), ("prior.receiving", "true"), ("sessionsTotal", "12"));
        run["gw3"] = run["gw3"] with { Load = Drained };
        AssertValues(Assert.IsType<Verdict.Apply>(run.Judge(Off)), ("page", "gw1"), ("prior.receiving", "true"));
    }

    [Fact]
    public async Task Another_node_is_named_on_a_page_by_its_address()
    {
        CutRun run = Quiet();
        string address = run.Plan.Nodes.First(n => n.Name == "gw3").ClusterAddress;
        Assert.Equal($"gw1: receiving of {address} False", await CalledNodes.OfAsync(run, Off, ("page", "gw1")));
        Assert.Equal("gw3: receiving of itself False", await CalledNodes.OfAsync(run, Off, ("page", "gw3")));
        Assert.Equal($"gw2: receiving of {address} True", await CalledNodes.OfAsync(run, On, ("page", "gw2")));
    }

    /// <summary>The vendor only uses a Control node's page: of the node's own build, then of the new one. The node's own comes last, and is told.</summary>
    [Fact]
    public void A_page_that_refuses_the_node_is_left_for_the_next()
    {
        CutRun run = Quiet();
        AssertPage(run, "gw1");
        Refuse(run, "gw1");
        AssertPage(run, "gw2");
        Refuse(run, "gw2");
        AssertPage(run, "gw3", own: true);
        Refuse(run, "gw3");
        AssertPage(run, "gw3", own: true);
    }

    [Fact]
    public void Only_a_Control_node_that_answers_and_whose_build_is_known_has_a_page()
    {
        CutRun run = Quiet().With(p => p with { MaxUnavailable = 3 });
        NodeObservation gw1 = run["gw1"];
        run["gw1"] = gw1 with { ProblemKind = NodeProblemKind.Silent };
        AssertPage(run, "gw2");
        run["gw1"] = gw1 with { About = null };
        run["gw3"] = run["gw3"] with { About = null };
        AssertPage(run, "gw2");
        run["gw2"] = run["gw2"] with { ProblemKind = NodeProblemKind.Silent };
        AssertPage(run, "gw3", own: true);
        run["gw2"] = run["gw2"] with { ProblemKind = NodeProblemKind.None, About = gw1.About };
        AssertPage(run, "gw3", own: true);
    }

    /// <summary>A node that is Control itself, or alone, is switched where the vendor does it.</summary>
    [Fact]
    public void A_Control_node_uses_its_own_page()
    {
        CutRun run = new("before S2/gw1");
        run["gw1"] = run["gw1"] with { QuietSince = run.Now - TimeSpan.FromHours(1) };
        run["gw3"] = run["gw3"] with { About = run["gw1"].About, Status = run["gw3"].Status! with { Role = NodeRole.Control } };
        Assert.Equal("gw1", Assert.IsType<Verdict.Apply>(run.Judge("S2/gw1/-")).Values["page"]);
        Assert.Equal(["gw2", "gw3", "gw1"], run.Input.Cluster.Controls.Select(n => n.Name));

        CutRun alone = new("before S2/gw1", nodes: 1);
        NodeObservation gw1 = alone["gw1"];
        alone["gw1"] = gw1 with { Status = gw1.Status! with { Role = NodeRole.Secondary }, QuietSince = alone.Now - TimeSpan.FromHours(1) };
        Verdict.Apply apply = Assert.IsType<Verdict.Apply>(alone.Judge("S2/gw1/-"));
        Assert.Equal(("gw1", Message.Sentences(Message.Of("apply.receive-off", "gw1", "gw1"), null)), (apply.Values["page"], apply.Reason));
    }

    [Fact]
    public void A_node_that_says_it_does_not_receive_and_does_is_waited_for()
    {
        CutRun run = Quiet();
        run["gw3"] = run["gw3"] with { Switches = ReceivingOff, Rcpt = new ProbeAnswer(true, "250 ok") };
        AssertWaitsThenStops(
            run, Off, Message.Of("wait.still-receives", "gw3"), new Verdict.Stop(StopKind.PutBack, Message.Of("stop.still-receives", "gw3", "250 ok")));
    }

    [Fact]
    public void A_node_that_somebody_else_switched_off_is_taken_over_when_a_human_says_so()
    {
        CutRun run = Quiet();
        run["gw3"] = run["gw3"] with { Switches = ReceivingOff, Rcpt = new ProbeAnswer(false, "550 no") };
        Message change = Message.Of("foreign.receiving", "gw3", "off");
        Assert.Equal(new Verdict.Stop(StopKind.Pause, Message.Of("stop.foreign", change), Check: Checks.ForeignChange), run.Judge(Off));
        run.Override(Checks.ForeignChange);
        Verdict.Done done = Assert.IsType<Verdict.Done>(run.Judge(Off));
        Assert.Equal((Message.Of("done.receive-off", "gw3", "550 no"), "false"), (done.Evidence, done.Values!["prior.receiving"]));

        CutRun planned = Quiet();
        planned.Found("gw3", n => n with { Receiving = false });
        planned["gw3"] = run["gw3"] with { Rcpt = null };
        Assert.Equal(Message.Of("done.receive-off", "gw3", "-"), Assert.IsType<Verdict.Done>(planned.Judge(Off)).Evidence);
    }

    [Theory]
    [InlineData("before S2/gw3", Off, "PutBack")]
    [InlineData("before S13/gw3", On, "Park")]
    public void A_silent_node_is_waited_for(string at, string step, string stops)
    {
        CutRun run = new(at);
        run["gw3"] = run["gw3"] with { Switches = null, ProblemKind = NodeProblemKind.Silent, Problem = "no answer" };
        Verdict.Stop stop = new(Enum.Parse<StopKind>(stops), Message.Of("stop.silent", "gw3", "no answer"));
        AssertWaitsThenStops(run, step, Message.Of("wait.silent", "gw3", "no answer"), stop);
    }

    /// <summary>What was set is seen, and on which page it was set is told.</summary>
    [Theory]
    [InlineData("before S2/gw3", Off, false, "done.receive-off")]
    [InlineData("before S13/gw3", On, true, "done.receive-on")]
    public void A_switch_that_was_set_is_seen(string at, string step, bool receiving, string key)
    {
        CutRun run = new(at);
        run.Intend(step, ("page", "gw1"), ("prior.receiving", "true"));
        run["gw3"] = run["gw3"] with { Switches = new MailFlowSwitches(receiving, Sending: true), Rcpt = new ProbeAnswer(receiving, "so") };
        Message evidence = Message.Sentences(Message.Of(key, "gw3", "so"), Message.Of("seen.page", "gw1"));
        Assert.Equal((evidence, null), (Assert.IsType<Verdict.Done>(run.Judge(step)).Evidence, ((Verdict.Done)run.Judge(step)).Values));

        // Without a probe there is nothing to tell, and what is not of this attempt is not told.
        run["gw3"] = run["gw3"] with { Rcpt = null };
        run.Outcome(step, StepOutcome.FailedNoEffect);
        Assert.Equal(Message.Of(key, "gw3", "-"), Assert.IsType<Verdict.Done>(run.Judge(step)).Evidence);
        run.Intend(step);
        Assert.Equal(Message.Of(key, "gw3", "-"), Assert.IsType<Verdict.Done>(run.Judge(step)).Evidence);
    }

    /// <summary>Who switches receiving off under running sessions turns mail away.</summary>
    [Fact]
    public void Receiving_goes_off_when_nothing_new_came_for_a_while()
    {
        CutRun run = Quiet();
        TimeSpan quiet = run.Plan.Policy.StabilityInterval;
        run["gw3"] = run["gw3"] with { QuietSince = run.Now - quiet };
        Assert.IsType<Verdict.Apply>(run.Judge(Off));
        run["gw3"] = run["gw3"] with { QuietSince = run.Now - quiet + Tick };
        Assert.IsType<Verdict.Wait>(run.Judge(Off));

        run["gw3"] = run["gw3"] with { QuietSince = null };
        Verdict.Stop stop = new(StopKind.PutBack, Message.Of("stop.drain-does-not-hold", "gw3"), Check: Checks.DrainHolds);
        AssertWaitsThenStops(run, Off, Message.Of("wait.drain-holds", "gw3"), stop);
        run.Override(Checks.DrainHolds);
        Assert.IsType<Verdict.Apply>(run.Judge(Off));
    }

    /// <summary>Only our own drain promises that nothing new comes.</summary>
    [Theory]
    [InlineData("no drain of ours")]
    [InlineData("no balancer")]
    [InlineData("in load")]
    [InlineData("on its way out")]
    [InlineData("another step")]
    public void Without_a_drain_of_ours_nobody_waits_for_quiet(string how)
    {
        CutRun run = new("before S2/gw3");
        string step = Off;
        Assert.IsType<Verdict.Wait>(run.Judge(Off));
        switch (how)
        {
            case "no drain of ours":
                run = new CutRun("before S1/gw3");
                run["gw3"] = run["gw3"] with { Load = Drained };
                break;
            case "no balancer":
                run["gw3"] = run["gw3"] with { Load = null };
                break;
            case "in load":
                run["gw3"] = run["gw3"] with { Load = Drained with { Mode = LoadMode.Ready } };
                break;
            case "on its way out":
                run.Mark("gw3", Marks.Parking);
                break;
            default:
                step = "S14b/gw3/-";
                run.Plan = run.Plan with { Steps = [.. run.Plan.Steps, Procedure.Plan(run.Plan.Policy, StepId.ReceiveOffAgain, "gw3", [])] };
                break;
        }

        Assert.IsType<Verdict.Apply>(run.Judge(step));
    }

    /// <summary>Mail must not find every node closed.</summary>
    [Fact]
    public void Receiving_goes_off_while_the_others_serve()
    {
        CutRun run = Quiet();
        run["gw2"] = run["gw2"] with { Load = Drained };
        run["gw1"] = run["gw1"] with { Switches = ReceivingOff };
        Message reason = Message.Of("hinder.others-closed", "gw3", "gw2, gw1");
        AssertWaitsThenStops(run, Off, reason, new Verdict.Stop(StopKind.PutBack, reason));
        run.Override(Checks.ServiceLost);
        Assert.IsType<Verdict.Apply>(run.Judge(Off));
        run.Records.RemoveAt(run.Records.Count - 1);
        run.Mark("gw3", Marks.Parking);
        Assert.IsType<Verdict.Apply>(run.Judge(Off));

        CutRun two = Quiet().With(p => p with { MaxUnavailable = 2 });
        two["gw1"] = run["gw1"];
        Assert.IsType<Verdict.Apply>(two.Judge(Off));
    }

    /// <summary>Of whose health nobody knows it may serve nobody.</summary>
    [Fact]
    public void A_node_of_unknown_health_serves_nobody_until_a_human_says_so()
    {
        CutRun run = Quiet();
        run["gw1"] = run["gw1"] with { Load = Drained with { Mode = LoadMode.Ready, Healthy = null } };
        Assert.Equal(Message.Of("hinder.others-closed", "gw3", "gw1"), Assert.IsType<Verdict.Wait>(run.Judge(Off)).Reason);
        run.With(p => p with { Accept = [UpgradeConsents.UnknownHealth] });
        Assert.IsType<Verdict.Apply>(run.Judge(Off));
    }

    [Fact]
    public void A_node_receives_again_on_the_page_of_the_Control_node()
    {
        CutRun run = new("before S13/gw3");
        Verdict.Apply apply = Assert.IsType<Verdict.Apply>(run.Judge(On));
        Assert.Equal(Message.Sentences(Message.Of("apply.receive-on", "gw3", "gw2"), null), apply.Reason);
        AssertValues(apply, ("page", "gw2"));
    }

    [Fact]
    public void A_node_that_says_it_receives_and_does_not_is_waited_for_and_parked()
    {
        CutRun run = new("before S13/gw3");
        run["gw3"] = run["gw3"] with { Switches = new MailFlowSwitches(Receiving: true, Sending: true), Rcpt = new ProbeAnswer(false, "421 later") };
        Verdict.Stop stop = new(StopKind.Park, Message.Of("stop.does-not-receive", "gw3", "421 later"));
        AssertWaitsThenStops(run, On, Message.Of("wait.does-not-receive", "gw3", "421 later"), stop);
    }

    /// <summary>It did not receive when it was first touched; for a test message alone it would.</summary>
    [Fact]
    public void A_node_that_was_found_not_receiving_stays_so()
    {
        CutRun run = new("before S2/gw3");
        run.Outcome(Off, StepOutcome.Done, ("prior.receiving", "false"));
        run["gw3"] = run["gw3"] with { Switches = ReceivingOff };
        Assert.Equal(new Verdict.Done(Message.Of("done.receive-as-found", "gw3")), run.Judge(On));
        run.Plan = run.Plan with { Steps = [.. run.Plan.Steps, Procedure.Plan(run.Plan.Policy, StepId.ReceiveOffAgain, "gw3", [])] };
        Assert.IsType<Verdict.Apply>(run.Judge(On));
    }

    /// <summary>What was asked for is waited for while it may still come; then it is seen not to be, and may be asked for again.</summary>
    [Fact]
    public void What_was_asked_for_and_is_not_seen_is_asked_for_again_when_nothing_can_arrive_any_more()
    {
        CutRun run = new("before S13/gw3");
        run.Now += TimeSpan.FromSeconds(1);
        run.Intend(On, ("page", "gw2"));
        Message notSeen = Message.Of("wait.receive-on", "gw3");
        DateTimeOffset intended = run.Now;
        DateTimeOffset until = intended + run.Step(On).Timeout;
        run.Now = intended + DirectWorld.RequestLimit - Tick;
        Assert.Equal(new Verdict.Wait(notSeen, until), run.Judge(On));
        run.Override(Checks.LateRequest);
        Assert.Equal(new Verdict.NotInEffect(notSeen), run.Judge(On));
        run.Records.RemoveAt(run.Records.Count - 1);
        run.Now += Tick;
        Assert.Equal(new Verdict.NotInEffect(notSeen), run.Judge(On));
        run.Outcome(On, StepOutcome.Unknown);
        Assert.Equal(new Verdict.NotInEffect(notSeen), run.Judge(On));
        run.Outcome(On, StepOutcome.FailedNoEffect);
        Assert.IsType<Verdict.Apply>(run.Judge(On));
    }

    [Fact]
    public void While_the_call_is_under_way_nothing_is_decided()
    {
        CutRun run = new("before S13/gw3");
        run.Intend(On, ("page", "gw2"));
        run.InFlight.Add(StepKey.Parse(On));
        DateTimeOffset until = run.Now + run.Step(On).Timeout;
        run.Now = until + Tick;
        Assert.Equal(new Verdict.Wait(Message.Of("wait.receive-on", "gw3"), until), run.Judge(On));
    }

    /// <summary>A call that came back without a complaint gets its whole time.</summary>
    [Fact]
    public void What_was_accepted_is_waited_for_until_it_is_late()
    {
        CutRun run = new("before S13/gw3");
        run.Intend(On, ("page", "gw2"));
        run.Accepted.Add(StepKey.Parse(On));
        Message notSeen = Message.Of("wait.receive-on", "gw3");
        DateTimeOffset until = run.Now + run.Step(On).Timeout;
        run.Now = until;
        Assert.Equal(new Verdict.Wait(notSeen, until), run.Judge(On));
        run.Now += Tick;
        Assert.Equal(new Verdict.NotInEffect(Message.Of("seen.not-in-time", notSeen)), run.Judge(On));
        run.Outcome(On, StepOutcome.Unknown);
        Assert.Equal(new Verdict.NotInEffect(notSeen), run.Judge(On));
    }

    /// <summary>Who does not answer cannot be seen to have changed nothing.</summary>
    [Fact]
    public void What_became_of_a_silent_node_is_a_humans_in_the_end()
    {
        CutRun run = new("before S13/gw3");
        run.Intend(On, ("page", "gw2"));
        run["gw3"] = run["gw3"] with { Switches = null, ProblemKind = NodeProblemKind.Silent };
        Message notSeen = Message.Of("wait.receive-on", "gw3");
        DateTimeOffset until = run.Now + run.Step(On).Timeout;
        run.Now = until;
        Assert.Equal(new Verdict.Wait(notSeen, until), run.Judge(On));
        run.Now += Tick;
        Assert.Equal(new Verdict.Stop(StopKind.Human, Message.Of("stop.unknown", "gw3", notSeen)), run.Judge(On));

        // What a former driver tried gets its time anew.
        run.TakeOver();
        Assert.Equal(new Verdict.Wait(notSeen, run.Now + run.Step(On).Timeout), run.Judge(On));
    }

    [Fact]
    public void Where_nothing_can_be_deleted_a_request_is_outwaited()
    {
        CutRun run = new("before S7/gw3");
        run.Intend("S7/gw3/0", (Marks.Upload, "up-1"));
        run["gw3"] = run["gw3"] with { UploadWay = UploadWay.Observed with { Deletes = false } };
        Verdict.Wait wait = Assert.IsType<Verdict.Wait>(StepJudge.Fence(run.Input, run.Step("S7/gw3/0")));
        Assert.Equal((Message.Of("wait.outwait", DirectWorld.RequestLimit), true), (wait.Reason, wait.Fences));
    }

    /// <summary>gw3 is drained, and nothing has come to it for long.</summary>
    private static CutRun Quiet()
    {
        CutRun run = new("before S2/gw3");
        run["gw3"] = run["gw3"] with { QuietSince = run.Now - TimeSpan.FromHours(1) };
        return run;
    }

    private static void Refuse(CutRun run, string page)
    {
        run.Intend(Off, ("page", page), ("prior.receiving", "true"));
        run.Outcome(Off, StepOutcome.FailedNoEffect, (Marks.Code, "notControl"));
    }

    private static void AssertPage(CutRun run, string page, bool own = false)
    {
        Verdict.Apply apply = Assert.IsType<Verdict.Apply>(run.Judge(Off));
        Message said = Message.Sentences(Message.Of("apply.receive-off", "gw3", page), own ? Message.Of("apply.own-page", "gw3") : null);
        Assert.Equal((page, said), (apply.Values["page"], apply.Reason));
    }

    private static void AssertWaitsThenStops(CutRun run, string step, Message waits, Verdict.Stop stops)
    {
        DateTimeOffset until = run.Step(step).After.Max(k => run.Input.Run[k].OutcomeAt) + run.Plan.Policy.StepTimeout;
        DateTimeOffset now = run.Now;
        run.Now = until;
        Assert.Equal(new Verdict.Wait(waits, until), run.Judge(step));
        run.Now += Tick;
        Assert.Equal(stops, run.Judge(step));
        run.Now = now;
    }

    private static void AssertValues(Verdict.Apply apply, params (string Name, string Value)[] values) =>
        Assert.Equal(values, apply.Values.Select(v => (v.Key, v.Value)).OrderBy(v => v.Key, StringComparer.Ordinal));
}
