using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests;

public sealed class SimulatorFaultTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(2);

    public static TheoryData<string> InstallFaults =>
        [
            "unknown-objects",
            "install-old-build",
            "ui-never-returns",
            "install-silent",
            "receives-after-update",
            "half-version",
            "ui-flapping",
            "no-sync-after-update",
            "service-failed-after-update",
            "certificate-changes",
        ];

    [Fact]
    public void A_dropped_response_leaves_its_effect()
    {
        using var cluster = new VirtualCluster();
        cluster.Cluster.Faults.Arm(new SimulatedFault { Fault = "drop-response", Node = "gw2", Operation = "set-receiving", After = "apply" });
        Assert.True(Assert.Throws<NodeConnectionException>(() => cluster.Receive("gw2", enabled: false)).Connected);
        Assert.False(cluster.World["gw2"].Receiving);
        cluster.Receive("gw2", enabled: true);
        Assert.True(cluster.World["gw2"].Receiving);
    }

    [Fact]
    public void A_dropped_request_leaves_no_effect()
    {
        using var cluster = new VirtualCluster();
        cluster.Cluster.Faults.Arm(new SimulatedFault { Fault = "drop-request", Operation = "set-receiving" });
        Assert.Throws<NodeConnectionException>(() => cluster.Receive("gw2", enabled: false));
        Assert.True(cluster.World["gw2"].Receiving);
    }

    [Fact]
    public void A_late_request_takes_effect_when_nobody_waits_any_more()
    {
        using var cluster = new VirtualCluster();
        cluster.Cluster.Faults.Arm(new SimulatedFault { Fault = "late-request", Operation = "set-receiving", For = TimeSpan.FromMinutes(3) });
        Assert.Throws<NodeConnectionException>(() => cluster.Receive("gw2", enabled: false));
        cluster.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.True(cluster.World["gw2"].Receiving);
        cluster.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.False(cluster.World["gw2"].Receiving);
    }

    [Theory]
    [InlineData(2, 1, ".x..")]
    [InlineData(1, 2, "xx..")]
    [InlineData(3, 0, "..xx")]
    public void A_fault_hits_the_nth_request_and_as_many_as_asked(int nth, int times, string expected)
    {
        using var cluster = new VirtualCluster();
        cluster.Cluster.Faults.Arm(new SimulatedFault { Fault = "refuse", Operation = "get-about", Nth = nth, Times = times, Value = "503" });
        string seen = string.Concat(
            Enumerable.Range(0, 4).Select(_ => Record.Exception(() => cluster.Ask("gw2", "get-about", node => node.GetAbout())) is null ? '.' : 'x'));
        Assert.Equal(expected, seen);
    }

    [Fact]
    public void A_lasting_fault_hits_everything_until_its_time_is_over()
    {
        using var cluster = new VirtualCluster();
        cluster.Cluster.Faults.Arm(new SimulatedFault { Fault = "drop-response", Operation = "get-about", For = TimeSpan.FromSeconds(30) });
        Assert.Throws<NodeConnectionException>(() => cluster.Ask("gw2", "get-about", node => node.GetAbout()));
        cluster.Time.Advance(TimeSpan.FromSeconds(29));
        Assert.Throws<NodeConnectionException>(() => cluster.Ask("gw2", "get-about", node => node.GetAbout()));
        cluster.Time.Advance(TimeSpan.FromSeconds(1));
        cluster.Ask("gw2", "get-about", node => node.GetAbout());
    }

    [Fact]
    public void Chance_is_repeatable_by_its_seed()
    {
        static string Run(int seed)
        {
            using var cluster = new VirtualCluster();
            cluster.Cluster.Faults.Arm(new SimulatedFault { Fault = "refuse", Operation = "get-about", Probability = 0.5, Seed = seed });
            return string.Concat(
                Enumerable.Range(0, 40).Select(_ => Record.Exception(() => cluster.Ask("gw2", "get-about", node => node.GetAbout())) is null ? '.' : 'x'));
        }

        Assert.Equal(Run(1), Run(1));
        Assert.NotEqual(Run(1), Run(2));
        Assert.Contains('x', Run(1));
        Assert.Contains('.', Run(1));
    }

    [Theory]
    [MemberData(nameof(InstallFaults))]
    public void Each_fault_of_an_installation_shows(string name)
    {
        using var cluster = new VirtualCluster();
        cluster.Cluster.Faults.Arm(new SimulatedFault { Fault = name, Node = "gw2", For = TimeSpan.FromMinutes(1) });
        cluster.Receive("gw2", enabled: false);
        cluster.Upload("gw2");
        cluster.Start("gw2");
        cluster.Time.Advance(TimeSpan.FromSeconds(31));
        SimulatedNode node = cluster.World["gw2"];
        bool shows = name switch
        {
            "unknown-objects" =>
                cluster.UpdateStatus("gw2") is { State: var state, UnknownObjects.Count: 1 } && state == UpdateState.Interrupted && node.Build.Minor == 0,
            "install-old-build" => cluster.UpdateStatus("gw2").State == UpdateState.Failed && node.Build.Minor == 0,
            "ui-never-returns" => node.Web == WebState.Refused && node.IsSmtpUp && node.Build.Minor == 1,
            "install-silent" => node.Web == WebState.Refused && node.IsInstalling,
            "receives-after-update" => node.Receiving,
            "half-version" => node.GetAbout() is { Version: "2.", Build: null },
            "ui-flapping" => Enumerable.Range(0, 10).Select(_ => Next(cluster, node)).Distinct().Count() == 3,
            "no-sync-after-update" => node.NeverSynchronizes,
            "service-failed-after-update" => node.GetStatus().Services.Any(service => service.State == ServiceState.Failed),
            _ => node.CertificateGeneration == 2,
        };
        Assert.True(shows);
        Assert.Contains(cluster.Cluster.GetEffects(), effect => effect is { Effect: "fault-fired", Cause: EffectCause.Fault });

        static WebState Next(VirtualCluster cluster, SimulatedNode node)
        {
            cluster.Time.Advance(TimeSpan.FromSeconds(1));
            return node.Web;
        }
    }

    [Fact]
    public void A_silent_installation_goes_on_in_the_end()
    {
        using var cluster = new VirtualCluster();
        cluster.Cluster.Faults.Arm(new SimulatedFault { Fault = "install-silent", Node = "gw2", For = TimeSpan.FromMinutes(10) });
        cluster.Upload("gw2");
        cluster.Start("gw2");
        cluster.Time.Advance(TimeSpan.FromMinutes(9));
        Assert.Throws<NodeConnectionException>(() => cluster.UpdateStatus("gw2"));
        cluster.Time.Advance(Soon);
        Assert.Equal(UpdateState.Completed, cluster.UpdateStatus("gw2").State);
    }

    [Theory]
    [InlineData("snapshot-quota", 0)]
    [InlineData("snapshot-unanswered", 1)]
    [InlineData("snapshot-twice", 2)]
    [InlineData("snapshot-wrong-machine", 0)]
    [InlineData("snapshot-stalls", 1)]
    [InlineData("snapshot-slow", 1)]
    public void Each_fault_of_a_snapshot_shows(string name, int listed)
    {
        using var cluster = new VirtualCluster();
        cluster.Cluster.Faults.Arm(new SimulatedFault { Fault = name, Node = "gw2" });
        Exception? failed = Record.Exception(() => cluster.Time.Run(() => cluster.Cluster.Snapshots.CreateAsync("gw2", "s"), Soon));
        cluster.Time.Advance(Soon);
        IReadOnlyList<NodeSnapshot> snapshots = cluster.Time.Run(() => cluster.Cluster.Snapshots.ListAsync("gw2"), Soon);

        Assert.Equal(listed, snapshots.Count);
        Assert.Equal(name is "snapshot-quota" or "snapshot-unanswered", failed is not null);
        Assert.Equal(name is not ("snapshot-stalls" or "snapshot-slow"), snapshots.All(snapshot => snapshot.IsComplete));
    }

    [Fact]
    public void Each_armed_fault_counts_every_event_that_it_could_have_hit()
    {
        using var cluster = new VirtualCluster();
        foreach (int nth in new[] { 1, 2 })
        {
            cluster.Cluster.Faults.Arm(new SimulatedFault { Fault = "snapshot-quota", Node = "gw2", Nth = nth });
        }

        string seen = string.Concat(
            Enumerable.Range(0, 4).Select(number =>
                Record.Exception(() => cluster.Time.Run(() => cluster.Cluster.Snapshots.CreateAsync("gw2", $"s{number}"), Soon)) is null ? '.' : 'x'));
        Assert.Equal("xx..", seen);
    }

    [Fact]
    public void A_human_acts_in_the_middle_of_a_clients_request()
    {
        using var cluster = new VirtualCluster();
        cluster.Cluster.Faults.Arm(new SimulatedFault { Fault = "human-act", Node = "gw3", Value = "receive-off" });
        Assert.False(cluster.World["gw3"].Receiving);
        cluster.Cluster.Faults.Arm(new SimulatedFault { Fault = "human-act", Node = "gw2", Operation = "get-about", After = "apply", Value = "promote" });
        cluster.Ask("gw2", "get-about", node => node.GetAbout());
        Assert.Equal(NodeRole.Control, cluster.World["gw2"].Role);
        Assert.Contains(cluster.Cluster.GetEffects(), effect => effect is { Effect: "role-assigned", Cause: EffectCause.Human });
    }

    [Fact]
    public void What_a_human_is_refused_does_not_break_the_clients_request()
    {
        using var cluster = new VirtualCluster();
        cluster.Update("gw2");
        cluster.Cluster.Faults.Arm(new SimulatedFault { Fault = "human-act", Node = "gw2", Operation = "get-about", Value = "upgrade" });
        Assert.Equal("2.1", cluster.Ask("gw2", "get-about", node => node.GetAbout()).Version);
    }

    [Fact]
    public void A_fault_that_comes_again_while_it_lasts_ends_with_the_second_one_and_leaves_nothing()
    {
        using var cluster = new VirtualCluster();
        cluster.Cluster.Faults.Arm(new SimulatedFault { Fault = "session-held", Node = "gw2", For = TimeSpan.FromSeconds(15) });
        cluster.Time.Advance(TimeSpan.FromSeconds(10));
        cluster.Cluster.Faults.Arm(new SimulatedFault { Fault = "session-held", Node = "gw2", For = TimeSpan.FromSeconds(90) });
        cluster.Time.Advance(TimeSpan.FromSeconds(80));
        Assert.NotEqual(0, cluster.World.Mail.Balancer.StateOf("gw2").Sessions);
        cluster.Time.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(0, cluster.World.Mail.Balancer.StateOf("gw2").Sessions);
    }

    [Fact]
    public void What_a_fault_changed_comes_back_after_its_time_or_when_it_is_cleared()
    {
        using var cluster = new VirtualCluster();
        cluster.Cluster.Faults.Arm(new SimulatedFault { Fault = "partition-client", Node = "gw2", For = TimeSpan.FromSeconds(10) });
        cluster.Cluster.Faults.Arm(new SimulatedFault { Fault = "license", Node = "gw3" });
        Assert.Throws<NodeConnectionException>(() => cluster.UpdateStatus("gw2"));
        cluster.Time.Advance(TimeSpan.FromSeconds(10));
        cluster.UpdateStatus("gw2");
        Assert.Equal(LicenseState.Expired, cluster.World["gw3"].License);
        cluster.Cluster.Faults.Clear();
        Assert.Equal(LicenseState.Active, cluster.World["gw3"].License);
    }

    [Fact]
    public void What_several_faults_changed_one_after_the_other_is_as_it_was_when_they_are_cleared()
    {
        using var cluster = new VirtualCluster();
        string before = cluster.World["gw2"].ClusterAddress;
        foreach (string address in new[] { "127.0.1.1:9045", "127.0.1.2:9045" })
        {
            cluster.Cluster.Faults.Arm(new SimulatedFault { Fault = "node-renamed", Node = "gw2", Value = address });
        }

        cluster.Cluster.Faults.Clear();
        Assert.Equal(before, cluster.World["gw2"].ClusterAddress);
    }

    [Fact]
    public void A_fault_of_test_messages_leaves_the_constant_load_alone()
    {
        using var cluster = new VirtualCluster();
        cluster.Cluster.Faults.Arm(new SimulatedFault { Fault = "probe-lost" });
        cluster.Cluster.StartMail(20);
        cluster.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.Empty(cluster.Cluster.GetMail().Lost);
        cluster.Time.Run(() => cluster.Cluster.MailProbe.SendAsync("gw2", "probe@example.test"), Soon);
        cluster.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(["probe@example.test"], cluster.Cluster.GetMail().Lost);
    }

    [Fact]
    public void A_test_message_is_late_however_long_it_is_waited_for()
    {
        using var cluster = new VirtualCluster();
        cluster.Cluster.Faults.Arm(new SimulatedFault { Fault = "probe-late", For = TimeSpan.FromSeconds(30) });
        cluster.Time.Advance(TimeSpan.FromMinutes(10));
        cluster.Time.Run(() => cluster.Cluster.MailProbe.SendAsync("gw2", "late@example.test"), Soon);
        cluster.Time.Advance(TimeSpan.FromSeconds(29));
        Assert.Empty(cluster.World.Mail.Sink.Find("late@example.test"));
        cluster.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.Single(cluster.World.Mail.Sink.Find("late@example.test"));
    }

    [Fact]
    public void An_oscillating_queue_swings_every_second_for_as_long_as_the_fault_lasts()
    {
        using var cluster = new VirtualCluster();
        cluster.Cluster.Faults.Arm(new SimulatedFault { Fault = "queue-oscillates", Node = "gw2", For = TimeSpan.FromSeconds(20) });
        cluster.Time.Advance(TimeSpan.FromSeconds(0.5));
        string seen = string.Empty;
        for (int i = 0; i < 30; i++)
        {
            cluster.Time.Advance(TimeSpan.FromSeconds(1));
            seen += cluster.World["gw2"].Mail.Count(MessageQueueKind.Mta);
        }

        Assert.Contains("01010101", seen[..18], StringComparison.Ordinal);
        Assert.EndsWith("000000", seen, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stuck_queue_does_not_drain_until_the_fault_is_cleared()
    {
        using var cluster = new VirtualCluster();
        cluster.Cluster.Faults.Arm(new SimulatedFault { Fault = "queue-stuck", Node = "gw2", Queue = "kata", Value = "3" });
        cluster.Receive("gw2", enabled: false);
        cluster.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(3, cluster.Ask("gw2", "get-queue-summary", node => node.GetQueueSummary(null)).KataQuarantine);
        cluster.Cluster.Faults.Clear();
        cluster.Time.Advance(Soon);
        Assert.Equal(0, cluster.Ask("gw2", "get-queue-summary", node => node.GetQueueSummary(null)).Total);
    }

    [Fact]
    public void Every_fault_can_be_armed_and_cleared()
    {
        foreach (string name in SimulatedFaults.Names)
        {
            using var cluster = new VirtualCluster();
            cluster.Cluster.Faults.Arm(new SimulatedFault { Fault = name, Node = "gw2", Value = name == "human-act" ? "drain" : null });
            cluster.Time.Advance(TimeSpan.FromSeconds(1));
            cluster.Cluster.Faults.Clear();
            cluster.Time.Advance(Soon);
            Assert.True(cluster.World["gw2"].Web == WebState.Up, name);
        }
    }

    [Theory]
    [InlineData("refuse", "often", "often")]
    [InlineData("queue-stuck", "many", "many")]
    [InlineData("queue-stuck", "0", "0")]
    [InlineData("clock-skew", "a while", "a while")]
    [InlineData("disk-low", "/nowhere", "/var/log")]
    [InlineData("login-refused", "NoSuchWord", "AuthFailed")]
    [InlineData("human-act", "dance", "promote")]
    [InlineData("snapshot-wrong-machine", "gw9", "gw9")]
    public void A_value_that_a_fault_cannot_have_is_refused_when_it_is_armed_and_not_when_it_fires(string name, string value, string said)
    {
        using var cluster = new VirtualCluster();
        var fault = new SimulatedFault { Fault = name, Node = "gw2", Operation = "get-about", Value = value };
        Assert.Contains(said, Assert.Throws<ArgumentException>(() => cluster.Cluster.Faults.Arm(fault)).Message, StringComparison.Ordinal);
        cluster.Ask("gw2", "get-about", node => node.GetAbout());
    }

    public static TheoryData<SimulatedFault> Senseless =>
        [
            new() { Fault = "drop-response", Operation = "start-updates" },
            new() { Fault = "drop-response", After = "Apply" },
            new() { Fault = "refuse", Nth = 0 },
            new() { Fault = "refuse", Times = -1 },
            new() { Fault = "refuse", Probability = 50 },
            new() { Fault = "cut-upload", Fraction = 50 },
            new() { Fault = "delay", For = TimeSpan.FromSeconds(-5) },
            new() { Fault = "queue-stuck", Queue = "spam" },
        ];

    [Theory]
    [MemberData(nameof(Senseless))]
    public void A_fault_that_could_never_fire_is_refused(SimulatedFault fault)
    {
        using var cluster = new VirtualCluster();
        Assert.Throws<ArgumentException>(() => cluster.Cluster.Faults.Arm(fault));
    }

    [Fact]
    public void An_unknown_fault_or_node_is_refused_with_the_known_names()
    {
        using var cluster = new VirtualCluster();
        Assert.Contains(
            "drop-response",
            Assert.Throws<ArgumentException>(() => cluster.Cluster.Faults.Arm(new SimulatedFault { Fault = "nonsense" })).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => cluster.Cluster.Faults.Arm(new SimulatedFault { Fault = "power-off", Node = "gw9" }));
    }
}
