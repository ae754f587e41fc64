using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>A node of whose health the load balancer says nothing is never the one without which too few serve.</summary>
public sealed class UnknownHealthTests
{
    private readonly HashSet<string> _unknown = [];
    private readonly HashSet<string> _unlisted = [];

    /// <summary>While a node is out, as many others as the policy asks for are known to serve, and at least one.</summary>
    [Theory]
    [InlineData(2, 1, "", null)]
    [InlineData(2, 1, "gw1", "gw1")]
    [InlineData(2, 1, "gw1 gw2", "gw1, gw2")]
    [InlineData(3, 1, "gw3", "gw3")]
    [InlineData(3, 2, "gw3", null)]
    [InlineData(3, 2, "gw2 gw3", "gw2, gw3")]
    [InlineData(3, 3, "gw1 gw2 gw3", "gw1, gw2, gw3")]
    [InlineData(4, 2, "gw4", null)]
    public void A_plan_counts_on_nodes_that_are_known_to_serve(int nodes, int mostOut, string unknown, string? named)
    {
        _unknown.UnionWith(unknown.Split(' '));
        UpgradePlan plan = Rig(VirtualRig.FastPolicy(nodes) with { MaxUnavailable = mostOut }, nodes).Plan();

        Assert.Equal(named is not null, plan.IsRefused);
        Assert.Equal(
            named is null
                ? []
                : [$"The load balancer says nothing of the health of {named} (no check, or checks switched off), and without it too few nodes are known to serve while another one is out. Let it check, or accept 'unknown-health'."],
            plan.Findings.Where(f => f.Severity == FindingSeverity.Refusal).Select(f => f.Text.English));
    }

    [Fact]
    public void Who_has_a_balancer_without_checks_consents_by_name()
    {
        _unknown.UnionWith(["gw1", "gw2", "gw3"]);
        VirtualRig rig = Rig(VirtualRig.FastPolicy(3) with { Accept = [UpgradeConsents.UnknownHealth] });
        UpgradePlan plan = rig.Plan();

        Assert.Contains(plan.Findings, f => f is { Code: UpgradeConsents.UnknownHealth, Severity: FindingSeverity.Warning });
        Assert.Equal(UpgradeEnd.Completed, rig.Start(plan).End);
    }

    [Fact]
    public void Without_a_load_balancer_a_nodes_own_word_is_all_there_is()
    {
        VirtualRig rig = new(2, VirtualRig.FastPolicy(2) with { Accept = [UpgradeConsents.NoLoadBalancer] }) { WithoutLoadBalancer = true };
        Assert.Equal(UpgradeEnd.Completed, rig.Upgrade().End);
    }

    [Fact]
    public void Checks_that_are_switched_off_meanwhile_stop_the_run_before_the_next_node()
    {
        VirtualRig rig = Rig();
        UpgradePlan plan = rig.Plan();
        UpgradeReport report = rig.Start(plan, At("S16/gw2", () => _unknown.Add("gw2")));

        Assert.Equal(UpgradeEnd.Paused, report.End);
        Assert.Equal(
            "gw3 is not taken out of work: gw2 would have to serve meanwhile, and the load balancer says nothing of its health. Let it check, then resume.",
            report.Reason.English);
        Assert.DoesNotContain(rig.Effects("load-switched"), e => e.Node == "gw3");

        rig.Tell(plan.RunId, run => run.OverrideAsync("ann", UpgradeConsents.UnknownHealth, "asked by hand", rig.Time.GetUtcNow().AddHours(2)));
        Assert.Equal(UpgradeEnd.Completed, rig.Resume(plan.RunId).End);
    }

    /// <summary>A node that is drained already goes back, when nobody is known to serve beside it.</summary>
    [Theory]
    [InlineData("S1/gw2")]
    [InlineData("S3/gw2")]
    public void Nothing_is_installed_while_nobody_is_known_to_serve(string at)
    {
        VirtualRig rig = Rig();
        UpgradePlan plan = rig.Plan();
        UpgradeReport report = rig.Start(plan, At(at, () => _unknown.UnionWith(["gw1", "gw3"])));

        Assert.Equal(UpgradeEnd.Paused, report.End);
        Assert.Empty(rig.Effects("install-started"));
        Assert.Contains(rig.Records(plan.RunId), r => r.Entry.Text?.English.Contains("gw3, gw1 is not known to take mail", StringComparison.Ordinal) == true);
    }

    [Fact]
    public void A_node_that_the_balancer_does_not_know_is_refused_in_the_plan_by_name()
    {
        _unlisted.Add("gw2");
        UpgradePlan plan = Rig().Plan();

        Assert.Contains(
            plan.Findings,
            f => f is { Code: "not-in-balancer", Node: "gw2", Severity: FindingSeverity.Refusal }
                && f.Text.English == "gw2: the load balancer does not know the node. Name its server in the load balancer's settings.");
    }

    private static VirtualProcess At(string afterOutcomeOf, Action act) =>
        VirtualProcess.Once($"{VirtualProcess.AfterOutcome} {afterOutcomeOf}", act);

    private VirtualRig Rig(UpgradePolicy? policy = null, int nodes = 3) => new(nodes, policy)
    {
        Bend = BentWorld.Balancing((node, state) => _unlisted.Contains(node) ? null : _unknown.Contains(node) ? state with { Healthy = null } : state),
    };
}
