using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Upgrades.Steps;

/// <summary>
/// The watch over a finished node before the next one is touched, and the end of the run, asked directly. gw2 is upgraded first and Control, gw1 last.
/// </summary>
public sealed class FinishedStepTests
{
    private const string Gate = "S16/gw3/-";
    private const string Commit = "S17/-/-";

    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);
    private static readonly BuildNumber Old = new(2, 0, 1, 6960);
    private static readonly Ailment Service = Ailment.Refusal("service", "clamav", ServiceState.Failed) with { Subject = "clamav" };
    private static readonly Ailment Databases = Ailment.Refusal(UpgradeConsents.OldDatabases);

    [Fact]
    public void A_finished_node_is_watched_for_a_while()
    {
        CutRun run = Watching();
        DateTimeOffset until = Since(run, Gate) + run.Plan.Policy.Soak;
        run.Now = until - Tick;
        Verdict.Wait wait = new(Message.Of("wait.soak", "gw3", until + TimeSpan.FromDays(3)), until, Soon: false);
        Assert.Equal(wait, run.Judge(Gate));
        run.Now = until;
        Verdict.Done done = new(Message.Of("done.gate", "gw3", run.Plan.Policy.Soak));
        Assert.Equal(done, run.Judge(Gate));

        // What a former driver watched is watched anew, unless it was seen to be over.
        run.TakeOver();
        Assert.Equal(until + run.Plan.Policy.Soak, Assert.IsType<Verdict.Wait>(run.Judge(Gate)).Until);
        State(run, UpgradeEnd.Paused, (Marks.Gate, Gate));
        Assert.Equal(done, run.Judge(Gate));
    }

    [Theory]
    [InlineData(PausePoint.None, null, "")]
    [InlineData(PausePoint.First, null, "gw2")]
    [InlineData(PausePoint.Each, null, "gw2 gw3")]
    [InlineData(PausePoint.None, PausePoint.Each, "gw2 gw3")]
    [InlineData(PausePoint.Each, PausePoint.None, "")]
    public void Where_the_policy_or_a_human_says_so_the_next_node_is_approved(PausePoint planned, PausePoint? wanted, string gates)
    {
        CutRun run = new CutRun("after S15/gw1").With(p => p with { PauseAfter = planned });
        if (wanted is { } point)
        {
            run.Command(RunCommandKind.Pause, (Marks.PauseAfter, $"{point}"));
        }

        run.Now += run.Plan.Policy.Soak;
        foreach (string node in new[] { "gw2", "gw3", "gw1" })
        {
            Verdict verdict = run.Judge($"S16/{node}/-");
            if (gates.Contains(node, StringComparison.Ordinal))
            {
                Message asked = Message.Of("stop.gate", node);
                Assert.Equal(new Verdict.Stop(StopKind.Pause, Message.Sentences(asked, null), IsGate: true), verdict);
            }
            else
            {
                Assert.IsType<Verdict.Done>(verdict);
            }
        }
    }

    [Fact]
    public void As_many_people_approve_as_the_policy_asks_for()
    {
        CutRun run = Watching().With(p => p with { PauseAfter = PausePoint.Each, ApprovalsNeeded = 2 });
        run.Now += run.Plan.Policy.Soak;
        Message asked = Message.Of("stop.gate", "gw3");
        Assert.Equal(Message.Sentences(asked, Message.Of("stop.two-people")), Assert.IsType<Verdict.Stop>(run.Judge(Gate)).Reason);
        run.Command(RunCommandKind.Approve, (Marks.Gate, Gate));
        Assert.Equal(Message.Sentences(asked, Message.Of("stop.one-more", "ann")), Assert.IsType<Verdict.Stop>(run.Judge(Gate)).Reason);
        run.With(p => p with { ApprovalsNeeded = 1 });
        Assert.IsType<Verdict.Done>(run.Judge(Gate));
    }

    /// <summary>What passes first is waited for no longer than that.</summary>
    [Fact]
    public void A_finished_node_that_is_not_well_stops_the_run()
    {
        CutRun run = Watching();
        Fail(run, "gw3", obsolete: false);
        DateTimeOffset until = Since(run, Gate) + run.Plan.Policy.Soak + run.Plan.Policy.StepTimeout;
        Message problem = NodeHealth.Text("gw3", [Service]);
        run.Now = until;
        Assert.Equal(new Verdict.Wait(problem, until), run.Judge(Gate));
        run.Now += Tick;
        Assert.Equal(new Verdict.Stop(StopKind.Pause, problem, Check: Checks.FinishedNodes), run.Judge(Gate));
        run.Override(Checks.FinishedNodes);
        Assert.IsType<Verdict.Done>(run.Judge(Gate));

        CutRun both = Watching();
        Fail(both, "gw3", obsolete: true);
        Assert.Equal(new Verdict.Wait(NodeHealth.Text("gw3", [Databases, Service]), until), both.Judge(Gate));
    }

    /// <summary>What was so at the start, or is accepted, holds nothing up; and after the last node the end of the run looks at all.</summary>
    [Fact]
    public void A_finished_node_may_be_as_it_was_found()
    {
        CutRun known = Watching();
        Fail(known, "gw3", obsolete: true);
        known.Outcome("S0/-/-", StepOutcome.Done, (Marks.Baseline + "gw3", Databases.Key));
        Assert.Equal(NodeHealth.Text("gw3", [Service]), Assert.IsType<Verdict.Wait>(known.Judge(Gate)).Reason);
        known.Outcome("S0/-/-", StepOutcome.Done, (Marks.Baseline + "gw3", $"{Service.Key}\n{Databases.Key}"));
        known.Now += known.Plan.Policy.Soak;
        Assert.IsType<Verdict.Done>(known.Judge(Gate));

        CutRun accepted = Watching().With(p => p with { Accept = [UpgradeConsents.OldDatabases] });
        Fail(accepted, "gw3", obsolete: true);
        Assert.Equal(NodeHealth.Text("gw3", [Service]), Assert.IsType<Verdict.Wait>(accepted.Judge(Gate)).Reason);

        CutRun last = new("after S15/gw1");
        Fail(last, "gw1", obsolete: true);
        last.Now += last.Plan.Policy.Soak;
        Assert.IsType<Verdict.Done>(last.Judge("S16/gw1/-"));
    }

    [Theory]
    [InlineData("silent", "node-silent")]
    [InlineData("untold", "node-silent")]
    [InlineData("old", "not-upgraded")]
    [InlineData("off", "not-receiving")]
    [InlineData("drained", "out-of-load")]
    [InlineData("service", "service")]
    [InlineData("warned", "")]
    public void What_is_wrong_with_a_finished_node_is_found(string what, string code)
    {
        CutRun run = Watching();
        NodeObservation seen = run["gw3"];
        run["gw3"] = what switch
        {
            "silent" => seen with { ProblemKind = NodeProblemKind.Silent, Problem = "no answer" },
            "untold" => seen with { Status = null, Problem = "no answer" },
            "old" => seen with { About = new AboutInfo(Old.ToString(), Old) },
            "off" => seen with { Switches = new MailFlowSwitches(Receiving: false, Sending: true) },
            "drained" => seen with { Load = seen.Load! with { Mode = LoadMode.Drain } },
            "service" => seen with { Status = seen.Status! with { Services = [new ServiceStatus("clamav", ServiceState.Failed)] } },
            _ => seen with { Status = seen.Status! with { License = LicenseState.Expiring } },
        };
        Assert.Equal(code, string.Join(' ', Problems(run, "gw3").Select(a => a.Code)));
        if (code == "not-upgraded")
        {
            Assert.Equal(Ailment.Refusal("not-upgraded", Old.ToString(), run.Plan.To), Assert.Single(Problems(run, "gw3")));
        }
    }

    [Fact]
    public void What_a_node_was_found_as_is_no_problem()
    {
        CutRun run = new("before S1/gw3");
        SetRole(run, "gw1", NodeRole.Secondary);
        run["gw3"] = run["gw3"] with
        {
            About = new AboutInfo(run.Plan.To.ToString(), run.Plan.To),
            Switches = new MailFlowSwitches(Receiving: false, Sending: true),
        };
        Assert.Single(Problems(run, "gw3"));
        run.Outcome("S2/gw3/-", StepOutcome.Done, (Marks.PriorReceiving, "false"));
        Assert.Empty(Problems(run, "gw3"));
    }

    /// <summary>Old databases scan; what does not scan is accepted by name, or was so at the start.</summary>
    [Fact]
    public void A_node_whose_own_parts_do_not_work_does_not_go_back_to_work()
    {
        CutRun run = Watching();
        NodeStatus well = run["gw3"].Status!;
        Assert.Empty(OfProduct(well));
        Assert.Empty(OfProduct(well with { License = LicenseState.Expiring, Databases = DatabasesState.OutOfDate }));
        Assert.Equal(["expired-license"], OfProduct(well with { License = LicenseState.Expired }));
        Assert.Empty(OfProduct(well with { License = LicenseState.Expired }, waived: "expired-license"));
        Assert.Equal(["databases", "service"], OfProduct(well with
        {
            Databases = new DatabasesState("odd"),
            Services = [new ServiceStatus("clamav", ServiceState.Failed)],
        }));
        run.Outcome("S0/-/-", StepOutcome.Done, (Marks.Baseline + "gw3", Service.Key));
        Assert.Empty(OfProduct(well with { Services = [new ServiceStatus("clamav", ServiceState.Failed)] }));
        run.With(p => p with { Accept = [UpgradeConsents.ExpiredLicense] });
        Assert.Empty(OfProduct(well with { License = LicenseState.Expired }));

        IEnumerable<string> OfProduct(NodeStatus status, string? waived = null) =>
            FinishedNode.OfProduct("gw3", status, run.Plan, run.Input.Run, check => check != waived).Select(a => a.Code);
    }

    /// <summary>Settings that a node had before its installation, or before the last change of the Control node, are not from the new one.</summary>
    [Theory]
    [InlineData("S8/gw3/0", "synchronizedAt", true)]
    [InlineData("S8/gw3/0", "synchronizedAt.gw3", false)]
    [InlineData("S8/gw1/0", "synchronizedAt", false)]
    [InlineData("S8/gw1/0", "synchronizedAt.gw3", false)]
    [InlineData("S11/gw2/-", "synchronizedAt.gw3", true)]
    [InlineData("S11/gw2/-", "synchronizedAt.gw1", false)]
    [InlineData("S11/gw2/-", "synchronizedAt", false)]
    [InlineData("S16a/gw2/-", "synchronizedAt.gw3", true)]
    [InlineData("S6/gw1/-", "synchronizedAt.gw3", false)]
    public void Settings_have_to_come_from_the_new_Control_node(string step, string name, bool counts)
    {
        CutRun run = new("after S16/gw1", keeper: "gw1");
        DateTimeOffset at = run["gw3"].Status!.SynchronizedAt!.Value;
        run.Intend(step, (name, at.ToString("O")));
        Assert.Equal(counts ? [UpgradeConsents.NotSynchronized] : [], Problems(run, "gw3").Select(a => a.Code));
        run.Intend(step, (name, (at - Tick).ToString("O")));
        Assert.Empty(Problems(run, "gw3"));
        run.Intend(step, (name, "never"));
        Assert.Empty(Problems(run, "gw3"));

        // The latest of them counts.
        run.Intend("S8/gw3/0", ("synchronizedAt", (at - TimeSpan.FromHours(1)).ToString("O")));
        run.Intend("S11/gw2/-", ("synchronizedAt.gw3", at.ToString("O")));
        Assert.NotEmpty(Problems(run, "gw3"));
    }

    /// <summary>What a node had before it became Control itself says nothing: it gave the settings.</summary>
    [Fact]
    public void A_node_that_was_promoted_needs_no_settings_of_another()
    {
        CutRun run = new("after S16/gw1");
        SetRole(run, "gw2", NodeRole.Secondary);
        SetRole(run, "gw1", NodeRole.Control);
        DateTimeOffset at = run["gw2"].Status!.SynchronizedAt!.Value;
        run.Intend("S11/gw2/-", ("synchronizedAt.gw2", at.ToString("O")));
        Assert.Empty(Problems(run, "gw2"));
    }

    [Fact]
    public void A_run_ends_well_when_every_node_is_upgraded_and_well()
    {
        CutRun run = new("after S16/gw1");
        Verdict.Done done = Assert.IsType<Verdict.Done>(run.Judge(Commit));
        Assert.Equal(Message.Of("done.commit", 3, run.Plan.To, "gw2"), done.Evidence);
        Assert.Equal(["after.gw1", "after.gw2", "after.gw3"], done.Values!.Keys.Order());
        NodeFacts facts = NodeFactsJson.Read(done.Values["after.gw2"])!;
        Assert.Equal((NodeRole.Control, run.Plan.To, true), (facts.Role, facts.Build, facts.Receiving));

        // What was seen before it showed this version says nothing of its build.
        BuildEvidence stale = new(new BuildNumber(2, 1, 1, 8310), run["gw2"].SteadySince!.Value - Tick, "cef");
        run["gw2"] = run["gw2"] with { About = new AboutInfo("2.1", null), Evidence = stale };
        done = Assert.IsType<Verdict.Done>(run.Judge(Commit));
        Assert.Equal(run.Plan.To, NodeFactsJson.Read(done.Values!["after.gw2"])!.Build);
    }

    [Theory]
    [InlineData("silent")]
    [InlineData("silent-control")]
    [InlineData("old")]
    [InlineData("no-control")]
    [InlineData("two-controls")]
    public void Without_all_nodes_at_the_new_build_and_one_Control_node_a_run_is_not_over(string what)
    {
        CutRun run = new("after S16/gw1");
        Message problem;
        switch (what)
        {
            case "silent":
                run["gw3"] = run["gw3"] with { ProblemKind = NodeProblemKind.Silent, Problem = "no answer" };
                problem = NodeHealth.Text("gw3", [Ailment.Refusal("node-silent", "no answer")]);
                break;
            case "silent-control":
                run["gw2"] = run["gw2"] with { ProblemKind = NodeProblemKind.Silent, Problem = "no answer", Status = null };
                problem = NodeHealth.Text("gw2", [Ailment.Refusal("node-silent", "no answer")]);
                break;
            case "old":
                run["gw3"] = run["gw3"] with { About = new AboutInfo(Old.ToString(), Old) };
                problem = NodeHealth.Text("gw3", [Ailment.Refusal("not-upgraded", Old.ToString(), run.Plan.To)]);
                break;
            case "no-control":
                SetRole(run, "gw2", NodeRole.Secondary);
                problem = Message.Of("finished.no-control");
                break;
            default:
                SetRole(run, "gw3", NodeRole.Control);
                problem = Message.Of("finished.controls", "gw2, gw3");
                break;
        }

        DateTimeOffset until = Since(run, Commit) + run.Plan.Policy.StepTimeout;
        run.Now = until;
        Assert.Equal(new Verdict.Wait(problem, until), run.Judge(Commit));
        run.Now += Tick;
        Assert.Equal(new Verdict.Stop(StopKind.Human, problem), run.Judge(Commit));
    }

    /// <summary>All is waited for that may pass; then the run is over, and says so.</summary>
    [Fact]
    public void What_is_new_at_the_end_is_waited_for_and_told()
    {
        CutRun run = new("after S16/gw1");
        Fail(run, "gw3", obsolete: true);
        Fail(run, "gw1", obsolete: false);
        DateTimeOffset until = Since(run, Commit) + run.Plan.Policy.DatabasesTimeout;
        Message told = Message.Sentences([NodeHealth.Text("gw3", [Databases, Service]), NodeHealth.Text("gw1", [Service])]);
        run.Now = until;
        Assert.Equal(new Verdict.Wait(told, until), run.Judge(Commit));
        run.Now += Tick;
        Verdict.Done done = Assert.IsType<Verdict.Done>(run.Judge(Commit));
        Assert.Equal(Message.Of("done.commit-problems", 3, run.Plan.To, "gw2"), done.Evidence);
        Assert.Equal(MessageLines.Write([Databases.Text, Service.Text]), done.Values!["problems.gw3"]);
        Assert.Equal(MessageLines.Write([Service.Text]), done.Values["problems.gw1"]);
        Assert.DoesNotContain("known-problems.gw3", done.Values.Keys);
        Assert.Equal([Databases.Text, Service.Text], NodeFactsJson.Read(done.Values["after.gw3"])!.Problems);
    }

    [Fact]
    public void What_was_so_at_the_start_or_is_accepted_does_not_hold_the_end_up()
    {
        CutRun known = new("after S16/gw1");
        Fail(known, "gw3", obsolete: true);
        known.Outcome("S0/-/-", StepOutcome.Done, (Marks.Baseline + "gw3", $"{Service.Key}\n{Databases.Key}"));
        Verdict.Done done = Assert.IsType<Verdict.Done>(known.Judge(Commit));
        Assert.Equal(Message.Of("done.commit", 3, known.Plan.To, "gw2"), done.Evidence);
        Assert.Equal(MessageLines.Write([Databases.Text, Service.Text]), done.Values!["known-problems.gw3"]);
        Assert.DoesNotContain("problems.gw3", done.Values.Keys);

        CutRun accepted = new CutRun("after S16/gw1").With(p => p with { Accept = [UpgradeConsents.OldDatabases] });
        Fail(accepted, "gw3", obsolete: true);
        DateTimeOffset until = Since(accepted, Commit) + accepted.Plan.Policy.StepTimeout;
        Assert.Equal(until, Assert.IsType<Verdict.Wait>(accepted.Judge(Commit)).Until);
        accepted["gw3"] = accepted["gw3"] with { Status = accepted["gw3"].Status! with { Services = [] } };
        done = Assert.IsType<Verdict.Done>(accepted.Judge(Commit));
        Assert.Equal(MessageLines.Write([Databases.Text]), done.Values!["problems.gw3"]);
    }

    [Fact]
    public void A_node_that_was_left_out_holds_nothing_up()
    {
        CutRun run = new("after S16/gw1");
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
            },
        });
        run["gw3"] = run["gw3"] with { About = new AboutInfo(Old.ToString(), Old) };
        Fail(run, "gw3", obsolete: true);
        Verdict.Done done = Assert.IsType<Verdict.Done>(run.Judge(Commit));
        NodeFacts facts = NodeFactsJson.Read(done.Values!["after.gw3"])!;
        Assert.Equal((Old, 0), (facts.Build, facts.Problems.Count));

        run["gw3"] = run["gw3"] with { ProblemKind = NodeProblemKind.Silent };
        Assert.DoesNotContain("after.gw3", Assert.IsType<Verdict.Done>(run.Judge(Commit)).Values!.Keys);
    }

    /// <summary>gw3 is back at work, and gw2 is the only Control node.</summary>
    private static CutRun Watching()
    {
        CutRun run = new("after S15/gw3");
        SetRole(run, "gw1", NodeRole.Secondary);
        return run;
    }

    private static void Fail(CutRun run, string node, bool obsolete) => run[node] = run[node] with
    {
        Status = run[node].Status! with
        {
            Databases = obsolete ? DatabasesState.OutOfDate : DatabasesState.UpToDate,
            Services = [new ServiceStatus("clamav", ServiceState.Failed)],
        },
    };

    private static List<Ailment> Problems(CutRun run, string node) =>
        FinishedNode.Problems(run.Plan.Nodes.Single(n => n.Name == node), run.Plan, run.Input.Run, run.Input.Cluster);

    private static void State(CutRun run, UpgradeEnd state, params (string Name, string Value)[] values) => run.Write(new JournalEntry
    {
        Kind = JournalEntryKind.State,
        Text = Message.Said("odd"),
        Values = values.Append((Marks.State, $"{state}")).ToDictionary(v => v.Item1, v => v.Item2, StringComparer.Ordinal),
    });

    private static void SetRole(CutRun run, string node, NodeRole role) => run[node] = run[node] with { Status = run[node].Status! with { Role = role } };

    private static DateTimeOffset Since(CutRun run, string step) => run.Step(step).After.Max(k => run.Input.Run[k].OutcomeAt);
}
