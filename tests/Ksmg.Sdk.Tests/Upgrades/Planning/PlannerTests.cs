using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>What a plan refuses, each with the sentence that says what to do.</summary>
public sealed class PlannerTests
{
    [Theory]
    [InlineData("databases", "obsolete", "databases")]
    [InlineData("databases", "outOfDate", "old-databases")]
    [InlineData("license", "expired", "expired-license")]
    [InlineData("license", "trialExpired", "license")]
    [InlineData("license", "blacklisted", "license")]
    [InlineData("license", "invalid", "license")]
    [InlineData("license", "missing", "license")]
    [InlineData("license", "rented", "license")]
    [InlineData("databases", "fresh", "databases")]
    [InlineData("sync-fails", null, "node-problem")]
    [InlineData("service-failed", "ksmg-scanner", "service")]
    [InlineData("integrity-damaged", null, "integrity")]
    [InlineData("no-permissions", null, "rights")]
    [InlineData("clock-skew", null, "clock")]
    [InlineData("power-off", null, "node-silent")]
    [InlineData("node-added", null, "membership")]
    [InlineData("human-act", "receive-off", "upgrade-out-of-service")]
    [InlineData("human-act", "drain", "upgrade-out-of-service")]
    public void An_unhealthy_node_is_named_and_nothing_starts(string fault, string? value, string code)
    {
        VirtualRig rig = new();
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = fault, Node = "gw3", Value = value });
        UpgradePlan plan = rig.Plan();

        Assert.True(plan.IsRefused);
        Assert.Contains(plan.Findings, f => f.Severity == FindingSeverity.Refusal && f.Code == code);
        Assert.Throws<UpgradeException>(() => rig.Start(plan));
        Assert.DoesNotContain(rig.Cluster.GetEffects(), e => e.Cause == EffectCause.Client && e.Effect != "session-opened");
    }

    [Fact]
    public void A_policy_that_makes_no_sense_is_refused_by_option()
    {
        VirtualRig rig = new(
            policy: VirtualRig.FastPolicy(3) with
            {
                PollInterval = TimeSpan.Zero,
                MaxUnavailable = 0,
                Soak = TimeSpan.FromSeconds(-1),
                Accept = ["no-snapshot"],
            });
        string text = string.Join('\n', rig.Plan().Findings.Where(f => f.Severity == FindingSeverity.Refusal).Select(f => f.Text));

        Assert.Contains("PollInterval", text, StringComparison.Ordinal);
        Assert.Contains("MaxUnavailable", text, StringComparison.Ordinal);
        Assert.Contains("Soak", text, StringComparison.Ordinal);
        Assert.Contains("'no-snapshot'", text, StringComparison.Ordinal);
    }

    [Fact]
    public void In_the_middle_of_a_run_a_new_plan_names_that_run_and_nothing_else()
    {
        VirtualRig rig = new();
        UpgradePlan first = rig.Plan();
        VirtualProcess mortal = new(40);
        rig.Crash(first, mortal, resume: false);
        UpgradePlan second = rig.Plan();

        Assert.True(mortal.IsDead);
        PlanFinding finding = Assert.Single(second.Findings);
        Assert.Equal(FindingSeverity.Refusal, finding.Severity);
        Assert.Contains(first.RunId, finding.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_load_balancer_the_receive_switch_alone_takes_nodes_out_and_that_needs_consent()
    {
        VirtualRig refused = new() { WithoutLoadBalancer = true };
        Assert.Contains(refused.Plan().Findings, f => f.Code == UpgradeConsents.NoLoadBalancer && f.Severity == FindingSeverity.Refusal);

        VirtualRig rig = new(
            policy: VirtualRig.FastPolicy(3) with { Accept = [UpgradeConsents.NoLoadBalancer] }, mailPerSecond: 0)
        { WithoutLoadBalancer = true };
        UpgradeReport report = rig.Upgrade();
        Assert.True(report.End == UpgradeEnd.Completed, report.Reason);
        Assert.DoesNotContain(rig.Cluster.GetEffects(), e => e.Effect == "load-switched" && e.Cause == EffectCause.Client);
    }

    [Fact]
    public void A_node_out_of_work_is_upgraded_with_consent_and_stays_as_it_was()
    {
        VirtualRig rig = new(policy: VirtualRig.FastPolicy(3) with { MaxUnavailable = 2, Accept = [UpgradeConsents.UpgradeOutOfService] });
        rig.Cluster.Act("gw3", "receive-off");
        rig.Cluster.Act("gw3", "drain");
        UpgradeReport report = rig.Upgrade();

        Assert.True(report.End == UpgradeEnd.Completed, report.Reason);
        Assert.False(rig.Cluster.World["gw3"].Receiving);
        Assert.NotEqual(LoadMode.Ready, rig.Cluster.World.Mail.Balancer.StateOf("gw3").Mode);
        Assert.Equal("2.1.0.7854", rig.Cluster.World["gw3"].Build.ToString());
    }

    [Fact]
    public void A_half_upgraded_cluster_is_continued_from_observation_alone()
    {
        VirtualProcess whole = new();
        new VirtualRig().Upgrade(whole);
        VirtualRig rig = new();
        rig.Crash(rig.Plan(), new VirtualProcess(whole.Points.FindIndex(p => p == $"{VirtualProcess.AfterOutcome} S16/gw2/- Done")), resume: false);
        Assert.Equal("2.1.0.7854", rig.Cluster.World["gw2"].Build.ToString());
        Assert.Empty(rig.Effects("install-started", "gw3"));

        VirtualRig elsewhere = rig.WithAnEmptyJournal(rig.Policy with { Accept = [UpgradeConsents.ForeignRun] });
        UpgradePlan plan = elsewhere.Plan();
        Assert.True(!plan.IsRefused, plan.ToText());
        UpgradeReport report = elsewhere.Start(plan);

        Assert.True(report.End == UpgradeEnd.Completed, report.ToText());
        Assert.All(rig.Cluster.World.Nodes, n => Assert.Single(rig.Effects("install-started", n.Name)));
        rig.AssertNoViolation();
    }

    /// <summary>Two people plan on two machines, and neither run knows of the other.</summary>
    [Fact]
    public void A_plan_is_not_begun_beside_a_run_that_began_elsewhere_since_it_was_made()
    {
        VirtualRig rig = new();
        VirtualRig elsewhere = rig.WithAnEmptyJournal(rig.Policy);
        UpgradePlan plan = elsewhere.Plan();
        Assert.False(plan.IsRefused);
        VirtualProcess other = new() { DiesAt = "after the outcome S4a/gw1/- Done" };
        UpgradePlan first = rig.Plan();
        rig.Crash(first, other, resume: false);
        Assert.True(other.IsDead, rig.Story());

        UpgradeReport report = elsewhere.Start(plan);
        Assert.True(report.End == UpgradeEnd.Paused, elsewhere.Story(plan.RunId));
        Assert.Contains($"is a trace of run {first.RunId}", report.Reason, StringComparison.Ordinal);
        Assert.Empty(rig.Effects("load-drain"));
        Assert.DoesNotContain(elsewhere.Records(plan.RunId), r => r.Entry.Kind == JournalEntryKind.Intent);

        DateTimeOffset until = rig.Time.GetUtcNow() + TimeSpan.FromHours(1);
        elsewhere.Tell(plan.RunId, run => run.OverrideAsync("ann", UpgradeConsents.ForeignRun, "the other one is gone", until));
        Assert.Equal(UpgradeEnd.Completed, elsewhere.Resume(plan.RunId).End);
        rig.AssertNoViolation();
    }

    [Fact]
    public void An_upgraded_cluster_has_nothing_left_to_do()
    {
        VirtualRig rig = new();
        rig.Upgrade();

        UpgradePlan plan = rig.Plan();
        Assert.True(plan.IsNothingToDo);
        Assert.False(plan.IsRefused);
    }

    [Fact]
    public void A_call_must_not_be_able_to_outlast_the_lease()
    {
        KsmgOptions options = new() { RequestLimit = TimeSpan.FromSeconds(11), Credentials = new KsmgCredentials("a", _ => ValueTask.FromResult("b")) };
        options.Nodes.Add("gw1", new Uri("https://127.0.0.1:1"));
        using KsmgCluster cluster = KsmgCluster.Create(options);

        ArgumentException e = Assert.Throws<ArgumentException>(
            () => RollingUpgradeOrchestrator.Create(cluster, new InMemoryUpgradeJournal(), new UpgradePorts()));
        Assert.Contains("RequestLimit", e.Message, StringComparison.Ordinal);
    }
}
