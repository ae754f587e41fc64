using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests;

public sealed class SimulatorWatcherTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void A_careful_upgrade_of_all_nodes_leaves_no_finding()
    {
        using var cluster = new VirtualCluster();
        cluster.Cluster.StartMail(10);
        cluster.Time.Advance(Second);
        foreach (string node in new[] { "gw2", "gw3", "gw1" })
        {
            Load(cluster, node, LoadMode.Drain);
            if (node == "gw1")
            {
                cluster.Tell("gw1", "assign-secondary", target => target.AssignSecondary(VirtualCluster.Client));
            }

            cluster.Update(node);
            if (node == "gw2")
            {
                cluster.Tell("gw2", "assign-control", target => target.AssignControl(VirtualCluster.Client));
            }

            Load(cluster, node, LoadMode.Ready);
            cluster.Time.Advance(Second);
        }

        cluster.Cluster.StopMail();
        cluster.Time.Advance(TimeSpan.FromSeconds(30));
        Assert.Empty(cluster.Cluster.GetViolations(atEnd: true));
        Assert.True(cluster.Cluster.GetMail().Delivered > 1000);
    }

    [Fact]
    public void W1_and_W2_fire_when_a_client_takes_two_nodes_out()
    {
        using var cluster = new VirtualCluster();
        cluster.Receive("gw2", enabled: false);
        Assert.Empty(cluster.ClientFindings());
        cluster.Receive("gw3", enabled: false);
        Assert.Equal(["W1", "W2"], cluster.ClientFindings());
    }

    [Fact]
    public void W1_counts_nodes_that_were_broken_before()
    {
        using var cluster = new VirtualCluster();
        cluster.Cluster.Act("gw3", "power-off");
        Assert.Empty(cluster.ClientFindings());
        cluster.Receive("gw2", enabled: false);
        Assert.Equal(["W1"], cluster.ClientFindings());
    }

    [Fact]
    public void W1_and_W2_do_not_blame_the_client_for_what_it_found()
    {
        static SimulatedNodeStart Member(int number, bool receiving) =>
            new($"gw{number}", number == 1 ? NodeRole.Control : NodeRole.Secondary, new(2, 0, 1, 6960), $"127.0.0.{number}:9045") { Receiving = receiving };

        using var cluster = new VirtualCluster(new SimulatedClusterOptions
        {
            Members = [Member(1, true), Member(2, true), Member(3, true), Member(4, false), Member(5, false)],
        });
        cluster.Tell("gw1", "start-integrity-check", node => node.StartIntegrityCheck(VirtualCluster.Client));
        Assert.Empty(cluster.ClientFindings());
        cluster.Receive("gw2", enabled: false);
        Assert.Equal(["W1"], cluster.ClientFindings());
        cluster.Receive("gw3", enabled: false);
        Assert.Equal(["W1", "W2"], cluster.ClientFindings());
    }

    [Fact]
    public void W2_does_not_blame_the_client_for_a_node_that_a_human_drained_before_any_mail_came()
    {
        using var cluster = new VirtualCluster();
        cluster.Cluster.Act("gw3", "drain");
        cluster.Cluster.StartMail(10);
        cluster.Time.Advance(Second);
        cluster.Tell("gw1", "start-integrity-check", node => node.StartIntegrityCheck(VirtualCluster.Client));
        cluster.Receive("gw2", enabled: false);
        Assert.Equal(["W1"], cluster.ClientFindings());
    }

    [Fact]
    public void W1_does_not_blame_the_client_for_what_a_fault_breaks()
    {
        using var cluster = new VirtualCluster();
        cluster.Receive("gw2", enabled: false);
        cluster.Cluster.Faults.Arm(new SimulatedFault { Fault = "power-off", Node = "gw3" });
        Assert.Empty(cluster.ClientFindings());
        Assert.Contains(cluster.Cluster.GetViolations(), finding => finding is { Watcher: "W1", Cause: EffectCause.Fault });
    }

    [Fact]
    public void W3_fires_when_a_clients_revert_loses_or_repeats_mail()
    {
        using var cluster = new VirtualCluster();
        cluster.World["gw2"].Mail.Defer(on: true);
        cluster.Time.Run(() => cluster.Cluster.MailProbe.SendAsync("gw2", "a@example.test"), Second);
        cluster.Time.Run(() => cluster.Cluster.Snapshots.CreateAsync("gw2", "s"), Second);
        cluster.Time.Advance(TimeSpan.FromSeconds(3));
        cluster.World["gw2"].Mail.Release();
        cluster.Time.Advance(TimeSpan.FromSeconds(3));
        Assert.Empty(cluster.ClientFindings());

        cluster.Time.Run(() => cluster.Cluster.Snapshots.RevertAsync("gw2", "s"), Second);
        cluster.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Contains("W3", cluster.ClientFindings());
    }

    [Theory]
    [InlineData("receiving")]
    [InlineData("queue")]
    [InlineData("load")]
    public void W5_fires_when_an_installation_meets_mail(string how)
    {
        using var cluster = new VirtualCluster();
        cluster.Cluster.StartMail(10);
        cluster.Time.Advance(Second);
        Load(cluster, "gw2", LoadMode.Drain);
        cluster.Receive("gw2", enabled: false);
        cluster.Time.Advance(TimeSpan.FromSeconds(5));
        cluster.Upload("gw2");
        switch (how)
        {
            case "receiving": cluster.Receive("gw2", enabled: true); break;
            case "queue": cluster.World["gw2"].Mail.Hold(MessageQueueKind.AntiSpamQuarantine, 1, "waits"); break;
            case "load": Load(cluster, "gw2", LoadMode.Ready); break;
        }

        Assert.Empty(cluster.ClientFindings());
        cluster.Start("gw2");
        Assert.Equal(["W5"], cluster.ClientFindings());
    }

    [Fact]
    public void W6_fires_when_a_control_node_is_updated()
    {
        using var cluster = new VirtualCluster();
        cluster.Receive("gw1", enabled: false);
        cluster.Upload("gw1");
        cluster.Start("gw1");
        Assert.Equal(["W6"], cluster.ClientFindings());
    }

    [Fact]
    public void W6_does_not_fire_in_a_cluster_of_one()
    {
        using var cluster = new VirtualCluster(new SimulatedClusterOptions { Nodes = 1 });
        cluster.Receive("gw1", enabled: false);
        cluster.Upload("gw1");
        cluster.Start("gw1");
        Assert.Empty(cluster.ClientFindings());
    }

    [Fact]
    public void W7_fires_without_a_control_node_and_with_two_of_a_build()
    {
        using var none = new VirtualCluster();
        none.Tell("gw1", "assign-secondary", node => node.AssignSecondary(VirtualCluster.Client));
        Assert.Equal(["W7"], none.ClientFindings());

        using var two = new VirtualCluster();
        two.Tell("gw2", "assign-control", node => node.AssignControl(VirtualCluster.Client));
        Assert.Empty(two.ClientFindings());
        Assert.Equal(["W7"], two.ClientFindings(atEnd: true));
        two.Time.Advance(TimeSpan.FromMinutes(6));
        Assert.Contains("W7", two.ClientFindings());
    }

    [Fact]
    public void W7_does_not_fire_while_the_role_goes_from_one_node_to_another()
    {
        using var cluster = new VirtualCluster();
        cluster.Tell("gw2", "assign-control", node => node.AssignControl(VirtualCluster.Client));
        cluster.Time.Advance(TimeSpan.FromMinutes(1));
        cluster.Tell("gw1", "assign-secondary", node => node.AssignSecondary(VirtualCluster.Client));
        cluster.Time.Advance(TimeSpan.FromMinutes(6));
        Assert.Empty(cluster.ClientFindings(atEnd: true));
    }

    [Fact]
    public void W8_fires_when_control_moves_from_a_new_build_to_an_old_one()
    {
        using var cluster = new VirtualCluster();
        cluster.Update("gw2");
        cluster.Tell("gw2", "assign-control", node => node.AssignControl(VirtualCluster.Client));
        Assert.Empty(cluster.ClientFindings());
        cluster.Tell("gw2", "assign-secondary", node => node.AssignSecondary(VirtualCluster.Client));
        Assert.Equal(["W8"], cluster.ClientFindings());
    }

    [Fact]
    public void W13_fires_on_a_second_installation_unless_the_first_has_failed()
    {
        using var cluster = new VirtualCluster();
        cluster.Receive("gw2", enabled: false);
        cluster.Cluster.Faults.Arm(new SimulatedFault { Fault = "install-old-build", Node = "gw2" });
        for (int i = 0; i < 2; i++)
        {
            cluster.Upload("gw2", $"u-{i}");
            cluster.Start("gw2", $"u-{i}");
            cluster.Time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Empty(cluster.ClientFindings());

        cluster.World.Packages.Add(cluster.Cluster.Package with { From = cluster.Cluster.Package.To, To = cluster.Cluster.Package.From });
        cluster.World.Packages.Reverse();
        cluster.Upload("gw2", "again");
        cluster.Start("gw2", "again");
        Assert.Equal(["W13"], cluster.ClientFindings());
    }

    [Fact]
    public void W15_fires_at_the_end_when_a_node_is_not_left_as_it_was_found()
    {
        using var cluster = new VirtualCluster();
        Load(cluster, "gw2", LoadMode.Drain);
        Assert.Empty(cluster.ClientFindings());
        Assert.Equal(["W15"], cluster.ClientFindings(atEnd: true));
        Load(cluster, "gw2", LoadMode.Ready);
        Assert.Empty(cluster.ClientFindings(atEnd: true));
    }

    /// <summary>An answer that was lost is no excuse for a node that is left out of work; somebody's hand on the switches is.</summary>
    [Theory]
    [InlineData("drop-response at set-receiving", true)]
    [InlineData("receives-after-update", false)]
    public void W15_fires_whatever_befell_a_request(string fault, bool isOurs)
    {
        using var cluster = new VirtualCluster();
        Load(cluster, "gw2", LoadMode.Drain);
        cluster.World.Effect("gw2", "fault-fired", Caller.Fault, fault);
        Assert.Equal(isOurs ? ["W15"] : [], cluster.ClientFindings(atEnd: true));
    }

    [Theory]
    [InlineData("service-failed")]
    [InlineData("databases")]
    [InlineData("license")]
    [InlineData("integrity-damaged")]
    [InlineData("clock-skew")]
    [InlineData("sync-fails")]
    public void W16_fires_when_a_run_calls_itself_completed_over_a_new_problem_only(string fault)
    {
        using var cluster = new VirtualCluster();
        cluster.Receive("gw2", enabled: true);
        Load(cluster, "gw2", LoadMode.Drain);
        Load(cluster, "gw2", LoadMode.Ready);
        cluster.Cluster.Faults.Arm(new SimulatedFault { Fault = fault, Node = "gw3" });
        Assert.Empty(cluster.ClientFindings(atEnd: true));
        Assert.Equal(["W16"], cluster.ClientFindings(atEnd: true, completed: true));

        using var before = new VirtualCluster();
        before.Cluster.Faults.Arm(new SimulatedFault { Fault = fault, Node = "gw3" });
        Load(before, "gw2", LoadMode.Drain);
        Load(before, "gw2", LoadMode.Ready);
        Assert.Empty(before.ClientFindings(atEnd: true, completed: true));
    }

    [Fact]
    public void W16_fires_when_a_node_has_no_settings_of_the_new_Control_node()
    {
        using var cluster = new VirtualCluster();
        cluster.Cluster.Faults.Arm(new SimulatedFault { Fault = "no-sync-after-update", Node = "gw3" });
        foreach (string node in new[] { "gw2", "gw3" })
        {
            cluster.Update(node);
        }

        cluster.Tell("gw2", "assign-control", target => target.AssignControl(VirtualCluster.Client));
        cluster.Tell("gw1", "assign-secondary", target => target.AssignSecondary(VirtualCluster.Client));
        cluster.Update("gw1");
        cluster.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(["W16"], cluster.ClientFindings(atEnd: true, completed: true));
    }

    [Fact]
    public void What_a_human_does_is_not_the_clients_finding()
    {
        using var cluster = new VirtualCluster();
        cluster.Cluster.Act("gw2", "promote");
        cluster.Cluster.Act("gw2", "receive-off");
        cluster.Cluster.Act("gw3", "receive-off");
        cluster.Cluster.Act("gw3", "upgrade");
        Assert.Empty(cluster.ClientFindings(atEnd: true));
        Assert.Contains(cluster.Cluster.GetViolations(atEnd: true), finding => finding is { Watcher: "W7", Cause: EffectCause.Human });
    }

    private static void Load(VirtualCluster cluster, string node, LoadMode mode) =>
        cluster.Time.Run(() => cluster.Cluster.LoadBalancer.SetAsync(node, mode), TimeSpan.FromSeconds(5));
}
