using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Upgrades.Steps;

/// <summary>
/// Who gets the Control role and who gives it up, asked directly: never none, never two for long, and never at an old build what can be had at the new one.
/// gw2 gets the role, gw1 gives it up, gw3 has nothing to do with it.
/// </summary>
public sealed class RoleStepTests
{
    private const string Promote = "S11/gw2/-";
    private const string Demote = "S6/gw1/-";
    private const string HandOver = "S16a/gw2/-";
    private const string HandBack = "R4a/gw2/-";

    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);
    private static readonly BuildNumber Old = new(2, 0, 1, 6960);

    /// <summary>What was synchronized at that time is known afterwards.</summary>
    [Fact]
    public void The_upgraded_node_is_made_Control()
    {
        CutRun run = new("before S11/gw2");
        SetSynchronized(run, "gw3", null);
        Verdict.Apply apply = Assert.IsType<Verdict.Apply>(run.Judge(Promote));
        Assert.Equal(Message.Of("apply.promote", "gw2", "gw2 secondary, gw3 secondary, gw1 control"), apply.Reason);
        string at = run.Now.ToString("O");
        AssertValues(
            apply,
            ("prior.role", "secondary"), ("roles", "gw2 secondary, gw3 secondary, gw1 control"), ("synchronizedAt.gw1", at), ("synchronizedAt.gw2", at));
        Assert.Equal("gw2: control", Call(run, Promote));

        SetRole(run, "gw2", NodeRole.Control);
        run["gw3"] = run["gw3"] with { Status = null };
        Verdict.Done done = Assert.IsType<Verdict.Done>(run.Judge(Promote));
        Assert.Equal((Message.Of("done.promote", "gw2", "gw2 control, gw3 ?, gw1 control"), "control"), (done.Evidence, done.Values!["role"]));
    }

    [Fact]
    public void Nobody_is_promoted_beside_another_Control_node_at_the_new_build()
    {
        CutRun run = new("before S11/gw2");
        run["gw1"] = run["gw1"] with { About = new AboutInfo(run.Plan.To.ToString(), run.Plan.To) };
        Message reason = Message.Of("stop.promote-other", "gw2", "gw1", run.Plan.To);
        Assert.Equal(new Verdict.Stop(StopKind.Human, reason), run.Judge(Promote));
        run.Override(Checks.PromoteAlone);
        Assert.IsType<Verdict.Apply>(run.Judge(Promote));
        run.Records.RemoveAt(run.Records.Count - 1);
        SetRole(run, "gw1", NodeRole.Secondary);
        Assert.IsType<Verdict.Apply>(run.Judge(Promote));
    }

    /// <summary>Who is not heard may be Control at the new build meanwhile.</summary>
    [Fact]
    public void Nobody_is_promoted_while_the_former_Control_node_is_not_heard()
    {
        CutRun run = new("before S11/gw2");
        run["gw1"] = run["gw1"] with { Status = null, Problem = "no answer" };
        AssertWaitsThenStops(run, Promote, Message.Of("wait.silent", "gw1", "no answer"), Message.Of("stop.promote-silent", "gw2", "gw1", "no answer"));

        CutRun other = new("before S11/gw2");
        other["gw3"] = other["gw3"] with { Status = null };
        Assert.IsType<Verdict.Apply>(other.Judge(Promote));
    }

    [Fact]
    public void Only_an_upgraded_node_is_promoted()
    {
        CutRun run = new("before S11/gw2");
        run["gw2"] = run["gw2"] with { About = new AboutInfo(Old.ToString(), Old) };
        string roles = "gw2 secondary, gw3 secondary, gw1 control";
        AssertWaitsThenStops(run, Promote, Message.Of("wait.promote", "gw2"), Message.Of("stop.promote", "gw2", roles));
        run.Override(Checks.PromoteUpgraded);
        Assert.IsType<Verdict.Apply>(run.Judge(Promote));

        run["gw2"] = run["gw2"] with { Status = null };
        Assert.IsType<Verdict.Wait>(run.Judge(Promote));
    }

    [Fact]
    public void The_former_Control_node_gives_the_role_up_to_an_heir_that_serves()
    {
        CutRun run = new("before S6/gw1");
        Verdict.Apply apply = Assert.IsType<Verdict.Apply>(run.Judge(Demote));
        Assert.Equal(Message.Of("apply.demote", "gw1", "gw2"), apply.Reason);
        AssertValues(apply, ("heir", "gw2"), ("prior.role", "control"));
        Assert.Equal("gw1: secondary", Call(run, Demote));

        run.Intend(Demote);
        Assert.Equal(Message.Of("wait.demote", "gw1"), Assert.IsType<Verdict.Wait>(run.Judge(Demote)).Reason);
        SetRole(run, "gw1", NodeRole.Secondary);
        Assert.Equal(new Verdict.Done(Message.Of("done.demote", "gw1")), run.Judge(Demote));
    }

    /// <summary>The cluster is never without: the new Control node answers as such right now.</summary>
    [Theory]
    [InlineData("silent")]
    [InlineData("secondary")]
    [InlineData("old")]
    public void Nobody_is_demoted_without_an_heir(string how)
    {
        CutRun run = new("before S6/gw1");
        NodeObservation heir = run["gw2"];
        run["gw2"] = how switch
        {
            "silent" => heir with { ProblemKind = NodeProblemKind.Silent },
            "secondary" => heir with { Status = heir.Status! with { Role = NodeRole.Secondary } },
            _ => heir with { About = new AboutInfo(Old.ToString(), Old) },
        };
        AssertWaitsThenStops(run, Demote, Message.Of("wait.no-heir", "gw1"), Message.Of("stop.no-heir", "gw1"));
        run.Override(Checks.Heir);
        AssertValues(Assert.IsType<Verdict.Apply>(run.Judge(Demote)), ("prior.role", "control"));
    }

    [Fact]
    public void A_node_whose_role_is_not_known_is_not_demoted()
    {
        CutRun run = new("before S6/gw1");
        run["gw1"] = run["gw1"] with { Status = null };
        Assert.IsType<Verdict.Wait>(run.Judge(Demote));

        // It is no heir of its own.
        CutRun own = new("before S6/gw1");
        own["gw1"] = own["gw1"] with { About = new AboutInfo(own.Plan.To.ToString(), own.Plan.To) };
        SetRole(own, "gw2", NodeRole.Secondary);
        Assert.IsType<Verdict.Wait>(own.Judge(Demote));
    }

    [Fact]
    public void The_role_goes_to_the_preferred_node_when_that_is_well()
    {
        CutRun run = Preferred();
        Verdict.Apply apply = Assert.IsType<Verdict.Apply>(run.Judge(HandOver));
        string roles = "gw2 control, gw3 secondary, gw1 secondary";
        Assert.Equal(Message.Of("apply.hand-over", "gw1", "gw2", roles), apply.Reason);
        string at = run.Now.ToString("O");
        AssertValues(apply, ("heir", "gw1"), ("roles", roles), ("synchronizedAt.gw1", at), ("synchronizedAt.gw2", at), ("synchronizedAt.gw3", at));
        Assert.Equal("gw1: control", Call(run, HandOver, ("heir", "gw1")));
        Assert.Equal("gw2: secondary", Call(run, HandOver, ("heir", "gw1"), ("demotes", "true")));

        run["gw3"] = run["gw3"] with { Status = null };
        Assert.Equal("gw2 control, gw3 ?, gw1 secondary", Assert.IsType<Verdict.Apply>(run.Judge(HandOver)).Values["roles"]);
    }

    [Fact]
    public void A_preferred_node_that_is_not_well_does_not_get_the_role()
    {
        CutRun run = Preferred();
        NodeObservation well = run["gw1"];
        run["gw1"] = well with { Status = well.Status! with { Services = [new ServiceStatus("clamav", ServiceState.Failed)] } };
        Message problem = NodeHealth.Text("gw1", [Ailment.Refusal("service", "clamav", ServiceState.Failed) with { Subject = "clamav" }]);
        DateTimeOffset until = Since(run, HandOver) + run.Plan.Policy.StepTimeout;
        run.Now = until;
        Assert.Equal(new Verdict.Wait(problem, until), run.Judge(HandOver));
        run.Now += Tick;
        Message reason = Message.Of("stop.hand-over-unwell", problem, "gw2");
        Assert.Equal(new Verdict.Stop(StopKind.Human, reason, Check: Checks.PreferredControl), run.Judge(HandOver));

        // What passes last is waited for.
        run["gw1"] = run["gw1"] with { Status = run["gw1"].Status! with { Databases = new DatabasesState("obsolete") } };
        Assert.Equal(Since(run, HandOver) + run.Plan.Policy.DatabasesTimeout, Assert.IsType<Verdict.Wait>(run.Judge(HandOver)).Until);

        // What somebody accepted is no reason.
        run.Now = Since(run, HandOver);
        run["gw1"] = well with { Status = well.Status! with { Databases = DatabasesState.OutOfDate } };
        Assert.IsType<Verdict.Wait>(run.Judge(HandOver));
        run.Override(UpgradeConsents.OldDatabases);
        Assert.IsType<Verdict.Apply>(run.Judge(HandOver));
    }

    [Theory]
    [InlineData("override")]
    [InlineData(nameof(NodeOutcome.Parked))]
    [InlineData(nameof(NodeOutcome.RolledBack))]
    [InlineData("left out")]
    public void The_role_stays_where_it_is_when_somebody_wants_that_or_the_preferred_node_is_left_out(string how)
    {
        CutRun run = Preferred();
        switch (how)
        {
            case "override":
                run.Override(Checks.PreferredControl);
                break;
            case "left out":
                run.Write(new JournalEntry
                {
                    Kind = JournalEntryKind.Command,
                    Node = "gw1",
                    Values = new Dictionary<string, string>(StringComparer.Ordinal)
                    {
                        [Marks.Command] = nameof(RunCommandKind.Skip),
                        ["id"] = "skip",
                        ["by"] = "ann",
                    },
                });
                break;
            default:
                run.Mark("gw1", how);
                break;
        }

        Assert.Equal(new Verdict.Done(Message.Of("done.control-kept", "gw2", "gw1")), run.Judge(HandOver));

        // What was begun is brought to its end.
        run.Intend(HandOver, ("heir", "gw1"));
        Assert.IsNotType<Verdict.Done>(run.Judge(HandOver));
    }

    /// <summary>A role that was asked for is nowhere but on the node itself: who is not heard may have it.</summary>
    [Theory]
    [InlineData("gw1")]
    [InlineData("gw2")]
    public void The_role_is_not_passed_on_while_one_of_the_two_is_not_heard(string silent)
    {
        CutRun run = Preferred();
        run[silent] = run[silent] with { Status = null, Problem = "no answer" };
        Message stops = Message.Of("stop.hand-over-silent", "gw2", "gw1", silent, "no answer");
        AssertWaitsThenStops(run, HandOver, Message.Of("wait.silent", silent, "no answer"), stops);

        run.Intend(HandOver, ("heir", "gw1"));
        run.InFlight.Add(StepKey.Parse(HandOver));
        Assert.Equal(Message.Of("wait.hand-over", "gw2", "gw1"), Assert.IsType<Verdict.Wait>(run.Judge(HandOver)).Reason);
    }

    /// <summary>The second call follows the first at once, and nothing of that one is still on its way.</summary>
    [Fact]
    public void When_both_are_Control_the_former_one_gives_the_role_up()
    {
        CutRun run = Preferred();
        run.Intend(HandOver, ("heir", "gw1"), ("roles", "before"), ("synchronizedAt.gw1", "then"));
        Assert.Equal(Message.Of("wait.hand-over", "gw2", "gw1"), Assert.IsType<Verdict.Wait>(run.Judge(HandOver)).Reason);
        SetRole(run, "gw1", NodeRole.Control);
        run.InFlight.Add(StepKey.Parse(HandOver));
        Assert.IsType<Verdict.Wait>(run.Judge(HandOver));
        run.InFlight.Clear();

        Verdict.Apply apply = Assert.IsType<Verdict.Apply>(run.Judge(HandOver));
        Assert.Equal(Message.Of("apply.demote", "gw2", "gw1"), apply.Reason);
        AssertValues(apply, ("demotes", "true"), ("heir", "gw1"), ("roles", "before"), ("synchronizedAt.gw1", "then"));

        run.Intend(HandOver, [.. apply.Values.Select(v => (v.Key, v.Value))]);
        Assert.IsType<Verdict.Wait>(run.Judge(HandOver));
        SetRole(run, "gw2", NodeRole.Secondary);
        Verdict.Done done = Assert.IsType<Verdict.Done>(run.Judge(HandOver));
        Assert.Equal((Message.Of("done.hand-over", "gw1", "gw2"), "secondary"), (done.Evidence, done.Values!["role"]));
    }

    [Fact]
    public void A_second_call_that_came_to_nothing_is_made_again()
    {
        CutRun run = Preferred();
        SetRole(run, "gw1", NodeRole.Control);
        run.Intend(HandOver, ("heir", "gw1"), ("demotes", "true"));
        run.Outcome(HandOver, StepOutcome.FailedNoEffect);
        Assert.Equal(Message.Of("apply.demote", "gw2", "gw1"), Assert.IsType<Verdict.Apply>(run.Judge(HandOver)).Reason);
        Assert.True(HandOverStep.IsUnderWay(run.Input.Run[StepKey.Parse(HandOver)]));
        run.Outcome(HandOver, StepOutcome.Done);
        Assert.False(HandOverStep.IsUnderWay(run.Input.Run[StepKey.Parse(HandOver)]));
    }

    /// <summary>The role does not go to an old build: the heir may be Control from before somebody took it back to its snapshot.</summary>
    [Fact]
    public void Nobody_gives_the_role_up_to_a_node_at_the_old_build()
    {
        CutRun run = Preferred();
        SetRole(run, "gw1", NodeRole.Control);
        run["gw1"] = run["gw1"] with { About = new AboutInfo(Old.ToString(), Old) };
        run.Intend(HandOver, ("heir", "gw1"));
        Assert.IsType<Verdict.Wait>(run.Judge(HandOver));
        SetRole(run, "gw2", NodeRole.Secondary);
        Assert.IsType<Verdict.Wait>(run.Judge(HandOver));
    }

    /// <summary>Somebody else assigns roles meanwhile: a human says which of the nodes is to be Control.</summary>
    [Theory]
    [InlineData("gw3", false)]
    [InlineData("gw3", true)]
    [InlineData(null, false)]
    public void Roles_that_somebody_else_assigns_are_a_humans(string? control, bool both)
    {
        CutRun run = Preferred();
        if (control is null)
        {
            SetRole(run, "gw2", NodeRole.Secondary);
        }
        else
        {
            SetRole(run, control, NodeRole.Control);
        }

        if (both)
        {
            SetRole(run, "gw1", NodeRole.Control);
        }

        string roles = string.Join(", ", run.Plan.Nodes.Select(n => $"{n.Name} {run[n.Name].Role}"));
        AssertWaitsThenStops(run, HandOver, Message.Of("wait.hand-over", "gw2", "gw1"), Message.Of("stop.hand-over", "gw2", "gw1", roles));
    }

    [Fact]
    public void A_Control_node_that_goes_back_hands_the_role_to_one_at_the_new_build()
    {
        CutRun run = Reverting("after S16/gw3");
        Verdict.Apply apply = Assert.IsType<Verdict.Apply>(run.Judge(HandBack));
        Assert.Equal(Message.Of("apply.hand-back", "gw3", "gw2"), apply.Reason);
        AssertValues(apply, ("heir", "gw3"));
        Assert.Equal("gw3: control", Call(run, HandBack, ("heir", "gw3")));
        Assert.Equal("gw2: secondary", Call(run, HandBack, ("heir", "gw3"), ("demotes", "true")));

        // One that takes no mail does not serve as Control, nor one whose role is not known.
        NodeObservation gw3 = run["gw3"];
        run["gw3"] = gw3 with { Switches = new MailFlowSwitches(Receiving: false, Sending: true) };
        Assert.IsType<Verdict.Stop>(run.Judge(HandBack));
        run["gw3"] = gw3 with { Status = null };
        Assert.IsType<Verdict.Stop>(run.Judge(HandBack));
    }

    [Fact]
    public void The_role_goes_to_an_old_build_only_when_a_human_says_so()
    {
        CutRun run = Reverting("after S16/gw2");
        Message reason = Message.Of("stop.control-to-old-build", "gw2", "gw1");
        Assert.Equal(new Verdict.Stop(StopKind.Human, reason, Check: Checks.ControlToOldBuild), run.Judge(HandBack));
        run.Override(Checks.ControlToOldBuild);
        Assert.Equal(Message.Of("apply.hand-back", "gw1", "gw2"), Assert.IsType<Verdict.Apply>(run.Judge(HandBack)).Reason);

        // The former Control node before the others, whatever their order.
        run.Plan = run.Plan with { Nodes = [.. run.Plan.Nodes.Reverse()] };
        Assert.Equal("gw1", Assert.IsType<Verdict.Apply>(run.Judge(HandBack)).Values["heir"]);
        run["gw1"] = run["gw1"] with { Load = new LoadState(LoadMode.Drain, 0, Healthy: true) };
        run["gw3"] = run["gw3"] with { Load = run["gw1"].Load };
        Assert.Equal(new Verdict.Stop(StopKind.Human, Message.Of("stop.no-other-control", "gw2")), run.Judge(HandBack));
    }

    [Fact]
    public void When_the_heir_is_Control_the_node_that_goes_back_gives_the_role_up()
    {
        CutRun run = Reverting("after S16/gw3");
        run.Intend(HandBack, ("heir", "gw3"));
        Assert.Equal(Message.Of("wait.hand-back", "gw2"), Assert.IsType<Verdict.Wait>(run.Judge(HandBack)).Reason);
        SetRole(run, "gw3", NodeRole.Control);
        run.InFlight.Add(StepKey.Parse(HandBack));
        Assert.IsType<Verdict.Wait>(run.Judge(HandBack));
        run.InFlight.Clear();
        Verdict.Apply apply = Assert.IsType<Verdict.Apply>(run.Judge(HandBack));
        Assert.Equal(Message.Of("apply.demote-reverted", "gw2", "gw3"), apply.Reason);
        AssertValues(apply, ("demotes", "true"), ("heir", "gw3"));

        // Not at once where that was asked already, or somebody else became Control.
        run.Intend(HandBack, ("heir", "gw3"), ("demotes", "true"));
        Assert.IsType<Verdict.Wait>(run.Judge(HandBack));
        run.Intend(HandBack, ("heir", "gw1"));
        Assert.IsType<Verdict.Wait>(run.Judge(HandBack));

        run.Outcome(HandBack, StepOutcome.FailedNoEffect);
        Assert.Equal("true", Assert.IsType<Verdict.Apply>(run.Judge(HandBack)).Values["demotes"]);
    }

    [Fact]
    public void The_role_is_given_up_when_the_node_says_so_or_another_has_it_and_it_is_silent()
    {
        CutRun run = Reverting("after S16/gw3");
        SetRole(run, "gw2", NodeRole.Secondary);
        Assert.Equal(new Verdict.Done(Message.Of("done.hand-back", "gw2", "-")), run.Judge(HandBack));
        SetRole(run, "gw3", NodeRole.Control);
        Assert.Equal(new Verdict.Done(Message.Of("done.hand-back", "gw2", "gw3")), run.Judge(HandBack));

        run["gw2"] = run["gw2"] with { Status = null, ProblemKind = NodeProblemKind.Silent };
        Assert.IsType<Verdict.Done>(run.Judge(HandBack));
        SetRole(run, "gw3", NodeRole.Secondary);
        Assert.IsNotType<Verdict.Done>(run.Judge(HandBack));
    }

    /// <summary>All nodes run the new build; gw2 is Control, and gw1 is to be it.</summary>
    private static CutRun Preferred() => new("after S16/gw1", keeper: "gw1");

    /// <summary>gw2 is on its way back to its snapshot, and its role is in question.</summary>
    private static CutRun Reverting(string at)
    {
        CutRun run = new(at);
        run.Mark("gw2", Marks.RollingBack);
        foreach (string step in "R1 R1b R2 R3".Split(' '))
        {
            run.Outcome($"{step}/gw2/-", StepOutcome.Done);
        }

        SetRole(run, "gw1", NodeRole.Secondary);
        return run;
    }

    private static string Call(CutRun run, string step, params (string Name, string Value)[] values) =>
        CalledNodes.OfAsync(run, step, values).GetAwaiter().GetResult();

    private static void SetRole(CutRun run, string node, NodeRole role) => run[node] = run[node] with { Status = run[node].Status! with { Role = role } };

    private static void SetSynchronized(CutRun run, string node, DateTimeOffset? at) =>
        run[node] = run[node] with { Status = run[node].Status! with { SynchronizedAt = at } };

    private static DateTimeOffset Since(CutRun run, string step) => run.Step(step).After.Max(k => run.Input.Run[k].OutcomeAt);

    private static void AssertWaitsThenStops(CutRun run, string step, Message waits, Message stops)
    {
        DateTimeOffset until = Since(run, step) + run.Plan.Policy.StepTimeout;
        DateTimeOffset now = run.Now;
        run.Now = until;
        Assert.Equal(new Verdict.Wait(waits, until), run.Judge(step));
        run.Now += Tick;
        Assert.Equal(new Verdict.Stop(StopKind.Human, stops), run.Judge(step));
        run.Now = now;
    }

    private static void AssertValues(Verdict.Apply apply, params (string Name, string Value)[] values) =>
        Assert.Equal(values, apply.Values.Select(v => (v.Key, v.Value)).OrderBy(v => v.Key, StringComparer.Ordinal));
}
