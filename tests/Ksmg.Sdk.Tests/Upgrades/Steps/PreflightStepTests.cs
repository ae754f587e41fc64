using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Upgrades.Steps;

/// <summary>The start of a run, asked directly: when it begins, what it writes down, what it waits for and what stops it.</summary>
public sealed class PreflightStepTests
{
    private const string Step = "S0/-/-";

    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);
    private static readonly Ailment Databases = Ailment.Refusal(UpgradeConsents.OldDatabases);
    private static readonly Ailment Service = Ailment.Refusal("service", "clamav", ServiceState.Failed) with { Subject = "clamav" };

    /// <summary>How each node was is written down, and what it carries already.</summary>
    [Fact]
    public void A_run_begins_where_all_is_well()
    {
        CutRun run = AtTheStart();
        DateTimeOffset changed = run.Now - TimeSpan.FromHours(2);
        run["gw1"] = run["gw1"] with { Status = run["gw1"].Status! with { SettingsChangedAt = changed } };
        Verdict.Done done = Assert.IsType<Verdict.Done>(run.Judge(Step));
        Assert.Equal(Message.Of("done.preflight", 3), done.Evidence);
        Assert.Equal(
            ["before.gw1", "before.gw2", "before.gw3", "settings.gw1", "settings.gw2", "settings.gw3"], done.Values!.Keys.Order(StringComparer.Ordinal));
        Assert.Equal((changed.ToString("O"), string.Empty), (done.Values["settings.gw1"], done.Values["settings.gw2"]));
        AssertBefore(run, done, "gw2");
    }

    [Fact]
    public void What_was_so_at_the_start_is_known_from_then_on()
    {
        CutRun run = AtTheStart().With(p => p with { Accept = [UpgradeConsents.OldDatabases, "service"] });
        run["gw2"] = run["gw2"] with
        {
            Status = run["gw2"].Status! with
            {
                Databases = DatabasesState.OutOfDate,
                License = LicenseState.Expiring,
                Services = [new ServiceStatus("clamav", ServiceState.Failed), new ServiceStatus("clamav", ServiceState.Failed)],
            },
        };
        Verdict.Done done = Assert.IsType<Verdict.Done>(run.Judge(Step));
        Assert.Equal($"{Databases.Key}\n{Service.Key}", done.Values!["baseline.gw2"]);
        Assert.DoesNotContain("baseline.gw1", done.Values.Keys);
        AssertBefore(run, done, "gw2", Databases, Service);
    }

    /// <summary>A human waives a check by its name; that alone.</summary>
    [Fact]
    public void What_is_wrong_stops_it_until_a_human_waives_it()
    {
        CutRun run = AtTheStart();
        run["gw2"] = run["gw2"] with { Status = run["gw2"].Status! with { Databases = DatabasesState.OutOfDate } };
        run["gw3"] = run["gw3"] with { Status = run["gw3"].Status! with { License = LicenseState.Expired } };
        PlanFinding license = Of(UpgradeConsents.ExpiredLicense, "gw3");
        Assert.Equal(Stop(Of(UpgradeConsents.OldDatabases, "gw2"), license), run.Judge(Step));
        run.Override(UpgradeConsents.OldDatabases);
        Assert.Equal(Stop(license), run.Judge(Step));
        run.Override(UpgradeConsents.ExpiredLicense);
        Assert.Equal(Message.Of("done.preflight", 3), Assert.IsType<Verdict.Done>(run.Judge(Step)).Evidence);
    }

    [Fact]
    public void Each_node_is_asked_first()
    {
        CutRun run = AtTheStart();
        run.IsComplete = false;
        Assert.Equal(new Verdict.Wait(Message.Of("wait.preflight"), Until(run)), run.Judge(Step));
    }

    /// <summary>What may be well in a moment is waited for, and what does not heal by itself is not.</summary>
    [Theory]
    [InlineData("node-silent", true)]
    [InlineData("node-odd", true)]
    [InlineData("node-unread", true)]
    [InlineData("node-login", false)]
    [InlineData("node-certificate", false)]
    [InlineData("balancer-silent", true)]
    [InlineData("adapter-silent", true)]
    [InlineData("self-test:LoadBalancer", false)]
    [InlineData("self-test:LoadBalancer", true)]
    public void What_may_pass_is_waited_for(string code, bool passes)
    {
        CutRun run = AtTheStart().With(p => p with { MaxUnavailable = 2 });
        run.IsTestedAgain = passes;
        PlanFinding finding;
        switch (code)
        {
            case "balancer-silent":
                run.LoadProblem = "so it is";
                finding = PlanFinding.Of(FindingSeverity.Refusal, code, null, "so it is");
                break;
            case "adapter-silent":
                run["gw2"] = run["gw2"] with { PortProblem = "so it is" };
                finding = Of(code, "gw2", "so it is");
                break;
            case "self-test:LoadBalancer":
                run.SelfTests = [Failed("LoadBalancer")];
                finding = new PlanFinding(FindingSeverity.Refusal, code, null, TestFails("finding.self-test", "LoadBalancer"));
                break;
            default:
                run["gw2"] = run["gw2"] with { ProblemKind = Enum.Parse<NodeProblemKind>(code["node-".Length..], ignoreCase: true), Problem = "so it is" };
                finding = Of(code, "gw2", "so it is");
                break;
        }

        DateTimeOffset until = Until(run);
        run.Now = until - Tick;
        Verdict expected = passes ? new Verdict.Wait(finding.Text, until) : Stop(finding);
        Assert.Equal(expected, run.Judge(Step));
        run.Now = until;
        Assert.Equal(Stop(finding), run.Judge(Step));

        // Beside anything else that does not pass, there is nothing to wait for.
        run.Now = until - Tick;
        run["gw3"] = run["gw3"] with { Status = run["gw3"].Status! with { License = LicenseState.Expired } };
        Assert.IsType<Verdict.Stop>(run.Judge(Step));
    }

    /// <summary>Who just does not answer may be the one that takes mail; with all answering, that nobody does is no moment's matter.</summary>
    [Fact]
    public void That_too_few_take_mail_may_pass_with_who_does_not_answer()
    {
        CutRun run = AtTheStart().With(p => p with { MaxUnavailable = 3, Accept = [UpgradeConsents.UpgradeOutOfService] });
        foreach (string node in new[] { "gw2", "gw3" })
        {
            run[node] = run[node] with { Switches = new MailFlowSwitches(Receiving: false, Sending: true) };
        }

        PlanFinding left = new(FindingSeverity.Refusal, "nobody-left", null, Message.Of("finding.nobody-left", "gw1"));
        Assert.Equal(Stop(left), run.Judge(Step));
        run["gw3"] = run["gw3"] with { ProblemKind = NodeProblemKind.Silent, Problem = "so it is" };
        PlanFinding silent = Of("node-silent", "gw3", "so it is");
        Assert.Equal(new Verdict.Wait(silent.Text, Until(run)), run.Judge(Step));
        run.Now = Until(run);
        Assert.Equal(Stop(silent, left), run.Judge(Step));
    }

    /// <summary>What the neighbours' tests of themselves found is written down, and told where no run depends on it.</summary>
    [Fact]
    public void What_was_tested_is_written_down()
    {
        CutRun run = AtTheStart();
        SelfTestResult[] others = [new("gw2", SelfTestOutcome.Works, "admin"), new("gw3", SelfTestOutcome.NotTried, "later")];
        run.SelfTests = [Failed("Notifications"), new PortSelfTest("LoadBalancer", others), new PortSelfTest("Notifications", others[..1])];
        Verdict.Done done = Assert.IsType<Verdict.Done>(run.Judge(Step));
        Message told = TestFails("finding.self-test-unneeded", "Notifications");
        Assert.Equal(Message.Of("done.preflight-but", 3, new List<Message> { told }), done.Evidence);
        Assert.Equal(
            ("gw2: Works: admin\ngw3: NotTried: later", "gw1: Fails: no\ngw2: Works: admin"),
            (done.Values!["self-test.LoadBalancer"], done.Values["self-test.Notifications"]));
    }

    /// <summary>Before anything is decided.</summary>
    private static CutRun AtTheStart()
    {
        CutRun run = new("after S0/-");
        run.Records.RemoveAt(run.Records.Count - 1);
        return run;
    }

    private static DateTimeOffset Until(CutRun run) => run.Input.Run.ResumedAt + run.Plan.Policy.StepTimeout;

    private static PlanFinding Of(string code, string node, params object?[] arguments) => PlanFinding.Of(FindingSeverity.Refusal, code, node, arguments);

    private static Verdict.Stop Stop(params PlanFinding[] findings) =>
        new(StopKind.Pause, Message.Of("stop.preflight", findings.Select(f => f.Text)));

    private static PortSelfTest Failed(string port) => new(port, [new SelfTestResult("gw1", SelfTestOutcome.Fails, "no", "do")]);

    private static Message TestFails(string key, string port) => Message.Of(key, port, "gw1", "no", "do", "self-test:" + port);

    private static void AssertBefore(CutRun run, Verdict.Done done, string node, params Ailment[] problems) => Assert.Equal(
        NodeFactsJson.Write(NodeFacts.Of(run[node], run.Plan.Nodes.Single(n => n.Name == node).Build, problems)), done.Values!["before." + node]);
}
