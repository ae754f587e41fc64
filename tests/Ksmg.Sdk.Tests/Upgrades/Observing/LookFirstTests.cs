using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>What a run looks at before it acts, and what it takes for proven: builds, servers of the balancer, sessions, roles, what was found.</summary>
public sealed class LookFirstTests
{
    private static readonly PlannedPackage FirstPackage = new(
        "ksmg_upgrade_2.0.1.6960_2.1.0.7854.ktgz", new(2, 0, 1, 6960), new(2, 1, 0, 7854), 1 << 20, new string('a', 64));

    [Theory]
    [InlineData("2.0")]
    [InlineData("2")]
    [InlineData("3")]
    [InlineData("3.1")]
    [InlineData("2.1.7")]
    [InlineData("2.0.1.7000")]
    [InlineData("unknown")]
    [InlineData("Version 2.0.1")]
    [InlineData("")]
    public void A_version_that_does_not_tell_the_build_is_refused_with_what_would_prove_it(string version)
    {
        VirtualRig rig = new() { Bend = BentWorld.Showing((node, about) => node == "gw3" ? new AboutInfo(version, null) : about) };
        UpgradePlan plan = rig.Plan();

        PlanFinding finding = Assert.Single(plan.Findings, f => f.Severity == FindingSeverity.Refusal && f.Code == "build-unknown");
        Assert.Equal("gw3", finding.Node);
        Assert.Contains($"\"{version}\"", finding.Text, StringComparison.Ordinal);
        Assert.Contains("CEF", finding.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2.1.1.8310", true)]
    [InlineData("2.1.1.8310", false)]
    [InlineData("3.0.0.9059", true)]
    [InlineData("3.0.0.9059", false)]
    public void A_newer_cluster_is_no_start_for_an_older_package(string build, bool showsBuild)
    {
        VirtualRig rig = new(
            options: new SimulatedClusterOptions { Build = BuildNumber.Parse(build), TargetBuild = new BuildNumber(4, 0, 0, 1), AboutShowsBuild = showsBuild });
        UpgradePlan plan = rig.Plan([FirstPackage]);

        Assert.Equal(
            3,
            plan.Findings.Count(
                f => f.Severity == FindingSeverity.Refusal && f.Code == "build-unexpected" && f.Text.ToString().Contains(build, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_short_version_that_other_builds_begin_with_needs_evidence_to_start_from(bool proven)
    {
        VirtualRig rig = null!;
        rig = new VirtualRig(options: new SimulatedClusterOptions { Build = new(2, 1, 0, 7854), TargetBuild = new(2, 1, 1, 8310), AboutShowsBuild = false })
        {
            BuildEvidence = new Witness(node => proven ? new BuildEvidence(rig.Cluster.World[node].Build, rig.Cluster.World.Now, "CEF") : null),
        };
        UpgradePlan plan = rig.Plan();

        Assert.Equal(!proven, plan.Findings.Any(f => f.Severity == FindingSeverity.Refusal && f.Code == "build-unknown"));
        Assert.Equal(!proven, plan.IsRefused);
        if (proven)
        {
            UpgradeReport report = rig.Start(plan);
            Assert.True(report.End == UpgradeEnd.Completed, report.Reason + "\n" + rig.Story(plan.RunId));
        }
    }

    [Fact]
    public void Evidence_proves_a_build_behind_a_version_in_words()
    {
        VirtualRig rig = null!;
        rig = new VirtualRig
        {
            Bend = BentWorld.Showing((_, about) => new AboutInfo(about.Version == "2.1" ? "autumn edition" : "spring edition", null)),
            BuildEvidence = new Witness(node => new BuildEvidence(rig.Cluster.World[node].Build, rig.Cluster.World.Now, "CEF")),
        };
        UpgradePlan plan = rig.Plan();
        Assert.True(!plan.IsRefused, plan.ToText());
        UpgradeReport report = rig.Start(plan);

        Assert.True(report.End == UpgradeEnd.Completed, report.Reason + "\n" + rig.Story(plan.RunId));
        rig.AssertNoViolation();
    }

    [Fact]
    public void Servers_that_are_swapped_are_refused_by_name()
    {
        VirtualRig rig = new() { Bend = BentWorld.Leading(node => node switch { "gw2" => "10.0.0.3:25", "gw3" => "10.0.0.2:25", _ => "10.0.0.1:25" }) };
        List<PlanFinding> findings = [.. rig.Plan().Findings.Where(f => f.Severity == FindingSeverity.Refusal)];

        Assert.Equal(["balancer-swapped", "balancer-swapped"], findings.Select(f => f.Code));
        Assert.Equal(["gw2", "gw3"], findings.Select(f => f.Node));
        Assert.Contains("10.0.0.3:25, where gw3 takes mail", findings[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Addresses_that_are_no_nodes_are_a_translation_that_has_to_be_accepted()
    {
        Func<UpgradeWorld, UpgradeWorld> bend = BentWorld.Leading(node => $"192.168.7.{node[2..]}:25");
        Assert.Contains(new VirtualRig { Bend = bend }.Plan().Findings, f => f is { Severity: FindingSeverity.Refusal, Code: UpgradeConsents.BalancerAddress });

        VirtualRig rig = new(policy: VirtualRig.FastPolicy(3) with { Accept = [UpgradeConsents.BalancerAddress] }) { Bend = bend };
        Assert.Equal(UpgradeEnd.Completed, rig.Upgrade().End);
    }

    [Fact]
    public void Servers_that_are_swapped_after_the_plan_are_seen_before_the_first_drain()
    {
        bool swapped = false;
        VirtualRig rig = new() { Bend = BentWorld.Leading(node => $"10.0.0.{(!swapped || node == "gw1" ? node[2..] : node == "gw2" ? "3" : "2")}:25") };
        VirtualProcess process = new() { At = point => swapped |= point.StartsWith(VirtualProcess.AfterOutcome + " S0/", StringComparison.Ordinal) };
        UpgradeReport report = rig.Upgrade(process);

        Assert.True(swapped);
        Assert.Equal(UpgradeEnd.Paused, report.End);
        Assert.Contains("where gw3 takes mail", report.Reason, StringComparison.Ordinal);
        Assert.Empty(rig.Effects("load-switched"));
    }

    [Fact]
    public void Receiving_stays_on_while_sessions_arrive_at_a_node_that_the_balancer_calls_drained()
    {
        VirtualRig rig = new();
        UpgradePlan plan = rig.Plan();
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "balancer-lies" });
        UpgradeReport report = rig.Start(plan);

        Assert.Equal(UpgradeEnd.Paused, report.End);
        Assert.Contains("new sessions still arrive", report.Reason, StringComparison.Ordinal);
        Assert.Empty(rig.Effects("receiving-switched"));
        Assert.Equal(0, rig.Cluster.GetMail().Rejected);

        rig.Cluster.Faults.Clear();
        Assert.Equal(UpgradeEnd.Completed, rig.Resume(plan.RunId).End);
        rig.AssertNoViolation();
    }

    [Fact]
    public void A_balancer_that_lies_when_the_node_is_to_come_back_is_a_humans()
    {
        VirtualRig rig = new();
        UpgradeReport report = rig.Upgrade(Once("S14/gw2", () => rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "balancer-lies" })));

        Assert.Equal(UpgradeEnd.NeedsHuman, report.End);
        Assert.Contains("not one came", report.Reason, StringComparison.Ordinal);
        Assert.Equal(LoadMode.Drain, rig.Cluster.World.Mail.Balancer.StateOf("gw2").Mode);
        Assert.Empty(rig.Effects("load-switched", "gw3"));

        rig.Cluster.Faults.Clear();
        UpgradeReport resumed = rig.Resume(report.RunId);
        Assert.True(resumed.End == UpgradeEnd.Completed, resumed.Reason + "\n" + rig.Story(report.RunId));
        rig.AssertNoViolation();
    }

    [Fact]
    public void Without_any_traffic_nobody_is_called_for_connections_that_do_not_come()
    {
        VirtualRig rig = new(mailPerSecond: 0);
        UpgradeReport report = rig.Upgrade();

        Assert.Equal(UpgradeEnd.Completed, report.End);
        Assert.Contains("could not be seen", OutcomeOf(rig, report.RunId, "S15/gw2/-").Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gw1")]
    [InlineData("gw3")]
    public void A_node_that_somebody_upgrades_by_hand_pauses_the_run_by_name(string node)
    {
        VirtualRig rig = new();
        UpgradeReport report = rig.Upgrade(new VirtualProcess
        {
            At = point =>
            {
                if (point.StartsWith(VirtualProcess.AfterIntent + " S8/gw2", StringComparison.Ordinal))
                {
                    rig.Cluster.Act(node, "upgrade");
                }
            },
        });

        Assert.Equal(UpgradeEnd.Paused, report.End);
        Assert.Contains($"{node} runs 2.1.0.7854, the run expects 2.0.1.6960", report.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain(rig.Cluster.GetViolations(), v => v.Cause == EffectCause.Client);
        if (node == "gw1")
        {
            rig.Tell(report.RunId, run => run.OverrideAsync("test", UpgradeOverrides.ForeignChange, "a test", rig.Time.GetUtcNow() + TimeSpan.FromHours(2)));
            UpgradeReport resumed = rig.Resume(report.RunId);
            Assert.Equal(UpgradeEnd.NeedsHuman, resumed.End);
            Assert.Contains("gw1 is Control at 2.1.0.7854 already", resumed.Reason, StringComparison.Ordinal);
            Assert.DoesNotContain(rig.Effects("role-assigned"), e => e.Cause == EffectCause.Client);
        }
    }

    [Fact]
    public void Nobody_is_promoted_while_the_Control_node_is_not_heard()
    {
        VirtualRig rig = new();
        UpgradeReport report = rig.Upgrade(Once("S10/gw2", () => rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "partition-client", Node = "gw1" })));

        Assert.Equal(UpgradeEnd.NeedsHuman, report.End);
        Assert.Contains("gw2 is not made Control while gw1 does not answer", report.Reason, StringComparison.Ordinal);
        rig.Cluster.Faults.Clear();
        Assert.Equal(UpgradeEnd.Completed, rig.Resume(report.RunId).End);
        rig.AssertNoViolation();
    }

    [Theory]
    [InlineData("drain")]
    [InlineData("receive-off")]
    public void What_somebody_switched_off_on_purpose_stays_off(string act)
    {
        VirtualRig rig = new(4, VirtualRig.FastPolicy(4) with { MaxUnavailable = 2 }, new SimulatedClusterOptions { MailFloor = 2 });
        UpgradeReport report = rig.Upgrade(Once("S8/gw2", () => rig.Cluster.Act("gw3", act)));
        Assert.Equal(UpgradeEnd.Paused, report.End);
        Assert.Contains("gw3", report.Reason, StringComparison.Ordinal);

        rig.Tell(
            report.RunId,
            run => run.OverrideAsync("test", UpgradeOverrides.ForeignChange, "its disk is being replaced", rig.Time.GetUtcNow() + TimeSpan.FromHours(3)));
        report = rig.Resume(report.RunId);
        Assert.True(report.End == UpgradeEnd.Completed, report.Reason + "\n" + rig.Story(report.RunId));
        SimulatedNode gw3 = rig.Cluster.World["gw3"];
        Assert.Equal("2.1.0.7854", gw3.Build.ToString());
        Assert.Equal(act != "receive-off", gw3.Receiving);
        Assert.Equal(act == "drain" ? LoadMode.Drain : LoadMode.Ready, rig.Cluster.World.Mail.Balancer.StateOf("gw3").Mode);
        Assert.All(rig.Cluster.World.Nodes.Where(n => n.Name != "gw3"), n => Assert.True(n.Receiving));
        Assert.DoesNotContain(rig.Cluster.GetViolations(atEnd: true), v => v.Cause == EffectCause.Client);
    }

    [Fact]
    public void A_drain_that_comes_right_before_our_own_is_not_taken_for_how_things_were()
    {
        VirtualRig rig = new();
        UpgradeReport report = rig.Upgrade(Once("S4a/gw3", () => rig.Cluster.Act("gw2", "drain")));

        Assert.Equal(UpgradeEnd.Paused, report.End);
        Assert.Contains("has gw2 in mode Drain", report.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_node_found_receiving_nothing_goes_back_into_the_load_it_was_found_in()
    {
        VirtualRig rig = new(4, policy: VirtualRig.FastPolicy(4) with { MaxUnavailable = 2, Accept = [UpgradeConsents.UpgradeOutOfService] });
        rig.Cluster.Act("gw3", "receive-off");
        UpgradeReport report = rig.Upgrade();

        Assert.True(report.End == UpgradeEnd.Completed, report.Reason);
        Assert.False(rig.Cluster.World["gw3"].Receiving);
        Assert.Equal(LoadMode.Ready, rig.Cluster.World.Mail.Balancer.StateOf("gw3").Mode);
    }

    [Fact]
    public void Receiving_is_switched_on_the_page_of_the_Control_node_of_the_same_build_where_that_works()
    {
        VirtualRig rig = new(options: new SimulatedClusterOptions { EmergencyAcrossBuilds = false });
        UpgradeReport report = rig.Upgrade();

        Assert.Equal(UpgradeEnd.Completed, report.End);
        Assert.Equal(["gw1"], Pages(rig, report, "S2/gw2/-"));
        Assert.Equal(["gw2"], Pages(rig, report, "S13/gw2/-"));
        Assert.Equal(["gw1"], Pages(rig, report, "S2/gw3/-"));
        Assert.Equal(["gw2"], Pages(rig, report, "S13/gw3/-"));
        Assert.Contains("on the page of gw1", OutcomeOf(rig, report.RunId, "S2/gw3/-").Text, StringComparison.Ordinal);
        rig.AssertNoViolation();
    }

    [Fact]
    public void The_nodes_own_page_comes_last_and_the_journal_says_so()
    {
        VirtualRig rig = new();
        UpgradeReport report = rig.Upgrade();

        Assert.Equal(UpgradeEnd.Completed, report.End);
        Assert.Equal(["gw1", "gw2", "gw3"], Pages(rig, report, "S2/gw3/-"));
        Assert.Contains("not the vendor's way", IntentsOf(rig, report.RunId, "S2/gw3/-").Last().Text, StringComparison.Ordinal);
        Assert.DoesNotContain("not the vendor's way", IntentsOf(rig, report.RunId, "S13/gw2/-").Last().Text, StringComparison.Ordinal);
    }

    public static TheoryData<string, SimulatedClusterOptions, UpgradeEnd> Switches { get; } = new()
    {
        { "before the queue", new() { AfterQueueFilter = false }, UpgradeEnd.Completed },
        { "after the queue", new() { AfterQueueFilter = true }, UpgradeEnd.Completed },
        { "no emergency across builds", new() { EmergencyAcrossBuilds = false }, UpgradeEnd.Completed },
        { "emergency across builds", new() { EmergencyAcrossBuilds = true }, UpgradeEnd.Completed },
        { "no queue page", new() { SecondaryHasQueuePage = false, EmergencyAcrossBuilds = false }, UpgradeEnd.Completed },
        { "no page at all in the handover", new() { SecondaryHasQueuePage = false }, UpgradeEnd.Paused },
        { "upper case", new() { HeaderHostName = HeaderHostName.UpperCase }, UpgradeEnd.Completed },
        { "short", new() { HeaderHostName = HeaderHostName.ShortName }, UpgradeEnd.Completed },
        { "changed by the update", new() { HeaderHostName = HeaderHostName.ChangedByUpdate }, UpgradeEnd.Completed },
        { "a digest told", new() { TellsUploadDigest = true }, UpgradeEnd.Completed },
        { "no digest told", new() { TellsUploadDigest = false }, UpgradeEnd.Paused },
        { "uploads named by us", new() { UploadNaming = UploadNaming.BySender }, UpgradeEnd.Completed },
        { "uploads named by the node", new() { UploadNaming = UploadNaming.Numbered }, UpgradeEnd.Completed },
        { "names of uploads that come again", new() { UploadNaming = UploadNaming.LowestFree }, UpgradeEnd.Completed },
    };

    [Theory]
    [MemberData(nameof(Switches))]
    public void Both_ends_of_what_nobody_has_written_down_end_in_a_named_state(string name, SimulatedClusterOptions options, UpgradeEnd end)
    {
        VirtualRig rig = new(options: options);
        UpgradeReport report = rig.Upgrade();

        Assert.True(report.End == end, $"{name}: {report.Reason}\n{rig.Story(report.RunId)}");
        rig.AssertNoViolation(name);
    }

    [Fact]
    public void A_copy_that_came_through_another_node_parks_this_one()
    {
        VirtualRig rig = new();
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "probe-via-other-node", Value = "ksmg-upgrade" });
        UpgradeReport report = rig.Upgrade();

        Assert.Equal(UpgradeEnd.NeedsHuman, report.End);
        Assert.Contains("came through gw3.ksmg.test, not through gw2.ksmg.test", report.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void The_test_messages_id_is_of_the_domain_that_the_probe_names()
    {
        VirtualRig rig = new() { Bend = world => world with { Ports = world.Ports with { MailProbe = new OwnDomain(world.Ports.MailProbe!) } } };
        UpgradeReport report = rig.Upgrade();

        Assert.Equal(UpgradeEnd.Completed, report.End);
        Assert.EndsWith("@sender.example>", IntentsOf(rig, report.RunId, "S14/gw2/-").Single().Values![Marks.MessageId], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, false)]
    [InlineData(3, true)]
    public void To_demote_the_former_Control_early_takes_a_consent_for_more_than_two_nodes(int nodes, bool refused)
    {
        UpgradePolicy policy = VirtualRig.FastPolicy(nodes) with { DemoteFormerControl = DemoteFormerControl.WhenPromoted };
        Assert.Equal(
            refused,
            new VirtualRig(nodes, policy).Plan().Findings.Any(f => f is { Severity: FindingSeverity.Refusal, Code: UpgradeConsents.DemoteWhenPromoted }));
        Assert.False(new VirtualRig(nodes, policy with { Accept = [UpgradeConsents.DemoteWhenPromoted] }).Plan().IsRefused);
    }

    [Fact]
    public async Task An_upload_of_a_run_that_is_not_recorded_here_is_a_trace_of_it()
    {
        VirtualRig rig = new();
        await rig.Cluster.World["gw3"].CallAsync(
            "upload-update", Caller.Human, n => { n.BeginUpload("20260101-080000-a1b2-gw3-0-1", "ksmg_upgrade.ktgz", 1000, 0, Caller.Human); });
        PlanFinding finding = Assert.Single(rig.Plan().Findings, f => f.Severity == FindingSeverity.Refusal);

        Assert.Equal((UpgradeConsents.ForeignRun, "gw3"), (finding.Code, finding.Node));
        Assert.Contains("20260101-080000-a1b2", finding.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1", "1 message in the MTA queue")]
    [InlineData("3", "3 messages in the MTA queue")]
    public void A_drain_that_is_stuck_says_for_whom_and_why(string messages, string text)
    {
        VirtualRig rig = new(policy: VirtualRig.FastPolicy(3) with { NoProgressTimeout = TimeSpan.FromMinutes(1), DrainTimeout = TimeSpan.FromHours(1) });
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "queue-stuck", Node = "gw2", Queue = "mta", Value = messages });
        UpgradeReport report = rig.Upgrade();

        Assert.Equal(UpgradeEnd.NeedsHuman, report.End);
        Assert.Contains("not one message has left", report.Reason, StringComparison.Ordinal);
        Assert.Contains(text + ".", report.Reason, StringComparison.Ordinal);
        Assert.Matches($@"recipient\.example {messages} \(oldest 1 min( \d+ s)?\): deferred by a fault", report.Reason);
        Assert.True(report.LastAt - report.StartedAt < TimeSpan.FromMinutes(5));
    }

    [Fact]
    public void A_drain_that_is_not_told_what_it_waits_for_says_which_call_failed()
    {
        VirtualRig rig = new(policy: VirtualRig.FastPolicy(3) with { NoProgressTimeout = TimeSpan.FromMinutes(1), DrainTimeout = TimeSpan.FromHours(1) });
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "queue-stuck", Node = "gw2", Queue = "mta", Value = "3" });
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "refuse", Node = "gw2", Operation = OperationNames.ListQueue, Times = 0 });
        UpgradeReport report = rig.Upgrade();

        Assert.Equal(UpgradeEnd.NeedsHuman, report.End);
        Assert.Contains("gw2 still holds 3 messages in the MTA queue. What it waits for is not told: ", report.Reason, StringComparison.Ordinal);
        Assert.Contains(OperationNames.ListQueue, report.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Between_what_was_done_and_the_next_effect_each_node_is_asked_once()
    {
        VirtualRig rig = new(mailPerSecond: 0);
        List<string> looks = [];
        long known = 0;
        string last = "";
        DateTimeOffset at = default;
        VirtualProcess process = new()
        {
            At = point =>
            {
                SimulatedWorld world = rig.Cluster.World;
                SimulatedRequest[] since = world.RequestsAfter(known);
                known += since.Length;

                // Several effects are decided by one look, and what has to be waited for is looked at more than once.
                bool follows = last.StartsWith(VirtualProcess.AfterOutcome, StringComparison.Ordinal)
                    && point.StartsWith(VirtualProcess.BeforeIntent, StringComparison.Ordinal) && world.Now == at;
                looks.AddRange(!follows ? [] : world.Nodes.Select(n =>
                    $"{n.Name} {since.Count(r => r.Node == n.Name && r.Operation == "get-node-status")} ({last}, {point})"));
                (last, at) = (point, world.Now);
            },
        };

        Assert.Equal(UpgradeEnd.Completed, rig.Upgrade(process).End);
        Assert.True(looks.Count > 40, $"{looks.Count}");
        Assert.DoesNotContain(looks, look => look.Split(' ')[1] != "1");
    }

    [Theory]
    [InlineData(1, "Only gw1 takes mail: ")]
    [InlineData(2, "No node is known to take mail. ")]
    public async Task Whoever_would_be_left_is_named_and_nobody_is_nobody(int off, string text)
    {
        VirtualRig rig = new(2);
        foreach (SimulatedNode node in rig.Cluster.World.Nodes.AsEnumerable().Reverse().Take(off))
        {
            await node.CallAsync("set-receiving", Caller.Human, n => n.SetReceiving(null, enabled: false, Caller.Human));
        }

        PlanFinding finding = Assert.Single(rig.Plan().Findings, f => f.Code == "nobody-left");
        Assert.StartsWith(text, finding.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_drain_that_goes_on_is_not_called_stuck()
    {
        VirtualRig rig = new(policy: VirtualRig.FastPolicy(3) with { NoProgressTimeout = TimeSpan.FromMinutes(1), DrainTimeout = TimeSpan.FromHours(1) });
        for (int i = 1; i <= 6; i++)
        {
            rig.Cluster.World["gw2"].Mail.Hold(MessageQueueKind.Mta, 1, "slow", stubborn: true, TimeSpan.FromSeconds(40 * i));
        }

        Assert.Equal(UpgradeEnd.Completed, rig.Upgrade().End);
    }

    private static VirtualProcess Once(string afterOutcomeOf, Action act) =>
        VirtualProcess.Once($"{VirtualProcess.AfterOutcome} {afterOutcomeOf}", act);

    private static JournalEntry OutcomeOf(VirtualRig rig, string run, string step) =>
        rig.Records(run).Last(r => r.Entry.Kind == JournalEntryKind.Outcome && r.Entry.Step == step).Entry;

    private static List<JournalEntry> IntentsOf(VirtualRig rig, string run, string step) =>
        [.. rig.Records(run).Where(r => r.Entry.Kind == JournalEntryKind.Intent && r.Entry.Step == step).Select(r => r.Entry)];

    private static IEnumerable<string> Pages(VirtualRig rig, UpgradeReport report, string step) =>
        IntentsOf(rig, report.RunId, step).Select(e => e.Values!["page"]);

    private sealed class Witness(Func<string, BuildEvidence?> say) : IBuildEvidence
    {
        public Task<BuildEvidence?> GetAsync(string node, CancellationToken cancellationToken = default) => Task.FromResult(say(node));
    }

    private sealed class OwnDomain(IMailProbe inner) : IMailProbe
    {
        public string MessageIdDomain => "sender.example";

        public Task<ProbeAnswer> AskAsync(string node, CancellationToken cancellationToken = default) => inner.AskAsync(node, cancellationToken);

        public Task<ProbeAnswer> SendAsync(string node, string messageId, CancellationToken cancellationToken = default) =>
            inner.SendAsync(node, messageId, cancellationToken);

        public Task<IReadOnlyList<ProbeCopy>> FindAsync(string messageId, CancellationToken cancellationToken = default) =>
            inner.FindAsync(messageId, cancellationToken);
    }
}
