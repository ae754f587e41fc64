using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>The one definition of well, predicate by predicate: what is not known is not well.</summary>
public sealed class NodeHealthTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 5, 8, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("active", null, false)]
    [InlineData("expiring", "license-expiring", false)]
    [InlineData("gracePeriod", "license-grace", false)]
    [InlineData("expired", UpgradeConsents.ExpiredLicense, true)]
    [InlineData("trialExpired", "license", true)]
    [InlineData("blacklisted", "license", true)]
    [InlineData("invalid", "license", true)]
    [InlineData("missing", "license", true)]
    [InlineData("revoked", "license", true)]
    [InlineData("Active", "license", true)]
    [InlineData("", "license", true)]
    public void A_license_counts_by_whether_it_scans(string word, string? code, bool refused)
    {
        Ailment? ailment = NodeHealth.OfProduct(Status() with { License = new LicenseState(word) }).SingleOrDefault();

        Assert.Equal(code, ailment?.Code);
        Assert.Equal(refused, ailment?.KeepsFromBeingWell == true);
    }

    [Fact]
    public void No_consent_is_known_for_a_license_that_does_not_scan() => Assert.DoesNotContain("license", UpgradeOverrides.All);

    [Theory]
    [InlineData("upToDate", null)]
    [InlineData("outOfDate", UpgradeConsents.OldDatabases)]
    [InlineData("obsolete", "databases")]
    [InlineData("basesFailed", "databases")]
    [InlineData("", "databases")]
    [InlineData("recent", "databases")]
    public void Databases_are_current_or_not(string word, string? code) =>
        Assert.Equal(code, NodeHealth.OfProduct(Status() with { Databases = new DatabasesState(word) }).SingleOrDefault()?.Code);

    [Theory]
    [InlineData("available", "", true, null)]
    [InlineData("syncFailed", "syncFailed", true, FindingSeverity.Refusal)]
    [InlineData("syncFailed", "", true, FindingSeverity.Refusal)]
    [InlineData("syncFailed", "syncFailed", false, FindingSeverity.Warning)]
    [InlineData("timeDiffers", "timeDiffers", false, FindingSeverity.Refusal)]
    [InlineData("available", "somethingElse", false, FindingSeverity.Refusal)]
    [InlineData("", "", true, FindingSeverity.Refusal)]
    public void What_a_node_lists_counts_and_between_builds_a_missing_synchronization_is_a_warning(
        string state, string problem, bool sameBuild, FindingSeverity? severity)
    {
        NodeObservation node = Node("gw2", NodeRole.Secondary) with
        {
            Status = Status() with
            {
                Role = NodeRole.Secondary,
                State = new NodeState(state),
                Problems = problem.Length == 0 ? [] : [new NodeProblem(problem, "the vendor's text")],
                SynchronizedAt = Now,
            },
        };
        NodeObservation control = Node("gw1", NodeRole.Control) with { About = new AboutInfo(sameBuild ? "2.0.1" : "2.1", null) };
        Ailment? found = NodeHealth.InCluster(node, Cluster(node, control), new UpgradePolicy(), null).SingleOrDefault();

        Assert.Equal(severity, found?.Severity);
        Assert.True(found is null || problem.Length == 0 || found.Text.ToString().Contains("the vendor's text", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0, 0, false)]
    [InlineData(61, 0, true)]
    [InlineData(-61, 0, true)]
    [InlineData(7200, 7200, false)]
    [InlineData(7200, 7262, true)]
    public void A_clock_is_held_against_the_Control_nodes(int seconds, int control, bool differs)
    {
        NodeObservation node = Node("gw2", NodeRole.Secondary) with
        {
            Status = Status() with { Role = NodeRole.Secondary, Clock = Now.AddSeconds(seconds), SynchronizedAt = Now },
        };
        NodeObservation first = Node("gw1", NodeRole.Control) with { Status = Status() with { Clock = Now.AddSeconds(control) } };

        Assert.Equal(differs, NodeHealth.InCluster(node, Cluster(node, first), new UpgradePolicy(), null).Any(a => a.Code == "clock"));
    }

    [Theory]
    [InlineData(-5, 0, null, false)]
    [InlineData(5, 0, null, true)]
    [InlineData(5, 0, 5, false)]
    [InlineData(6, 0, 5, true)]
    [InlineData(null, 0, null, false)]
    public void Settings_have_arrived_after_the_last_change_and_after_the_update(int? synchronized, int changed, int? before, bool arrived)
    {
        NodeObservation node = Node("gw2", NodeRole.Secondary) with
        {
            Status = Status() with { Role = NodeRole.Secondary, SynchronizedAt = synchronized is { } at ? Now.AddMinutes(at) : null },
        };
        NodeObservation control = Node("gw1", NodeRole.Control) with { Status = Status() with { SettingsChangedAt = Now.AddMinutes(changed) } };

        Assert.Equal(arrived, !NodeHealth.InCluster(node, Cluster(node, control), new UpgradePolicy(), before is { } last ? Now.AddMinutes(last) : null).Any());
    }

    [Fact]
    public void What_the_Control_node_lists_of_a_node_counts_too()
    {
        NodeObservation node = Node("gw2", NodeRole.Secondary) with { Status = Status() with { Role = NodeRole.Secondary, SynchronizedAt = Now } };
        Node row = new() { Address = "10.0.0.1:9045", Role = NodeRole.Secondary, State = NodeState.Unavailable };
        NodeObservation control = Node("gw1", NodeRole.Control) with { NodeList = [row] };

        Assert.Equal("node-problem:unavailable", Assert.Single(NodeHealth.InCluster(node, Cluster(node, control), new UpgradePolicy(), null)).Key);
        Assert.Empty(NodeHealth.InCluster(node, Cluster(node, control with { NodeList = [row with { State = default }] }), new UpgradePolicy(), null));
    }

    [Theory]
    [InlineData(true, LoadMode.Ready, true, null)]
    [InlineData(true, LoadMode.Ready, null, null)]
    [InlineData(true, LoadMode.Ready, false, "unhealthy")]
    [InlineData(true, LoadMode.Drain, true, "out-of-load")]
    [InlineData(false, LoadMode.Ready, true, "not-receiving")]
    [InlineData(null, LoadMode.Ready, true, "not-receiving")]
    public void A_node_does_its_work_as_before(bool? receives, LoadMode load, bool? healthy, string? code)
    {
        PlannedNode planned = new()
        {
            Name = "gw2",
            ClusterAddress = "a",
            Role = NodeRole.Secondary,
            Build = new BuildNumber(2, 0, 1, 6960),
            Receiving = true,
            Load = LoadMode.Ready,
        };
        NodeObservation seen = Node("gw2", NodeRole.Secondary) with
        {
            Switches = receives is { } on ? new MailFlowSwitches(on, true) : null,
            Load = new LoadState(load, 0, healthy),
        };

        Assert.Equal(code, NodeHealth.AtWork(planned, seen).SingleOrDefault()?.Code);
    }

    [Theory]
    [InlineData(true, true, LoadMode.Ready, true, true)]
    [InlineData(true, true, LoadMode.Ready, null, true)]
    [InlineData(true, true, LoadMode.Ready, false, false)]
    [InlineData(true, true, LoadMode.Drain, true, false)]
    [InlineData(true, false, LoadMode.Ready, true, false)]
    [InlineData(false, true, LoadMode.Ready, true, false)]
    [InlineData(false, null, LoadMode.Ready, true, false)]
    public void Who_does_not_answer_or_is_unhealthy_at_the_balancer_takes_no_mail_for_all_we_know(
        bool answers, bool? receives, LoadMode load, bool? healthy, bool takes)
    {
        NodeObservation seen = Node("gw2", NodeRole.Secondary) with
        {
            ProblemKind = answers ? NodeProblemKind.None : NodeProblemKind.Silent,
            Switches = receives is { } on ? new MailFlowSwitches(on, true) : null,
            Load = new LoadState(load, 0, healthy),
        };

        Assert.Equal(takes, seen.TakesMail);
    }

    private static ClusterObservation Cluster(params NodeObservation[] nodes) => new() { At = Now, Nodes = nodes.ToDictionary(n => n.Name) };

    private static NodeObservation Node(string name, NodeRole role) => new()
    {
        Name = name,
        At = Now,
        WallAt = Now,
        Status = Status() with { Role = role },
        About = new AboutInfo("2.0.1", null),
        Switches = new MailFlowSwitches(true, true),
    };

    private static NodeStatus Status() => new()
    {
        Address = "10.0.0.1:9045",
        Role = NodeRole.Control,
        State = NodeState.Available,
        Databases = DatabasesState.UpToDate,
        License = LicenseState.Active,
        Integrity = new IntegrityCheck(IntegrityState.Passed, null),
    };
}
