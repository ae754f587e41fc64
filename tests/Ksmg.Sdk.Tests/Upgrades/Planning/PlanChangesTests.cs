using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>What has changed since a plan was saved: what would change it refuses, everything else is told.</summary>
public sealed class PlanChangesTests
{
    private static readonly UpgradePlan _then = JournalSamples.Plan(nodes: 2);

    [Fact]
    public void The_same_plan_under_another_id_has_not_changed() =>
        Assert.Empty(_then.ChangesTo(JournalSamples.Hashed(_then with { RunId = "run-2", CreatedAt = _then.CreatedAt.AddDays(1) })));

    [Theory]
    [InlineData("build", "gw1: its build was 2.0.1.6960 and is 2.1.0.7854.")]
    [InlineData("load", "gw1: its share of the load balancer was Ready and is -.")]
    [InlineData("gone", "gw1: the plan has this node, and the cluster has not.")]
    [InlineData("new", "gw9: the cluster has this node, and the plan has not.")]
    [InlineData("package", "the package at ksmg_2.1.zip is another one than the plan was made for.")]
    [InlineData("steps", "Other steps, or another order, would be planned now.")]
    public void What_would_change_the_plan_refuses_in_words(string what, string says)
    {
        PlannedNode node = _then.Nodes[0];
        UpgradePlan now = what switch
        {
            "build" => With(node with { Build = JournalSamples.New }),
            "load" => With(node with { Load = null }),
            "gone" => _then with { Nodes = [.. _then.Nodes.Skip(1)] },
            "new" => _then with { Nodes = [.. _then.Nodes, node with { Name = "gw9" }] },
            "package" => _then with { Packages = [_then.Packages[0] with { Sha256 = new string('b', 64) }] },
            _ => _then with { Steps = [.. _then.Steps.SkipLast(1)] },
        };

        Assert.Contains(_then.ChangesTo(now), change => change.Severity == FindingSeverity.Refusal && change.Text.ToString() == says);
    }

    [Fact]
    public void A_new_finding_counts_by_its_severity_and_an_old_one_not_at_all()
    {
        PlanFinding warning = new(FindingSeverity.Warning, "disk", "gw1", Message.Said("The disk fills."));
        PlanFinding refusal = new(FindingSeverity.Refusal, "license", "gw1", Message.Said("The license is over."));

        Assert.Equal([warning, refusal], _then.ChangesTo(_then with { Findings = [.. _then.Findings, warning, refusal] }));
        Assert.Empty(_then.ChangesTo(_then with { Findings = [] }));
    }

    private static UpgradePlan With(PlannedNode node) => _then with { Nodes = [node, .. _then.Nodes.Skip(1)] };
}
