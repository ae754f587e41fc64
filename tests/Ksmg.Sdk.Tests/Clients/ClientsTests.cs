using Ksmg.Sdk.Tests.Support;

namespace Ksmg.Sdk.Tests;

public sealed class ClientsTests
{
    private const string Success = """{"success":true}""";

    [Fact]
    public async Task Nodes_are_listed_with_everything_the_page_shows()
    {
        FakeNode node = new FakeNode().On("get-cluster-nodes", """
            {"emergencyMode":false,"settingsChangedAt":"2026-01-01T00:00:00Z","nodes":[
              {"address":"10.0.0.1:9045","hostName":"gw1.example","comment":"first","role":"control","state":"available","build":"2.1.0.7854","fingerprint":"ab",
               "virtualization":"VMware","scanThreads":4,"synchronizedAt":"2026-01-02T03:04:05Z","appliedAt":"2026-01-02T03:04:06Z","databases":"upToDate","problems":[{"code":"c","message":"m"}]},
              {"address":"10.0.0.2:9045","hostName":"gw2.example","role":"secondary","state":"syncFailed","build":"2.1"}]}
            """);

        List<Node> nodes = await ToListAsync(node.Connect().Nodes.ListAsync());

        Node first = nodes[0];
        Assert.Equal(
            ("10.0.0.1:9045", "gw1.example", "first", NodeRole.Control, NodeState.Available, new BuildNumber(2, 1, 0, 7854), "ab"),
            (first.Address, first.HostName, first.Comment, first.Role, first.State, first.Build!.Value, first.CertificateFingerprint));
        Assert.Equal(
            ("VMware", 4, DateTimeOffset.Parse("2026-01-02T03:04:05Z"), DateTimeOffset.Parse("2026-01-02T03:04:06Z"), DatabasesState.UpToDate),
            (first.Virtualization, first.ScanThreads, first.SynchronizedAt, first.AppliedAt, first.Databases));
        Assert.Equal([new NodeProblem("c", "m")], first.Problems);
        Assert.Equal((NodeRole.Secondary, NodeState.SynchronizationFailed), (nodes[1].Role, nodes[1].State));
        Assert.Null(nodes[1].Build);
        Assert.Null(nodes[1].ScanThreads);
        Assert.Empty(nodes[1].Problems);
    }

    [Theory]
    [InlineData("10.0.0.2:9045")]
    [InlineData("GW2.example")]
    [InlineData("gw2")]
    public async Task A_row_is_found_by_address_host_name_or_configured_name(string name)
    {
        FakeNode gw1 =
            new FakeNode().On("get-cluster-nodes", """{"nodes":[{"address":"10.0.0.1:9045"},{"address":"10.0.0.2:9045","hostName":"gw2.example"}]}""");
        using KsmgCluster cluster = Cluster(gw1, new FakeNode());

        Assert.Equal("10.0.0.2:9045", (await cluster["gw1"].Nodes.GetAsync(name)).Address);
    }

    [Fact]
    public async Task A_row_that_is_not_there_is_told_with_those_that_are()
    {
        FakeNode gw1 = new FakeNode().On("get-cluster-nodes", """{"nodes":[{"address":"10.0.0.1:9045"}]}""");

        var e = await Assert.ThrowsAsync<KsmgException>(() => gw1.Connect().Nodes.GetAsync("10.0.0.9:9045"));

        Assert.Contains("10.0.0.1:9045", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_says_everything_of_itself()
    {
        FakeNode node = new FakeNode().On("get-node-status", """
            {"address":"10.0.0.1:9045","hostName":"gw1.example","role":"secondary","emergencyMode":true,"state":"timeDiffers","synchronizedAt":"2026-01-02T03:04:05Z",
             "appliedAt":null,"settingsChangedAt":"2026-01-02T03:04:04Z","databases":"obsolete","clock":"2026-01-02T03:04:07Z","license":"expiring",
             "disks":[{"mount":"/var","freeBytes":5000000000,"totalBytes":9000000000}],"services":[{"name":"postfix","state":"stopped"}],
             "integrity":{"state":"damaged","checkedAt":"2026-01-01T00:00:00Z"},"problems":[]}
            """);

        NodeStatus status = await node.Connect().Nodes.GetStatusAsync();

        Assert.Equal(
            ("10.0.0.1:9045", "gw1.example", NodeRole.Secondary, true, NodeState.TimeDiffers, DatabasesState.Obsolete, LicenseState.Expiring),
            (status.Address, status.HostName, status.Role, status.EmergencyMode, status.State, status.Databases, status.License));
        Assert.Equal([new DiskSpace("/var", 5_000_000_000, 9_000_000_000)], status.Disks);
        Assert.Equal([new ServiceStatus("postfix", ServiceState.Stopped)], status.Services);
        Assert.Equal(new IntegrityCheck(IntegrityState.Failed, DateTimeOffset.Parse("2026-01-01T00:00:00Z")), status.Integrity);
        Assert.Equal(DateTimeOffset.Parse("2026-01-02T03:04:04Z"), status.SettingsChangedAt);
    }

    [Fact]
    public async Task What_a_node_leaves_out_is_no_good_news()
    {
        NodeStatus status = await new FakeNode().On("get-node-status", """{"address":"10.0.0.1:9045"}""").Connect().Nodes.GetStatusAsync();

        Assert.NotEqual(IntegrityState.NotRun, status.Integrity.State);
        Assert.NotEqual(LicenseState.Active, status.License);
        Assert.NotEqual(DatabasesState.UpToDate, status.Databases);
        Assert.Equal("", status.Role.ToString());
    }

    [Fact]
    public async Task Rights_are_read_from_the_account()
    {
        CurrentUser user = await new FakeNode()
            .On("get-current-user", """{"userName":"op","permissions":["manageNodes","fly"],"passwordExpiresAt":"2027-01-01T00:00:00Z"}""")
            .Connect().Nodes.GetCurrentUserAsync();

        Assert.Equal(new CurrentUser { UserName = "op", CanManageNodes = true, PasswordExpiresAt = DateTimeOffset.Parse("2027-01-01T00:00:00Z") }, user);
    }

    [Theory]
    [InlineData(null, "10.0.0.1:9045")]
    [InlineData("gw1", "10.0.0.1:9045")]
    [InlineData("GW2", "10.0.0.2:9045")]
    [InlineData("10.7.7.7:9045", "10.7.7.7:9045")]
    public async Task A_node_may_be_called_by_name_address_or_not_at_all(string? node, string address)
    {
        FakeNode gw1 = new FakeNode()
            .On("get-message-queue-summary", """{"mta":1,"kataQuarantine":2,"antiSpamQuarantine":3,"smtpSessions":4}""")
            .On("get-receive-send-settings", """{"receiving":true,"sending":false}""")
            .On("set-receiving", Success).On("set-sending", Success).On("flush-message-queue", Success);
        using KsmgCluster cluster = Cluster(gw1, new FakeNode());
        QueueClient queue = cluster["gw1"].Queue;
        string query = "?node=" + Uri.EscapeDataString(address);

        Assert.Equal(new QueueSummary { Mta = 1, KataQuarantine = 2, AntiSpamQuarantine = 3, SmtpSessions = 4 }, await queue.GetSummaryAsync(node));
        Assert.Equal(query, gw1.Requests.Last().Query);
        Assert.Equal(new MailFlowSwitches(Receiving: true, Sending: false), await queue.GetSwitchesAsync(node));
        Assert.Equal(query, gw1.Requests.Last().Query);
        await queue.SetReceivingAsync(node, enabled: false);
        Assert.Equal($$"""{"node":"{{address}}","enabled":false}""", gw1.Last("set-receiving").Body);
        await queue.SetSendingAsync(node, enabled: true);
        Assert.Equal($$"""{"node":"{{address}}","enabled":true}""", gw1.Last("set-sending").Body);
        await queue.FlushAsync(MessageQueueKind.KataQuarantine, node);
        Assert.Equal($$"""{"node":"{{address}}","queue":"kataQuarantine"}""", gw1.Last("flush-message-queue").Body);
    }

    [Fact]
    public async Task An_unknown_name_is_refused_with_the_known_ones()
    {
        using KsmgCluster cluster = Cluster(new FakeNode(), new FakeNode());

        var e = await Assert.ThrowsAsync<KsmgException>(() => cluster["gw1"].Queue.SetReceivingAsync("gw3", enabled: false));

        Assert.Contains("gw1, gw2", e.Message, StringComparison.Ordinal);
        Assert.Contains("gw1, gw2", Assert.Throws<KsmgException>(() => cluster["gw3"]).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_that_is_not_configured_is_asked_once_and_survives_a_reset()
    {
        FakeNode node = new FakeNode().On("get-node-status", """{"address":"10.5.5.5:9045"}""").On("set-receiving", Success);
        KsmgNode gw1 = node.Connect(configure: o => o.Nodes[0].ClusterAddress = null);
        Assert.Throws<KsmgException>(() => gw1.ClusterAddress);

        await gw1.Queue.SetReceivingAsync("gw1", enabled: true);
        gw1.ResetSession();

        Assert.Equal("10.5.5.5:9045", gw1.ClusterAddress);
        Assert.Equal("10.5.5.5:9045", await gw1.GetClusterAddressAsync());
        Assert.Equal(1, node.Count("get-node-status"));
    }

    [Fact]
    public async Task A_queue_is_listed_page_by_page()
    {
        FakeNode node = new FakeNode().On("list-message-queue", r => FakeNode.Data(r.Query.Contains("cursor=a%2Fb", StringComparison.Ordinal)
            ? """{"messages":[{"id":"2","queue":"novel"}],"next":null}"""
            : """{"messages":[{"id":"1","queue":"mta","sender":"a@b","recipients":["c@d"],"sizeBytes":7,"receivedAt":"2026-01-01T00:00:00Z","reason":"r"}],"next":"a/b"}"""));
        var filter = new QueueFilter
        {
            Queue = MessageQueueKind.Mta,
            Sender = "a+b@c d",
            Recipient = "x",
            ReceivedBefore = new DateTimeOffset(2026, 1, 1, 1, 0, 0, TimeSpan.FromHours(1)),
        };

        List<QueuedMessage> messages = await ToListAsync(node.Connect().Queue.ListMessagesAsync(null, filter));

        Assert.Equal(["1", "2"], messages.Select(m => m.Id));
        Assert.Equal(("a@b", "c@d", 7L, "r"), (messages[0].Sender, messages[0].Recipients.Single(), messages[0].SizeBytes, messages[0].Reason));
        Assert.Equal("novel", messages[1].Queue.Value);
        Assert.Equal(
            "?node=10.0.0.1%3A9045&queue=mta&sender=a%2Bb%40c%20d&recipient=x&receivedBefore=2026-01-01T00%3A00%3A00Z&limit=500",
            node.Requests.First(r => r.Path.EndsWith("list-message-queue", StringComparison.Ordinal)).Query);
    }

    [Theory]
    [InlineData("""{"messages":[{"id":"1"}],"next":"same"}""")]
    [InlineData("""{"messages":[],"next":"more"}""")]
    public async Task Pages_that_do_not_advance_end_the_listing(string page)
    {
        KsmgNode node = new FakeNode().On("list-message-queue", page).Connect();

        await Assert.ThrowsAsync<KsmgApiException>(() => ToListAsync(node.Queue.ListMessagesAsync()));
    }

    [Fact]
    public async Task Pages_that_go_round_in_a_circle_end_the_listing()
    {
        FakeNode node = new FakeNode().On("list-message-queue", r => FakeNode.Data(
            $$"""{"messages":[{"id":"1"}],"next":"{{(r.Query.Contains("cursor=one", StringComparison.Ordinal) ? "two" : "one")}}"}"""));

        await Assert.ThrowsAsync<KsmgApiException>(() => ToListAsync(node.Connect().Queue.ListMessagesAsync().Take(100)));

        Assert.Equal(3, node.Count("list-message-queue"));
    }

    [Fact]
    public async Task Roles_are_read_and_assigned_on_the_nodes_own_session()
    {
        FakeNode node = new FakeNode()
            .On("get-node-status", """{"address":"10.0.0.1:9045","role":"control"}""")
            .On(
                "get-cluster-nodes",
                """{"emergencyMode":true,"nodes":[{"address":"a:1","role":"control"},{"address":"b:1","role":"control"},{"address":"c:1","role":"secondary"}]}""")
            .On("assign-control-role", Success).On("assign-secondary-role", Success).On("start-integrity-check", Success);
        KsmgNode gw1 = node.Connect();

        Assert.Equal(NodeRole.Control, await gw1.Role.GetAsync());
        EmergencyState emergency = await gw1.Role.GetEmergencyStateAsync();
        Assert.True(emergency.IsEmergency);
        Assert.Equal(["a:1", "b:1"], emergency.Controls);
        await gw1.Role.AssignControlAsync();
        await gw1.Role.AssignSecondaryAsync();
        await gw1.Nodes.StartIntegrityCheckAsync();
        Assert.Equal(("POST", "{}"), (node.Last("assign-control-role").Method, node.Last("assign-control-role").Body));
        Assert.Equal("{}", node.Last("assign-secondary-role").Body);
        Assert.Equal("{}", node.Last("start-integrity-check").Body);
    }

    [Fact]
    public async Task Updates_are_listed_deleted_and_started()
    {
        FakeNode node = new FakeNode()
            .On("get-about", """{"version":"2.1"}""")
            .On(
                "list-update-packages",
                """{"packages":[{"id":"u-1","fileName":"f.ktgz","sizeBytes":10,"receivedBytes":5,"complete":false,"uploadedAt":"2026-01-01T00:00:00Z"}]}""")
            .On("delete-update-package", r => r.Body == """{"id":"u-1"}""" ? FakeNode.Data(Success) : FakeNode.Json(404, """{"error":{"code":"notFound"}}"""))
            .On("start-update", Success);
        UpdatesClient updates = node.Connect().Updates;

        Assert.Equal(new AboutInfo("2.1", null), await updates.GetAboutAsync());
        Assert.Equal(
            new UploadedUpdate
            {
                Id = "u-1",
                FileName = "f.ktgz",
                SizeBytes = 10,
                ReceivedBytes = 5,
                UploadedAt = DateTimeOffset.Parse("2026-01-01T00:00:00Z"),
            },
            Assert.Single(await updates.ListUploadsAsync()));
        Assert.True(await updates.DeleteUploadAsync("u-1"));
        Assert.False(await updates.DeleteUploadAsync("u-2"));
        await updates.StartInstallAsync("u-1");
        Assert.Equal("""{"id":"u-1"}""", node.Last("start-update").Body);
        await Assert.ThrowsAsync<ArgumentException>(() => updates.StartInstallAsync("u 1"));
    }

    [Fact]
    public async Task A_missing_call_is_not_a_missing_upload()
    {
        KsmgNode node = new FakeNode().On("delete-update-package", _ => FakeNode.Html(404)).Connect();

        await Assert.ThrowsAsync<KsmgApiException>(() => node.Updates.DeleteUploadAsync("u-1"));
    }

    [Theory]
    [InlineData("completed")]
    [InlineData("failed")]
    [InlineData("idle")]
    public async Task Waiting_ends_when_the_installation_has_ended(string end)
    {
        var time = new ManualTime();
        int polls = 0;
        var node = new FakeNode();
        node.On("get-update-status", _ => ++polls switch
        {
            1 => FakeNode.Data("""{"state":"installing","uploadId":"u-1","progressPercent":5}"""),
            2 => FakeNode.Data("""{"state":"polishing"}"""),
            3 => throw new HttpRequestException(HttpRequestError.ResponseEnded, "gone"),
            < 10 => throw new HttpRequestException(HttpRequestError.ConnectionError, "down"),
            10 => FakeNode.Html(503),
            11 => FakeNode.Json(200, "half"),
            _ => FakeNode.Data($$"""{"state":"{{end}}"}"""),
        });

        Task<UpdateStatus> wait = node.Connect(time).Updates.WaitAsync(TimeSpan.FromMinutes(10));
        await Eventually.AdvanceAsync(time, TimeSpan.FromMilliseconds(50), wait);

        Assert.Equal(end, (await wait).State.Value);
        Assert.True(node.Logins > 1);
    }

    [Fact]
    public async Task While_nothing_moves_a_node_is_asked_less_and_less()
    {
        var time = new ManualTime();
        int polls = 0;
        var node = new FakeNode();
        node.On("get-update-status", _ => FakeNode.Data($$"""{"state":"{{(++polls < 8 ? "installing" : "completed")}}"}"""));

        Task<UpdateStatus> wait = node.Connect(time).Updates.WaitAsync(TimeSpan.FromMinutes(10));
        double[] Pauses() => [.. time.Requested.Select(t => t.TotalSeconds).Where(s => s is >= 0.25 and <= 2)];
        double[] expected = [0.25, 0.5, 1, 2, 2, 2, 2];

        // The clock moves only while the client rests: moved during a call, it would run into that call's own limit.
        for (int i = 0; i < expected.Length; i++)
        {
            await Eventually.TrueAsync(() => Pauses().Length > i);
            time.Advance(TimeSpan.FromSeconds(expected[i]));
        }

        await wait.WaitAsync(Eventually.Limit);
        Assert.Equal(expected, Pauses());
    }

    [Fact]
    public async Task Unknown_objects_end_the_waiting_for_good()
    {
        KsmgNode node = new FakeNode().On("get-update-status", """{"state":"interrupted","unknownObjects":["/opt/x","/opt/y"]}""").Connect();

        var e = await Assert.ThrowsAsync<UpdateInterruptedException>(() => node.Updates.WaitAsync(TimeSpan.FromMinutes(1)));

        Assert.Equal(["/opt/x", "/opt/y"], e.UnknownObjects);
        Assert.Equal("gw1", e.Node);
    }

    [Fact]
    public async Task Waiting_has_an_end_that_names_the_last_state()
    {
        var time = new ManualTime();
        KsmgNode node = new FakeNode().On("get-update-status", """{"state":"installing"}""").Connect(time);

        Task<UpdateStatus> wait = node.Updates.WaitAsync(TimeSpan.FromMinutes(1));
        await Eventually.AdvanceAsync(time, TimeSpan.FromMilliseconds(500), wait);

        var e = await Assert.ThrowsAsync<TimeoutException>(() => wait);
        Assert.Contains("installing", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_clear_refusal_ends_the_waiting_at_once()
    {
        KsmgNode node = new FakeNode().On("get-update-status", _ => FakeNode.Json(403, """{"error":{"code":"forbidden"}}""")).Connect(new ManualTime());

        await Assert.ThrowsAsync<KsmgApiException>(() => node.Updates.WaitAsync(TimeSpan.FromMinutes(1)));
    }

    [Theory]
    [InlineData("control", "secondary", "gw1", null)]
    [InlineData("secondary", "control", "gw2", null)]
    [InlineData("control", "down", "gw1", null)]
    [InlineData("control", "control", null, "gw1, gw2")]
    [InlineData("secondary", "secondary", null, "no node")]
    [InlineData("secondary", "down", null, "gw2: get-auth-info")]
    [InlineData("novel", "secondary", null, "no node")]
    public async Task Control_is_who_says_so_alone(string first, string second, string? control, string? complaint)
    {
        using KsmgCluster cluster = Cluster(WithRole(first), WithRole(second));

        if (control is not null)
        {
            Assert.Equal(control, (await cluster.GetControlAsync()).Name);
            return;
        }

        var e = await Assert.ThrowsAsync<KsmgException>(() => cluster.GetControlAsync());
        Assert.Contains(complaint!, e.Message, StringComparison.Ordinal);
    }

    private static FakeNode WithRole(string role) => role == "down"
        ? new FakeNode().On("get-auth-info", _ => throw new HttpRequestException(HttpRequestError.ConnectionError, "down"))
        : new FakeNode().On("get-node-status", $$"""{"address":"x:1","role":"{{role}}"}""");

    private static KsmgCluster Cluster(FakeNode gw1, FakeNode gw2) =>
        FakeNode.Connect(FakeNode.Options("gw1", "gw2"), new Dictionary<string, FakeNode> { ["gw1"] = gw1, ["gw2"] = gw2 });

    private static async Task<List<T>> ToListAsync<T>(IAsyncEnumerable<T> source)
    {
        var list = new List<T>();
        await foreach (T item in source)
        {
            list.Add(item);
        }

        return list;
    }
}
