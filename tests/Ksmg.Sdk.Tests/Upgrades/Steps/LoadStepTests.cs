using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Upgrades.Steps;

/// <summary>Out of load and back, asked directly: what is waited for, what is found and left as it is, what shows that sessions come again. Of gw3.</summary>
public sealed class LoadStepTests
{
    private const string Off = "S1/gw3/-";
    private const string On = "S15/gw3/-";

    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);
    private static readonly LoadState Ready = new(LoadMode.Ready, 0, Healthy: true);
    private static readonly LoadState Drained = Ready with { Mode = LoadMode.Drain };

    [Fact]
    public async Task A_node_in_load_is_drained_and_what_it_was_is_written_down()
    {
        CutRun run = new("before S1/gw3");
        Verdict.Apply apply = Assert.IsType<Verdict.Apply>(run.Judge(Off));
        Assert.Equal(Message.Of("apply.load-off", "gw3"), apply.Reason);
        Assert.Equal([("action", "drain"), ("prior.load", "Ready")], apply.Values.Select(v => (v.Key, v.Value)).Order());
        Assert.Equal("balancer: gw3 Drain", await CalledNodes.OfAsync(run, Off, ("action", "drain")));
        Assert.Equal("balancer: gw3 close", await CalledNodes.OfAsync(run, Off, ("action", "close")));

        run.Intend(Off, ("action", "drain"));
        Assert.Equal(Message.Of("wait.load-off", "gw3"), Assert.IsType<Verdict.Wait>(run.Judge(Off)).Reason);
    }

    [Theory]
    [InlineData("before S1/gw3", Off, "PutBack")]
    [InlineData("before S15/gw3", On, "Park")]
    public void A_load_balancer_that_says_nothing_is_waited_for(string at, string step, string stops)
    {
        CutRun run = new(at);
        run["gw3"] = run["gw3"] with { Load = null };
        DateTimeOffset until = Since(run, step) + run.Plan.Policy.StepTimeout;
        run.Now = until;
        Message unknown = Message.Of("problem.not-in-balancer", "gw3");
        Assert.Equal(new Verdict.Wait(Message.Of("wait.balancer-silent", unknown), until), run.Judge(step));
        run.LoadProblem = "refused";
        Message refused = Message.Said("refused");
        Assert.Equal(Message.Of("wait.balancer-silent", refused), Assert.IsType<Verdict.Wait>(run.Judge(step)).Reason);
        run.Now += Tick;
        Verdict.Stop stop = new(Enum.Parse<StopKind>(stops), Message.Of("stop.balancer-silent", "gw3", refused));
        Assert.Equal(stop, run.Judge(step));
        run.InFlight.Add(StepKey.Parse(step));
        Assert.IsType<Verdict.Wait>(run.Judge(step));
    }

    /// <summary>Whoever is drained under the name of this node is another one.</summary>
    [Fact]
    public void A_server_that_is_another_node_is_not_drained()
    {
        CutRun run = new("before S1/gw3");
        PlanFinding elsewhere = PlanFinding.Of(FindingSeverity.Refusal, "server-elsewhere", "gw3", "10.0.0.9", "10.0.0.3");
        run.ServerFindings = [elsewhere with { Node = "gw1" }];
        Assert.IsType<Verdict.Apply>(run.Judge(Off));
        run.ServerFindings = [elsewhere];
        Assert.Equal(new Verdict.Stop(StopKind.Pause, elsewhere.Text), run.Judge(Off));
        run.Intend(Off, ("action", "drain"));
        Assert.IsType<Verdict.Wait>(run.Judge(Off));
        run.Outcome(Off, StepOutcome.FailedNoEffect);
        run.With(p => p with { Accept = [elsewhere.Code] });
        Assert.IsType<Verdict.Apply>(run.Judge(Off));
    }

    /// <summary>Somebody else's doing is taken over only when a human says so; then it is what the node goes back to.</summary>
    [Fact]
    public void A_node_that_is_found_out_of_load_is_somebody_elses()
    {
        CutRun run = new("before S1/gw3");
        run["gw3"] = run["gw3"] with { Load = Drained };
        Message change = Message.Of("foreign.load", "gw3", LoadMode.Drain, LoadMode.Ready);
        Verdict.Stop stop = new(StopKind.Pause, Message.Of("stop.foreign", change), Check: Checks.ForeignChange);
        Assert.Equal(stop, run.Judge(Off));
        run.Override(Checks.ForeignChange);
        AssertOff(run, "Drain");

        // One that was planned like that is none.
        CutRun planned = new("before S1/gw3");
        planned.Found("gw3", n => n with { Load = LoadMode.Drain });
        planned["gw3"] = run["gw3"];
        AssertOff(planned, "Drain");

        // Nor one that we drained, nor one that is on its way out for another reason.
        CutRun ours = Draining(0);
        AssertOff(ours, "Drain");
        CutRun parked = new("before S1/gw3");
        parked["gw3"] = run["gw3"] with { Load = Drained with { Mode = LoadMode.Maintenance } };
        parked.Mark("gw3", Marks.Parking);
        AssertOff(parked, "Maintenance");
    }

    [Fact]
    public void The_sessions_of_a_drained_node_are_waited_for()
    {
        CutRun run = Draining(3);
        DateTimeOffset until = run.Input.Run[StepKey.Parse(Off)].IntentAt + run.Plan.Policy.SessionTimeout;
        Message sessions = Message.Of("count.session", 3);
        run.Now = until;
        Assert.Equal(new Verdict.Wait(Message.Of("wait.sessions", "gw3", sessions), until), run.Judge(Off));
        run.Now += Tick;
        Message reason = Message.Of("stop.sessions", "gw3", sessions, run.Plan.Policy.SessionTimeout);
        Assert.Equal(new Verdict.Stop(StopKind.Human, reason), run.Judge(Off));
        run.InFlight.Add(StepKey.Parse(Off));
        Assert.IsType<Verdict.Wait>(run.Judge(Off));
        run.InFlight.Clear();

        // A node that is kept out of work need not wait.
        run.Mark("gw3", Marks.Parking);
        Assert.IsType<Verdict.Done>(run.Judge(Off));
    }

    [Fact]
    public void Where_the_policy_says_so_sessions_that_stay_are_closed_once()
    {
        CutRun run = Draining(3).With(p => p with { SessionsLeft = SessionsLeftAction.Close });
        run.Now = run.Input.Run[StepKey.Parse(Off)].IntentAt + run.Plan.Policy.SessionTimeout + Tick;
        Verdict.Apply apply = Assert.IsType<Verdict.Apply>(run.Judge(Off));
        Assert.Equal(Message.Of("apply.close-sessions", "gw3", Message.Of("count.session", 3)), apply.Reason);
        Assert.Equal([new KeyValuePair<string, string>("action", "close")], apply.Values);
        run.Intend(Off, ("action", "close"));
        run.Now += run.Plan.Policy.SessionTimeout + Tick;
        Assert.Equal(StopKind.Human, Assert.IsType<Verdict.Stop>(run.Judge(Off)).Kind);
    }

    [Fact]
    public async Task A_node_goes_back_to_load()
    {
        CutRun run = new("before S15/gw3");
        Verdict.Apply apply = Assert.IsType<Verdict.Apply>(run.Judge(On));
        Assert.Equal(Message.Of("apply.load-on", "gw3", LoadMode.Ready), apply.Reason);
        Assert.Equal([new KeyValuePair<string, string>("mode", "Ready")], apply.Values);
        Assert.Equal("balancer: gw3 Maintenance", await CalledNodes.OfAsync(run, On, ("mode", "Maintenance")));
        run.Intend(On, ("mode", "Ready"));
        Assert.Equal(Message.Of("wait.load-on", "gw3"), Assert.IsType<Verdict.Wait>(run.Judge(On)).Reason);
    }

    [Fact]
    public void A_node_goes_back_to_how_it_was_found()
    {
        CutRun run = new("before S1/gw3");
        run.Outcome(Off, StepOutcome.Done, ("prior.load", "Maintenance"));
        Verdict.Apply apply = Assert.IsType<Verdict.Apply>(run.Judge(On));
        Assert.Equal((Message.Of("apply.load-as-found", "gw3", LoadMode.Maintenance), "Maintenance"), (apply.Reason, apply.Values["mode"]));
        run["gw3"] = run["gw3"] with { Load = Ready with { Mode = LoadMode.Maintenance } };
        Assert.Equal(new Verdict.Done(Message.Of("done.load-as-found", "gw3", LoadMode.Maintenance)), run.Judge(On));

        // Of one that did not receive nothing is to be seen.
        CutRun silent = new("before S1/gw3");
        silent.Found("gw3", n => n with { Receiving = false, Load = null });
        Assert.Equal(new Verdict.Done(Message.Of("done.load-as-found", "gw3", LoadMode.Ready)), silent.Judge(On));
    }

    /// <summary>What the balancer says of itself is not enough: a session has to arrive, where any arrive at all.</summary>
    [Fact]
    public void A_node_is_back_when_sessions_arrive()
    {
        CutRun run = Back();
        DateTimeOffset since = run.Input.Run[StepKey.Parse(On)].IntentAt;
        run["gw3"] = run["gw3"] with { ConnectedAt = since };
        Assert.IsType<Verdict.Wait>(run.Judge(On));
        run["gw3"] = run["gw3"] with { ConnectedAt = since + Tick };
        Assert.Equal(new Verdict.Done(Message.Of("done.load-on", "gw3")), run.Judge(On));
        run["gw3"] = run["gw3"] with { ConnectedAt = null };
        Assert.IsType<Verdict.Wait>(run.Judge(On));
        run.Override(Checks.Connections);
        Assert.Equal(new Verdict.Done(Message.Of("done.load-on", "gw3")), run.Judge(On));
    }

    [Fact]
    public void A_node_that_the_balancer_finds_unhealthy_is_waited_for_and_parked()
    {
        CutRun run = Back();
        run["gw3"] = run["gw3"] with { Load = Ready with { Healthy = false }, ConnectedAt = run.Now + Tick };
        DateTimeOffset until = Since(run, On) + run.Plan.Policy.StepTimeout;
        run.Now = until;
        Assert.Equal(new Verdict.Wait(Message.Of("wait.unhealthy", "gw3"), until), run.Judge(On));
        run.Now += Tick;
        Assert.Equal(new Verdict.Stop(StopKind.Park, Message.Of("stop.unhealthy", "gw3")), run.Judge(On));
        run["gw3"] = run["gw3"] with { Load = Ready with { Healthy = null } };
        Assert.IsType<Verdict.Done>(run.Judge(On));
    }

    [Fact]
    public void Where_the_others_get_sessions_and_this_one_none_a_human_looks()
    {
        CutRun run = Back();
        DateTimeOffset since = run.Input.Run[StepKey.Parse(On)].IntentAt;
        run["gw1"] = run["gw1"] with { ConnectedAt = since + Tick };
        DateTimeOffset patience = since + run.Plan.Policy.StepTimeout;
        run.Now = patience;
        Assert.Equal(new Verdict.Wait(Message.Of("wait.no-connections", "gw3"), patience), run.Judge(On));
        run.Now += Tick;
        Message reason = Message.Of("stop.no-connections", "gw3", run.Plan.Policy.StepTimeout);
        Assert.Equal(new Verdict.Stop(StopKind.Human, reason, Check: Checks.Connections), run.Judge(On));

        // What came before proves nothing, and this node is none of the others.
        run["gw1"] = run["gw1"] with { ConnectedAt = since };
        Assert.IsType<Verdict.Done>(run.Judge(On));
    }

    /// <summary>Where no other node gets sessions either, there is nothing to be seen: that is told, and holds nothing up.</summary>
    [Fact]
    public void Where_nobody_gets_sessions_two_slow_looks_are_enough()
    {
        CutRun run = Back();
        DateTimeOffset since = run.Input.Run[StepKey.Parse(On)].IntentAt;
        TimeSpan looks = run.Plan.Policy.SlowPollInterval + run.Plan.Policy.SlowPollInterval;
        run.Now = since + looks;
        Assert.Equal(new Verdict.Wait(Message.Of("wait.no-connections", "gw3"), since + looks), run.Judge(On));
        run.Now += TimeSpan.FromSeconds(0.2);
        Assert.Equal(new Verdict.Done(Message.Of("done.load-on-quiet", "gw3", looks + TimeSpan.FromSeconds(1))), run.Judge(On));

        // Nor longer than a step may take.
        run.With(p => p with { SlowPollInterval = p.StepTimeout });
        run.Now = since;
        Assert.Equal(since + run.Plan.Policy.StepTimeout, Assert.IsType<Verdict.Wait>(run.Judge(On)).Until);
    }

    /// <summary>gw3 was drained by this run, and still has sessions.</summary>
    private static CutRun Draining(int sessions)
    {
        CutRun run = new("before S1/gw3");
        run.Intend(Off, ("action", "drain"), ("prior.load", "Ready"));
        run["gw3"] = run["gw3"] with { Load = Drained with { Sessions = sessions } };
        return run;
    }

    /// <summary>gw3 was put back into load a moment after that could be done.</summary>
    private static CutRun Back()
    {
        CutRun run = new("before S15/gw3");
        run.Now += TimeSpan.FromSeconds(1);
        run.Intend(On, ("mode", "Ready"));
        run["gw3"] = run["gw3"] with { Load = Ready };
        return run;
    }

    private static DateTimeOffset Since(CutRun run, string step) => run.Step(step).After.Max(k => run.Input.Run[k].OutcomeAt);

    private static void AssertOff(CutRun run, string prior)
    {
        Verdict.Done done = Assert.IsType<Verdict.Done>(run.Judge(Off));
        Assert.Equal((Message.Of("done.load-off", "gw3"), prior), (done.Evidence, done.Values!["prior.load"]));
    }
}
