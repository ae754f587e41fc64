using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests;

public sealed class SimulatorModelTests
{
    private static readonly BuildNumber Old = new(2, 0, 1, 6960);
    private static readonly BuildNumber New = new(2, 1, 0, 7854);

    [Fact]
    public void A_cluster_starts_healthy_with_one_control_node()
    {
        using var cluster = new VirtualCluster();
        NodeTable table = cluster.Ask("gw1", "list-nodes", node => node.ListNodes());

        Assert.False(table.EmergencyMode);
        Assert.Equal([NodeRole.Control, NodeRole.Secondary, NodeRole.Secondary], table.Nodes.Select(node => node.Role));
        Assert.All(table.Nodes, node => Assert.Equal((NodeState.Available, Old), (node.State, node.Build)));
        Assert.Equal(3, table.Nodes.Select(node => node.Address).Distinct().Count());
    }

    [Fact]
    public void An_installation_goes_through_its_states_and_ends_on_the_new_build()
    {
        using var cluster = new VirtualCluster();
        cluster.Upload("gw2");
        cluster.Start("gw2");
        Assert.Equal(UpdateState.Preparing, cluster.UpdateStatus("gw2").State);

        cluster.Time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal((UpdateState.Installing, 15), (cluster.UpdateStatus("gw2").State, cluster.UpdateStatus("gw2").ProgressPercent));

        cluster.Time.Advance(TimeSpan.FromSeconds(18));
        Assert.False(Assert.Throws<NodeConnectionException>(() => cluster.UpdateStatus("gw2")).Connected);
        cluster.Time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(502, Assert.Throws<ApiRefusal>(() => cluster.UpdateStatus("gw2")).Status);
        cluster.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(503, Assert.Throws<ApiRefusal>(() => cluster.UpdateStatus("gw2")).Status);

        cluster.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(UpdateState.Completed, cluster.UpdateStatus("gw2").State);
        Assert.Equal(new AboutInfo("2.1", New), cluster.Ask("gw2", "get-about", node => node.GetAbout()));
        Assert.Empty(cluster.Ask("gw2", "list-updates", node => node.ListUploads()));
    }

    [Fact]
    public void Speed_divides_the_time_of_an_installation()
    {
        using var cluster = new VirtualCluster(new SimulatedClusterOptions { Speed = 10 });
        cluster.Upload("gw2");
        cluster.Start("gw2");
        cluster.Time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(UpdateState.Completed, cluster.UpdateStatus("gw2").State);
    }

    [Theory]
    [InlineData("busy")]
    [InlineData("notFound")]
    [InlineData("incomplete")]
    [InlineData("wrongBuild")]
    public void An_update_is_refused_for_a_reason(string code)
    {
        using var cluster = new VirtualCluster();
        cluster.Upload("gw2");
        switch (code)
        {
            case "busy": cluster.Start("gw2"); break;
            case "notFound": cluster.Tell("gw2", "delete-update", node => node.DeleteUpload("u-1", VirtualCluster.Client)); break;
            case "incomplete": cluster.Tell("gw2", "upload-update", node => node.BeginUpload("u-2", "x.ktgz", 10, 0, VirtualCluster.Client)); break;
            case "wrongBuild":
                cluster.Start("gw2");
                cluster.Time.Advance(TimeSpan.FromMinutes(1));
                cluster.Upload("gw2");
                break;
        }

        ApiRefusal refusal = Assert.Throws<ApiRefusal>(() => cluster.Start("gw2", code == "incomplete" ? "u-2" : "u-1"));
        Assert.Equal(code, refusal.Code);
    }

    [Fact]
    public void Bytes_that_differ_from_the_known_package_of_that_name_are_not_installed()
    {
        using var cluster = new VirtualCluster();
        SimulatedPackage package = cluster.Cluster.Package;
        cluster.Tell("gw2", "upload-update", node =>
        {
            node.BeginUpload("u-1", package.FileName, package.SizeBytes, 0, VirtualCluster.Client);
            node.ReceiveUpload("u-1", package.SizeBytes);
            node.CompleteUpload("u-1", new string('0', 64), VirtualCluster.Client);
        });
        cluster.Start("gw2");
        cluster.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(UpdateState.Failed, cluster.UpdateStatus("gw2").State);
        Assert.Equal(Old, cluster.World["gw2"].Build);
    }

    [Fact]
    public void A_package_is_believed_by_its_name()
    {
        using var cluster = new VirtualCluster();
        cluster.Tell("gw2", "upload-update", node =>
        {
            node.BeginUpload("u-1", "ksmg_upgrade_2.0.1.6960_2.1.1.8310.ktgz", 10, 0, VirtualCluster.Client);
            node.ReceiveUpload("u-1", 10);
            node.CompleteUpload("u-1", new string('0', 64), VirtualCluster.Client);
        });
        cluster.Start("gw2");
        cluster.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("2.1.1", cluster.Ask("gw2", "get-about", node => node.GetAbout()).Version);
    }

    [Theory]
    [InlineData(PromotionRule.LeavesTwo, true, "gw1 gw2")]
    [InlineData(PromotionRule.DemotesFormer, false, "gw2")]
    [InlineData(PromotionRule.Refuses, false, "gw1")]
    public void A_promotion_follows_the_chosen_rule(PromotionRule rule, bool emergency, string controls)
    {
        using var cluster = new VirtualCluster(new SimulatedClusterOptions { Promotion = rule });
        Exception? refused = Record.Exception(() => cluster.Tell("gw2", "assign-control", node => node.AssignControl(VirtualCluster.Client)));

        Assert.Equal(rule == PromotionRule.Refuses, refused is ApiRefusal);
        Assert.Equal(controls, string.Join(' ', cluster.World.Nodes.Where(node => node.Role == NodeRole.Control).Select(node => node.Name)));
        Assert.Equal(emergency, cluster.Ask("gw3", "get-node-status", node => node.GetStatus()).EmergencyMode);
    }

    [Fact]
    public void In_emergency_mode_a_node_manages_only_itself()
    {
        using var cluster = new VirtualCluster();
        string other = cluster.World["gw3"].ClusterAddress;
        cluster.Tell("gw1", "set-receiving", node => node.SetReceiving(other, enabled: false, VirtualCluster.Client));
        Assert.False(cluster.World["gw3"].Receiving);

        cluster.Tell("gw2", "assign-control", node => node.AssignControl(VirtualCluster.Client));
        Assert.Equal("emergencyMode", Assert.Throws<ApiRefusal>(() => cluster.Ask("gw1", "get-mail-flow", node => node.GetSwitches(other))).Code);
        Assert.False(cluster.Ask("gw3", "get-mail-flow", node => node.GetSwitches(other)).Receiving);
    }

    [Fact]
    public void Only_the_control_node_manages_others()
    {
        using var cluster = new VirtualCluster();
        string other = cluster.World["gw3"].ClusterAddress;
        Assert.Equal("notControl", Assert.Throws<ApiRefusal>(() => cluster.Ask("gw2", "get-mail-flow", node => node.GetSwitches(other))).Code);
    }

    [Fact]
    public void Settings_reach_secondary_nodes_of_the_same_build_only()
    {
        using var cluster = new VirtualCluster();
        cluster.Update("gw2");
        cluster.Time.Advance(TimeSpan.FromMinutes(5));
        cluster.Cluster.Act("gw1", "edit-settings");

        NodeStatus same = cluster.Ask("gw3", "get-node-status", node => node.GetStatus());
        NodeStatus other = cluster.Ask("gw2", "get-node-status", node => node.GetStatus());
        Assert.Equal(cluster.Time.GetUtcNow(), same.SynchronizedAt);
        Assert.Equal(cluster.Time.GetUtcNow(), same.SettingsChangedAt);
        Assert.NotEqual(cluster.Time.GetUtcNow(), other.SettingsChangedAt);
        Assert.Equal(NodeState.SynchronizationFailed, other.State);
        Assert.Contains(cluster.Cluster.GetEffects(), effect => effect is { Effect: "settings-edited", Cause: EffectCause.Human, Node: "gw1" });
    }

    [Fact]
    public void Synchronization_goes_on_by_itself()
    {
        using var cluster = new VirtualCluster();
        cluster.Time.Advance(TimeSpan.FromSeconds(95));
        Assert.Equal(cluster.World.StartedAt + TimeSpan.FromSeconds(90), cluster.Ask("gw2", "get-node-status", node => node.GetStatus()).SynchronizedAt);
    }

    [Fact]
    public void A_snapshot_takes_time_and_a_revert_brings_everything_back()
    {
        using var cluster = new VirtualCluster();
        ISnapshotProvider snapshots = cluster.Cluster.Snapshots;
        cluster.Time.Run(() => snapshots.CreateAsync("gw2", "before"), TimeSpan.FromSeconds(1));
        Assert.False(cluster.Time.Run(() => snapshots.ListAsync("gw2"), TimeSpan.FromSeconds(1)).Single().IsComplete);
        cluster.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.True(cluster.Time.Run(() => snapshots.ListAsync("gw2"), TimeSpan.FromSeconds(1)).Single().IsComplete);

        cluster.Update("gw2");
        cluster.Tell("gw2", "assign-control", node => node.AssignControl(VirtualCluster.Client));
        cluster.Receive("gw2", enabled: false);
        cluster.Time.Run(() => snapshots.RevertAsync("gw2", "before"), TimeSpan.FromSeconds(1));
        Assert.Throws<NodeConnectionException>(() => cluster.UpdateStatus("gw2"));
        cluster.Time.Advance(TimeSpan.FromSeconds(10));

        SimulatedNode node = cluster.World["gw2"];
        Assert.Equal((Old, NodeRole.Secondary, true, UpdateState.Idle), (node.Build, node.Role, node.Receiving, cluster.UpdateStatus("gw2").State));
    }

    [Fact]
    public void A_revert_to_the_middle_of_an_installation_leaves_none_running()
    {
        using var cluster = new VirtualCluster();
        cluster.Upload("gw2");
        cluster.Start("gw2");
        cluster.Time.Advance(TimeSpan.FromSeconds(5));
        cluster.Time.Run(() => cluster.Cluster.Snapshots.CreateAsync("gw2", "amid"), TimeSpan.FromSeconds(1));
        cluster.Time.Advance(TimeSpan.FromMinutes(2));
        cluster.Time.Run(() => cluster.Cluster.Snapshots.RevertAsync("gw2", "amid"), TimeSpan.FromSeconds(1));
        cluster.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal((Old, UpdateState.Failed), (cluster.World["gw2"].Build, cluster.UpdateStatus("gw2").State));

        cluster.Start("gw2");
        cluster.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(New, cluster.World["gw2"].Build);
    }

    [Theory]
    [InlineData("upgrade")]
    [InlineData("promote")]
    [InlineData("receive-off")]
    public void Nobody_does_anything_on_a_node_that_is_off(string act)
    {
        using var cluster = new VirtualCluster();
        cluster.Cluster.Act("gw2", "power-off");
        Assert.Equal("unavailable", Assert.Throws<ApiRefusal>(() => cluster.Cluster.Act("gw2", act)).Code);
        cluster.Time.Advance(TimeSpan.FromMinutes(2));
        cluster.Cluster.Act("gw2", "power-on");
        cluster.Time.Advance(TimeSpan.FromMinutes(1));
        SimulatedNode node = cluster.World["gw2"];
        Assert.Equal((Old, NodeRole.Secondary, true), (node.Build, node.Role, node.Receiving));
    }

    [Fact]
    public void A_cluster_without_nodes_or_speed_is_refused_at_once()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new VirtualCluster(new SimulatedClusterOptions { Nodes = 0 }));
        foreach (double speed in new[] { 0, -1, double.NaN })
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => new VirtualCluster(new SimulatedClusterOptions { Speed = speed }));
        }
    }

    [Fact]
    public void A_revert_of_the_former_control_node_brings_a_second_control_node()
    {
        using var cluster = new VirtualCluster(new SimulatedClusterOptions { Promotion = PromotionRule.DemotesFormer });
        cluster.Time.Run(() => cluster.Cluster.Snapshots.CreateAsync("gw1", "before"), TimeSpan.FromSeconds(1));
        cluster.Time.Advance(TimeSpan.FromSeconds(2));
        cluster.Tell("gw2", "assign-control", node => node.AssignControl(VirtualCluster.Client));
        cluster.Cluster.Act("gw1", "revert-snapshot");
        cluster.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.True(cluster.Ask("gw3", "get-node-status", node => node.GetStatus()).EmergencyMode);
    }

    [Fact]
    public void An_update_resets_hand_edited_templates_and_nothing_else()
    {
        using var cluster = new VirtualCluster();
        string Digest(string path) => cluster.World.Files.Read("gw2", path).Sha256;
        string edited = Digest(FileStore.EditedTemplatePath);
        string main = Digest("/etc/postfix/main.cf");
        string versioned = Digest(FileStore.VersionedPath);
        Assert.NotEqual(FileStore.Ship(FileStore.EditedTemplatePath, Old)!.Sha256, edited);

        cluster.Update("gw2");

        Assert.Equal(FileStore.Ship(FileStore.EditedTemplatePath, New)!.Sha256, Digest(FileStore.EditedTemplatePath));
        Assert.Equal(FileStore.Ship(FileStore.EditedTemplatePath, Old)!.Sha256, Digest(FileStore.EditedTemplatePath));
        Assert.NotEqual(versioned, Digest(FileStore.VersionedPath));
        Assert.Equal(main, Digest("/etc/postfix/main.cf"));
    }

    [Fact]
    public void A_client_of_http_reaches_the_front_without_sockets()
    {
        using var cluster = new VirtualCluster();
        using var http = new HttpClient(cluster.Cluster.CreateHandler("gw2")) { BaseAddress = cluster.Cluster.Nodes[1].Url };
        using HttpResponseMessage info = cluster.Time.Run(() => http.GetAsync(new Uri("/web/api/get-auth-info", UriKind.Relative)), TimeSpan.FromSeconds(1));
        string cookie = info.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
        http.DefaultRequestHeaders.Add("Cookie", cookie);
        http.DefaultRequestHeaders.Add("X-XSRF-TOKEN", cookie.Split('=')[1]);
        using var login = new StringContent($$"""{"username":"Administrator","password":"{{cluster.Cluster.Options.Password}}"}""");
        using HttpResponseMessage answer = cluster.Time.Run(
            () => http.PostAsync(new Uri("/web/api/user-login", UriKind.Relative), login),
            TimeSpan.FromSeconds(1));
        Assert.Contains("ksmg-session=", answer.Headers.GetValues("Set-Cookie").Single(), StringComparison.Ordinal);

        cluster.Cluster.Act("gw2", "power-off");
        HttpRequestException refused = Assert.Throws<HttpRequestException>(
            () => cluster.Time.Run(() => http.GetAsync(new Uri("/web/api/get-about", UriKind.Relative)), TimeSpan.FromSeconds(1)));
        Assert.Equal(HttpRequestError.ConnectionError, refused.HttpRequestError);
    }

    [Fact]
    public void Sessions_die_with_a_restart()
    {
        using var cluster = new VirtualCluster();
        SimulatedSession session = cluster.Ask(
            "gw2", "user-login", node => node.LogIn("Administrator", cluster.Cluster.Options.Password, VirtualCluster.Client));
        Assert.Equal(session, cluster.Ask("gw2", "get-about", node => node.Authenticate(session.Cookie)));
        cluster.Update("gw2");
        Assert.Equal(401, Assert.Throws<ApiRefusal>(() => cluster.Ask("gw2", "get-about", node => node.Authenticate(session.Cookie))).Status);
    }

    [Fact]
    public void Too_many_wrong_passwords_lock_the_account_for_a_while()
    {
        using var cluster = new VirtualCluster();
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal("AuthFailed", Try("wrong"));
        }

        Assert.Equal("LoginAttemptsExceed", Try(cluster.Cluster.Options.Password));
        cluster.Time.Advance(TimeSpan.FromMinutes(15));
        Assert.Null(Try(cluster.Cluster.Options.Password));

        string? Try(string password) =>
            (
                Record.Exception(
                    () => cluster.Ask("gw2", "user-login", node => node.LogIn("Administrator", password, VirtualCluster.Client))) as ApiRefusal)?.Code;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Failed_logins_count_over_the_cluster_or_on_their_node(bool overCluster)
    {
        using var cluster = new VirtualCluster(new SimulatedClusterOptions { LockoutCountsOverCluster = overCluster });
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal("AuthFailed", Try(i % 2 == 0 || !overCluster ? "gw2" : "gw1", "wrong"));
        }

        Assert.Equal("LoginAttemptsExceed", Try("gw2", cluster.Cluster.Options.Password));
        Assert.Equal(overCluster ? "LoginAttemptsExceed" : null, Try("gw3", cluster.Cluster.Options.Password));

        string? Try(string node, string password) =>
            (Record.Exception(() => cluster.Ask(node, "user-login", n => n.LogIn("Administrator", password, VirtualCluster.Client))) as ApiRefusal)?.Code;
    }

    [Fact]
    public void A_power_cut_ends_an_installation_on_the_old_build()
    {
        using var cluster = new VirtualCluster();
        cluster.Upload("gw2");
        cluster.Start("gw2");
        cluster.Time.Advance(TimeSpan.FromSeconds(5));
        cluster.Cluster.Act("gw2", "power-off");
        cluster.Time.Advance(TimeSpan.FromMinutes(5));
        Assert.Throws<NodeConnectionException>(() => cluster.UpdateStatus("gw2"));
        cluster.Cluster.Act("gw2", "power-on");
        cluster.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal((UpdateState.Failed, Old), (cluster.UpdateStatus("gw2").State, cluster.World["gw2"].Build));
    }

    [Fact]
    public void A_test_message_proves_the_node_and_its_build()
    {
        using var cluster = new VirtualCluster();
        IMailProbe probe = cluster.Cluster.MailProbe;
        cluster.Update("gw2");
        Assert.True(cluster.Time.Run(() => probe.SendAsync("gw2", "<probe-1@example.test>"), TimeSpan.FromSeconds(1)).Accepted);
        cluster.Time.Advance(TimeSpan.FromSeconds(1));
        ProbeCopy copy = cluster.Time.Run(() => probe.FindAsync("probe-1@example.test"), TimeSpan.FromSeconds(1)).Single();
        Assert.Equal(("gw2.ksmg.test", (BuildNumber?)New), (copy.ViaHost, copy.Build));

        cluster.Receive("gw2", enabled: false);
        Assert.False(cluster.Time.Run(() => probe.AskAsync("gw2"), TimeSpan.FromSeconds(1)).Accepted);
    }

    [Fact]
    public void The_same_seed_gives_the_same_run()
    {
        static string Run()
        {
            using var cluster = new VirtualCluster(new SimulatedClusterOptions { Seed = 42 });
            cluster.Cluster.StartMail(5);
            cluster.Update("gw2");
            cluster.Update("gw3");
            return string.Join('\n', cluster.Cluster.GetEffects());
        }

        Assert.Equal(Run(), Run());
    }
}
