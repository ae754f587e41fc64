using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Upgrades.Steps;

/// <summary>
/// What is found before a run, asked directly: of a cluster that is well but for one thing, which of gw2 where it is a node's. gw1 is its Control node.
/// </summary>
public sealed class PreflightTests
{
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Week = TimeSpan.FromDays(7);
    private static readonly BuildNumber Odd = new(3, 0, 0, 9059);

    private static readonly Action<CutRun> Balanced = run => run.IsBalanced = true;

    private static readonly Action<CutRun> Upgraded = run =>
    {
        run.Found("gw2", n => n with { Build = run.Plan.To });
        Run("2.1.0.7854")(run);
    };

    private static readonly Action<CutRun> Prepared = run =>
        run.Plan = run.Plan with { Packages = [run.Plan.Packages[0] with { IsPreliminary = true }, .. run.Plan.Packages] };

    private static readonly Dictionary<string, (Action<CutRun> Break, string Code, object?[] Arguments)> Refused = new(StringComparer.Ordinal)
    {
        ["silent"] = (Silence(NodeProblemKind.Silent), "node-silent", ["so it is"]),
        ["odd"] = (Silence(NodeProblemKind.Odd), "node-odd", ["so it is"]),
        ["unread"] = (Silence(NodeProblemKind.Unread), "node-unread", ["so it is"]),
        ["login"] = (Silence(NodeProblemKind.Login), "node-login", ["so it is"]),
        ["certificate"] = (Silence(NodeProblemKind.Certificate), "node-certificate", ["so it is"]),
        ["another node"] = (Silence(NodeProblemKind.Another), "node-silent", ["so it is"]),
        ["no status"] = (See(n => n with { Status = null }), "node-silent", [null]),
        ["no switches"] = (See(n => n with { Switches = null }), "node-silent", [null]),
        ["no version"] = (See(n => n with { About = null }), "node-silent", [null]),
        ["a build nobody knows"] = (See(n => n with { About = new AboutInfo("9.9", null) }), "build-unknown", ["9.9", "2.0.1.6960, 2.1.0.7854"]),
        ["another build than planned"] = (Run("2.1.0.7854"), "build-unexpected", [new BuildNumber(2, 1, 0, 7854), "2.0.1.6960, 2.1.0.7854"]),
        ["a build of no package"] = (
            run =>
            {
                run.Found("gw2", n => n with { Build = Odd });
                Run("3.0.0.9059")(run);
            },
            "build-unexpected",
            [Odd, "2.0.1.6960, 2.1.0.7854"]),
        ["another role"] = (run => run.Found("gw2", n => n with { Role = NodeRole.Control }), "role-changed", [NodeRole.Secondary, NodeRole.Control]),
        ["old databases"] = (State(s => s with { Databases = DatabasesState.OutOfDate }), UpgradeConsents.OldDatabases, []),
        ["an ended license"] = (State(s => s with { License = LicenseState.Expired }), UpgradeConsents.ExpiredLicense, []),
        ["not sending"] = (See(n => n with { Switches = new MailFlowSwitches(Receiving: true, Sending: false) }), "sending-off", []),
        ["not receiving"] = (TakeOut("gw2"), UpgradeConsents.UpgradeOutOfService, []),
        ["out of load"] = (See(n => n with { Load = n.Load! with { Mode = LoadMode.Drain } }), UpgradeConsents.UpgradeOutOfService, []),
        ["not healthy"] = (See(n => n with { Load = n.Load! with { Healthy = false } }), UpgradeConsents.UpgradeOutOfService, []),
        ["upgraded, not receiving"] = (Upgraded + TakeOut("gw2"), "upgraded-out-of-service", [new BuildNumber(2, 1, 0, 7854)]),
        ["upgraded, out of load"] = (
            Upgraded + See(n => n with { Load = n.Load! with { Mode = LoadMode.Drain } }), "upgraded-out-of-service", [new BuildNumber(2, 1, 0, 7854)]),
        ["upgraded, not healthy"] = (
            Upgraded + See(n => n with { Load = n.Load! with { Healthy = false } }), "upgraded-out-of-service", [new BuildNumber(2, 1, 0, 7854)]),
        ["queues are not told"] = (
            See(n => n with { Untold = Facets.Queues }), UpgradeConsents.QueueUnproven, [VirtualRig.FastPolicy(3).DrainTimeout]),
        ["uploads are not told"] = (See(n => n with { UploadWay = new UploadWay { Lists = false } }), UpgradeConsents.UploadUnproven, []),
        ["installations are not told, with a preliminary package"] = (
            Prepared + See(n => n with { Untold = Facets.Update }), "preliminary-untold", []),
        ["it installs"] = (See(n => n with { Update = new UpdateStatus { State = UpdateState.Installing } }), "installation-running", []),
        ["it takes no mail"] = (See(n => n with { Rcpt = new ProbeAnswer(false, "550 no") }), "smtp-refuses", ["550 no"]),
        ["it is not in the load balancer"] = (See(n => n with { Load = null }) + Balanced, "not-in-balancer", []),
        ["a neighbour fails"] = (See(n => n with { PortProblem = "no hypervisor" }), "adapter-silent", ["no hypervisor"]),
    };

    public static TheoryData<string> Names => [.. Refused.Keys];

    /// <summary>What is refused is waived by its name, in the policy or by a human, and by no other; then it is told all the same.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void What_is_wrong_with_a_node_is_refused_until_it_is_waived_by_name(string wrong)
    {
        (Action<CutRun> spoil, string code, object?[] arguments) = Refused[wrong];
        CutRun run = Well();
        spoil(run);
        PlanFinding refusal = PlanFinding.Of(FindingSeverity.Refusal, code, "gw2", arguments);
        PlanFinding warning = refusal with { Severity = FindingSeverity.Warning };
        Assert.Equal([refusal], Preflight.Check(run.Plan, run.Input.Cluster));
        Assert.Equal([refusal], Preflight.Check(run.Plan, run.Input.Cluster, check => check != code));
        Assert.Equal([warning], Preflight.Check(run.Plan, run.Input.Cluster, check => check == code));
        Assert.Equal([refusal], Findings(run.With(p => p with { Accept = ["another"] })));
        Assert.Equal([warning], Findings(run.With(p => p with { Accept = [code] })));
    }

    [Fact]
    public void Of_a_cluster_that_is_well_nothing_is_found()
    {
        Assert.Empty(Findings(Well()));
        Assert.Empty(Findings(Well().With(p => p with { MaxUnavailable = 1 })));
        Assert.Empty(Findings(Well(nodes: 1)));

        // Where uploading installs, no list proves anything; what is upgraded gets no upload. Who does not receive need not take mail.
        Assert.Empty(Findings(Well(), See(n => n with { UploadWay = new UploadWay { Lists = false, Installs = true } })));
        Assert.Empty(Findings(Well(), Upgraded + See(n => n with { UploadWay = new UploadWay { Lists = false } })));
        Assert.Empty(Findings(Well(), See(n => n with { Load = null })));
        Assert.Empty(Findings(Well(), See(n => n with { Rcpt = new ProbeAnswer(true, "250 OK") })));
        PlanFinding only = Assert.Single(Findings(Well(), TakeOut("gw2") + See(n => n with { Rcpt = new ProbeAnswer(false, "550 no") })));
        Assert.Equal(UpgradeConsents.UpgradeOutOfService, only.Code);
    }

    /// <summary>A warning is one, waived or not.</summary>
    [Fact]
    public void What_only_is_to_be_known_is_a_warning()
    {
        Assert.Equal([Warning("rights-untold")], Findings(Well(), See(n => n with { User = null })));
        Assert.Equal([Warning("update-untold")], Findings(Well(), See(n => n with { Untold = Facets.Update })));
        Assert.Equal([Warning("license-expiring")], Findings(Well(), State(s => s with { License = LicenseState.Expiring })));
        CutRun run = Well();
        DateTimeOffset week = run["gw2"].WallAt + Week;
        Assert.Empty(Findings(run, See(n => n with { User = n.User! with { PasswordExpiresAt = week } })));
        Assert.Equal([Warning("password-expires", week - Tick)], Findings(run, See(n => n with { User = n.User! with { PasswordExpiresAt = week - Tick } })));
        Assert.Equal([Warning("password-expires", week - Tick)], Findings(run.With(p => p with { Accept = ["password-expires"] })));
    }

    /// <summary>On the Control node settings are edited; on the others nodes are managed as well.</summary>
    [Theory]
    [InlineData("gw1", true, false, true)]
    [InlineData("gw1", false, true, false)]
    [InlineData("gw2", true, true, true)]
    [InlineData("gw2", true, false, false)]
    [InlineData("gw2", false, true, false)]
    public void The_account_needs_its_rights(string node, bool edits, bool manages, bool suffices)
    {
        CutRun run = Well();
        run[node] = run[node] with { User = new CurrentUser { UserName = "ann", CanEditSettings = edits, CanManageNodes = manages } };
        Assert.Equal(suffices ? [] : [PlanFinding.Of(FindingSeverity.Refusal, "rights", node, "ann")], Findings(run));
    }

    /// <summary>What an upload of this run takes up is taken up already; that of nobody else.</summary>
    [Fact]
    public void Each_node_has_the_room_that_is_asked_for()
    {
        CutRun run = Well().With(p => p with { RequiredFreeBytes = new Dictionary<string, long>(StringComparer.Ordinal) { ["/var"] = 100 } });
        foreach (string node in new[] { "gw1", "gw2", "gw3" })
        {
            run[node] = run[node] with { Status = run[node].Status! with { Disks = [new DiskSpace("/", 1, 1), new DiskSpace("/var", 100, 200)] } };
        }

        Assert.Empty(Findings(run));
        Assert.Equal([Refusal("disk", "/var", null, 100L)], Findings(run, State(s => s with { Disks = [new DiskSpace("/", 500, 500)] })));
        PlanFinding full = Refusal("disk", "/var", 99L, 100L);
        Assert.Equal([full], Findings(run, State(s => s with { Disks = [new DiskSpace("/var", 99, 200)] })));
        UploadedUpdate foreign = new() { Id = "another", FileName = "another.ksmg", ReceivedBytes = 1 };
        Assert.Equal([full], Findings(run, See(n => n with { Uploads = [foreign] })));
        UploadedUpdate ours = foreign with { FileName = run.Plan.Packages[0].Name, SizeBytes = run.Plan.Packages[0].SizeBytes };
        Assert.Empty(Findings(run, See(n => n with { Uploads = [ours] })));

        // On a node that lists none, what an answer told of counts.
        See(n => n with { Uploads = null })(run);
        Assert.Equal([full.Code], Preflight.Fitness(Planned(run), run.Plan, run.Input.Cluster, run.Input.Run).Select(a => a.Code));
        run.Intend("S7/gw2/0", (Marks.Upload, "upload"));
        Assert.Equal([full.Code], Preflight.Fitness(Planned(run), run.Plan, run.Input.Cluster, run.Input.Run).Select(a => a.Code));
        run.Write(new JournalEntry
        {
            Kind = JournalEntryKind.Observation,
            Node = "gw2",
            Values = new Dictionary<string, string>(StringComparer.Ordinal) { [Marks.Kept + "upload"] = "17" },
        });
        Assert.Empty(Preflight.Fitness(Planned(run), run.Plan, run.Input.Cluster, run.Input.Run));
        Assert.Equal([full.Code], Preflight.Fitness(Planned(run), run.Plan, run.Input.Cluster).Select(a => a.Code));
    }

    /// <summary>How old settings are, the node's own clock tells where it shows one.</summary>
    [Fact]
    public void Settings_have_to_be_new_enough()
    {
        CutRun run = Well();
        DateTimeOffset oldest = run.Now - run.Plan.Policy.SynchronizationMaxAge;
        Assert.Empty(Findings(run, State(s => s with { SynchronizedAt = oldest + Tick })));
        Assert.Equal([Refusal(UpgradeConsents.NotSynchronized, oldest)], Findings(run, State(s => s with { SynchronizedAt = oldest })));
        Assert.Empty(Findings(run, State(s => s with { Clock = run.Now - Tick })));
    }

    [Fact]
    public void The_clock_of_the_Control_node_is_held_against_ours()
    {
        CutRun run = Well();
        void Set(DateTimeOffset clock) => run["gw1"] = run["gw1"] with { Status = run["gw1"].Status! with { Clock = clock } };
        Set(run.Now + Minute);
        Assert.Empty(Findings(run));
        Set(run.Now + Minute + Tick);
        Assert.Equal([PlanFinding.Of(FindingSeverity.Refusal, "clock", "gw1", Minute + Tick, Minute)], Findings(run));
    }

    [Fact]
    public void What_is_wrong_with_the_neighbours_is_told_as_it_is()
    {
        CutRun run = Well();
        run.LoadProblem = "no socket";
        Assert.Equal([OfCluster("balancer-silent", "no socket")], Findings(run));
        run.LoadProblem = null;
        PlanFinding server = new(FindingSeverity.Refusal, UpgradeConsents.BalancerAddress, null, Message.Said("so it is"));
        run.ServerFindings = [server];
        Assert.Equal([server], Findings(run));
    }

    /// <summary>There is one; between two builds, one of each.</summary>
    [Fact]
    public void There_is_one_Control_node()
    {
        CutRun run = Well();
        SetRole(run, "gw1", NodeRole.Secondary);
        Assert.Equal([OfCluster("controls", 0, string.Empty)], Findings(run));
        Silence(NodeProblemKind.Silent)(run);
        Assert.Equal(["node-silent"], Findings(run).Select(f => f.Code));

        run = Well();
        SetRole(run, "gw2", NodeRole.Control);
        Assert.Equal([OfCluster("controls", 2, "gw2, gw1")], Findings(run));
        Upgraded(run);
        Assert.Empty(Findings(run));
        SetRole(run, "gw3", NodeRole.Control);
        Assert.Equal([OfCluster("controls", 3, "gw2, gw3, gw1")], Findings(run));
    }

    [Fact]
    public void No_two_nodes_have_one_address()
    {
        CutRun run = Well();
        run.Found("gw2", n => n with { ClusterAddress = string.Empty });
        run.Found("gw3", n => n with { ClusterAddress = string.Empty });
        Assert.Empty(Findings(run));
        run.Found("gw2", n => n with { ClusterAddress = "192.0.2.1:443" });
        run.Found("gw3", n => n with { ClusterAddress = "192.0.2.1:443" });
        Assert.Equal([OfCluster("node-twice", "gw2, gw3", "192.0.2.1:443")], Findings(run));
    }

    [Theory]
    [InlineData("gw1 gw2 gw3", null, null)]
    [InlineData("gw1 gw2 gw3 x", "x", "-")]
    [InlineData("gw1 gw2 gw3 x y", "x, y", "-")]
    [InlineData("gw1 gw2", "-", "gw3")]
    [InlineData("gw1", "-", "gw2, gw3")]
    [InlineData("gw1 gw2 x", "x", "gw3")]
    public void The_Control_node_lists_the_nodes_of_the_plan(string listed, string? surplus, string? missing)
    {
        CutRun run = Well();
        foreach (string node in new[] { "gw1", "gw2", "gw3" })
        {
            run.Found(node, n => n with { ClusterAddress = node });
        }

        run["gw1"] = run["gw1"] with { NodeList = [.. listed.Split(' ').Select(address => new Node { Address = address })] };
        run["gw2"] = run["gw2"] with { NodeList = [] };
        PlanFinding[] expected = surplus is null ? [] : [PlanFinding.Of(FindingSeverity.Refusal, "membership", "gw1", surplus, missing)];
        Assert.Equal(expected, Findings(run));
    }

    /// <summary>Two that take mail are enough; where nothing is to be done, it does not matter.</summary>
    [Fact]
    public void Somebody_else_takes_mail()
    {
        CutRun run = Well().With(p => p with { MaxUnavailable = 3, Accept = [UpgradeConsents.UpgradeOutOfService] });
        TakeOut("gw2")(run);
        Assert.Empty(Refusals(run));
        TakeOut("gw3")(run);
        PlanFinding left = new(FindingSeverity.Refusal, "nobody-left", null, Message.Of("finding.nobody-left", "gw1"));
        Assert.Equal([left], Refusals(run));
        TakeOut("gw1")(run);
        Assert.Equal([left with { Text = Message.Of("finding.nobody-works") }], Refusals(run));
        run.Plan = run.Plan with { Steps = [] };
        Assert.Empty(Refusals(run));
    }

    /// <summary>Of those that have to serve while another one is out, it is known that they are healthy.</summary>
    [Theory]
    [InlineData(1, "gw2", "gw2")]
    [InlineData(1, "gw2 gw3", "gw2, gw3")]
    [InlineData(2, "gw2", null)]
    [InlineData(2, "gw2 gw3", "gw2, gw3")]
    [InlineData(3, "gw2", null)]
    [InlineData(3, "gw1 gw2 gw3", "gw1, gw2, gw3")]
    public void Who_has_to_serve_is_known_to_be_healthy(int budget, string notChecked, string? told)
    {
        CutRun run = Well().With(p => p with { MaxUnavailable = budget });
        foreach (string node in notChecked.Split(' '))
        {
            run[node] = run[node] with { Load = run[node].Load! with { Healthy = null } };
        }

        Assert.Equal(told is null ? [] : [OfCluster(UpgradeConsents.UnknownHealth, told)], Findings(run));
    }

    /// <summary>Who is upgraded or out of work is not taken out, so that nobody has to serve for it.</summary>
    [Fact]
    public void Nobody_serves_for_who_is_not_taken_out()
    {
        CutRun run = Well();
        foreach (string node in new[] { "gw2", "gw3", "gw1" })
        {
            run[node] = run[node] with { Load = run[node].Load! with { Healthy = null } };
            run.Found(node, n => n with { Receiving = node == "gw1", Build = node == "gw3" ? run.Plan.To : n.Build });
        }

        run["gw3"] = run["gw3"] with { About = new AboutInfo("2.1", run.Plan.To) };
        Assert.Equal([OfCluster(UpgradeConsents.UnknownHealth, "gw2, gw3")], Findings(run));
        run.Found("gw3", n => n with { Receiving = true });
        Assert.Equal([OfCluster(UpgradeConsents.UnknownHealth, "gw2, gw3")], Findings(run));
    }

    [Fact]
    public void Who_is_not_in_the_load_balancer_is_refused_by_name()
    {
        CutRun run = Well().With(p => p with { MaxUnavailable = 1 });
        Balanced(run);
        See(n => n with { Load = null })(run);
        Assert.Equal([Refusal("not-in-balancer")], Findings(run));
        run["gw3"] = run["gw3"] with { Load = run["gw3"].Load! with { Healthy = null } };
        Assert.Equal([Refusal("not-in-balancer"), OfCluster(UpgradeConsents.UnknownHealth, "gw2, gw3")], Findings(run));
    }

    /// <summary>Who is out of work already counts as one that may be.</summary>
    [Fact]
    public void No_more_are_out_of_work_than_may_be()
    {
        CutRun run = Well(nodes: 4).With(p => p with { MaxUnavailable = 1 });
        Assert.Empty(Findings(run));
        TakeOut("gw2")(run);
        Assert.Equal(OfCluster("budget", "gw2", 1), Findings(run)[^1]);
        Assert.DoesNotContain(Findings(run.With(p => p with { MaxUnavailable = 2 })), f => f.Code == "budget");
        TakeOut("gw3")(run);
        Assert.Equal(OfCluster("budget", "gw2, gw3", 2), Findings(run)[^1]);

        // Who consents to upgrade them all the same was told.
        Assert.Empty(Refusals(run.With(p => p with { Accept = [UpgradeConsents.UpgradeOutOfService] })));

        // Three nodes with two that work are not too few for that, and with one they are told as that alone.
        run = Well().With(p => p with { MaxUnavailable = 1 });
        TakeOut("gw2")(run);
        Assert.Equal(OfCluster("budget", "gw2", 1), Findings(run)[^1]);
        TakeOut("gw3")(run);
        Assert.Equal([UpgradeConsents.UpgradeOutOfService, UpgradeConsents.UpgradeOutOfService, "nobody-left"], Findings(run).Select(f => f.Code));
    }

    /// <summary>What is alike is one finding; whom no run depends on stops none.</summary>
    [Fact]
    public void What_fails_of_the_tests_of_themselves_is_told_by_neighbour()
    {
        CutRun run = Well();
        SelfTestResult[] results =
        [
            new("gw1", SelfTestOutcome.Fails, "no.", "do"), new("gw2", SelfTestOutcome.Works, "yes"), new("gw3", SelfTestOutcome.UnknownWords, "no.", "do"),
            new("gw2", SelfTestOutcome.Fails, "no.", "undo"), new("gw2", SelfTestOutcome.NotTried, "later"),
        ];
        run.SelfTests = [new PortSelfTest("LoadBalancer", results), new PortSelfTest("Notifications", results[..1])];
        PlanFinding Tested(FindingSeverity severity, string key, string port, string subjects, string remedy) =>
            new(severity, "self-test:" + port, null, Message.Of(key, port, subjects, "no", remedy, "self-test:" + port));
        PlanFinding unneeded = Tested(FindingSeverity.Warning, "finding.self-test-unneeded", "Notifications", "gw1", "do");
        PlanFinding[] expected =
        [
            Tested(FindingSeverity.Refusal, "finding.self-test", "LoadBalancer", "gw1, gw3", "do"),
            Tested(FindingSeverity.Refusal, "finding.self-test", "LoadBalancer", "gw2", "undo"),
            unneeded,
        ];
        Assert.Equal(expected, Findings(run));
        Assert.Equal([unneeded], Findings(run.With(p => p with { Accept = ["self-test:LoadBalancer"] })).Skip(2));
        Assert.Empty(Refusals(run));
    }

    /// <summary>What was seen directly as well is told as that alone.</summary>
    [Theory]
    [InlineData("balancer-silent")]
    [InlineData("adapter-silent")]
    [InlineData("smtp-refuses")]
    [InlineData("node-odd")]
    [InlineData("balancer-address")]
    [InlineData("not-in-balancer")]
    public void What_was_seen_is_not_told_twice(string seen)
    {
        CutRun run = Well();
        run.SelfTests = [new PortSelfTest("LoadBalancer", [new SelfTestResult("gw2", SelfTestOutcome.Fails, "so it is")])];
        Assert.Equal(["self-test:LoadBalancer"], Findings(run).Select(f => f.Code));
        switch (seen)
        {
            case "balancer-silent":
                run.LoadProblem = "so it is";
                break;
            case "adapter-silent":
                See(n => n with { PortProblem = "so it is" })(run);
                break;
            case "smtp-refuses":
                See(n => n with { Rcpt = new ProbeAnswer(false, "so it is") })(run);
                break;
            case "node-odd":
                Silence(NodeProblemKind.Odd)(run);
                break;
            case "balancer-address":
                run.ServerFindings = [new PlanFinding(FindingSeverity.Refusal, seen, null, Message.Said("so it is"))];
                break;
            default:
                Balanced(run);
                See(n => n with { Load = null })(run);
                break;
        }

        Assert.Equal([seen], Findings(run).Select(f => f.Code));
    }

    /// <summary>What has come up since the start and nobody accepts keeps a node from being touched; what is only told does not.</summary>
    [Fact]
    public void A_node_is_unfit_for_what_is_new_and_accepted_by_nobody()
    {
        CutRun run = Well();
        State(s => s with { Databases = DatabasesState.OutOfDate, License = LicenseState.Expiring })(run);
        Ailment old = Ailment.Refusal(UpgradeConsents.OldDatabases);
        Assert.Equal([old], Unfit(run, _ => true));
        Assert.Equal([old], Unfit(run, check => check == UpgradeConsents.OldDatabases));
        Assert.Empty(Unfit(run, check => check != UpgradeConsents.OldDatabases));
        Assert.Equal([old], Unfit(run.With(p => p with { Accept = ["another"] }), _ => true));
        Assert.Empty(Unfit(run.With(p => p with { Accept = [UpgradeConsents.OldDatabases] }), _ => true));
        run.With(p => p with { Accept = [] }).Outcome("S0/-/-", StepOutcome.Done, (Marks.Baseline + "gw2", old.Key));
        Assert.Empty(Unfit(run, _ => true));
        Silence(NodeProblemKind.Silent)(run);
        Assert.Equal([Ailment.Refusal("node-silent", "so it is")], Unfit(run, _ => true));

        static List<Ailment> Unfit(CutRun run, Func<string, bool> enforces) =>
            Preflight.Unfit(Planned(run), run.Plan, run.Input.Run, run.Input.Cluster, enforces);
    }

    /// <summary>A cluster at the start of its run, two nodes of which may be out of work, and an account that may do everything.</summary>
    private static CutRun Well(int nodes = 3)
    {
        CutRun run = new CutRun("after S0/-", nodes).With(p => p with { MaxUnavailable = 2 });
        foreach (PlannedNode node in run.Plan.Nodes)
        {
            run[node.Name] = run[node.Name] with { User = new CurrentUser { UserName = "ann", CanEditSettings = true, CanManageNodes = true } };
        }

        return run;
    }

    private static PlannedNode Planned(CutRun run) => run.Plan.Nodes.Single(n => n.Name == "gw2");

    private static List<PlanFinding> Findings(CutRun run, Action<CutRun>? spoil = null)
    {
        spoil?.Invoke(run);
        return [.. Preflight.Check(run.Plan, run.Input.Cluster)];
    }

    private static IEnumerable<PlanFinding> Refusals(CutRun run) => Findings(run).Where(f => f.Severity == FindingSeverity.Refusal);

    private static PlanFinding Refusal(string code, params object?[] arguments) => PlanFinding.Of(FindingSeverity.Refusal, code, "gw2", arguments);

    private static PlanFinding Warning(string code, params object?[] arguments) => PlanFinding.Of(FindingSeverity.Warning, code, "gw2", arguments);

    private static PlanFinding OfCluster(string code, params object?[] arguments) => PlanFinding.Of(FindingSeverity.Refusal, code, null, arguments);

    private static Action<CutRun> See(Func<NodeObservation, NodeObservation> other) => run => run["gw2"] = other(run["gw2"]);

    private static Action<CutRun> State(Func<NodeStatus, NodeStatus> other) => See(n => n with { Status = other(n.Status!) });

    private static Action<CutRun> Silence(NodeProblemKind kind) => See(n => n with { ProblemKind = kind, Problem = "so it is" });

    private static Action<CutRun> Run(string build) => See(n => n with { About = new AboutInfo(build, BuildNumber.Parse(build)) });

    private static Action<CutRun> TakeOut(string node) => run =>
        run[node] = run[node] with { Switches = new MailFlowSwitches(Receiving: false, Sending: true) };

    private static void SetRole(CutRun run, string node, NodeRole role)
    {
        run.Found(node, n => n with { Role = role });
        run[node] = run[node] with { Status = run[node].Status! with { Role = role } };
    }
}
