using Ksmg.Sdk.Tests.Support;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary>The real clients against the simulator over TLS on loopback.</summary>
public sealed class SimulatorClientTests
{
    [Fact]
    public async Task The_clients_and_the_simulator_speak_the_same_wire()
    {
        await using SimulatedCluster simulated = await StartAsync();
        using KsmgCluster cluster = Connect(simulated);

        KsmgNode control = await cluster.GetControlAsync();
        Assert.Equal("gw1", control.Name);
        Assert.Equal(simulated.Nodes[1].ClusterAddress, await cluster["gw2"].GetClusterAddressAsync());
        Node row = await control.Nodes.GetAsync("gw2");
        Assert.Equal((NodeRole.Secondary, NodeState.Available, simulated.Options.Build), (row.Role, row.State, row.Build!.Value));
        NodeStatus status = await cluster["gw2"].Nodes.GetStatusAsync();
        Assert.Equal((NodeRole.Secondary, LicenseState.Active, DatabasesState.UpToDate), (status.Role, status.License, status.Databases));
        Assert.NotEmpty(status.Disks);
        Assert.NotEmpty(status.Services);
        CurrentUser user = await control.Nodes.GetCurrentUserAsync();
        Assert.True(user.CanEditSettings && user.CanManageNodes);
        Assert.NotNull(user.PasswordExpiresAt);
        Assert.False((await control.Role.GetEmergencyStateAsync()).IsEmergency);
        Assert.Equal(0, (await control.Queue.GetSummaryAsync("gw2")).Total);
        await foreach (QueuedMessage _ in control.Queue.ListMessagesAsync("gw2"))
        {
            Assert.Fail("No mail flows.");
        }

        await control.Queue.SetReceivingAsync("gw2", enabled: false);
        Assert.Equal(new MailFlowSwitches(Receiving: false, Sending: true), await cluster["gw2"].Queue.GetSwitchesAsync());
        await control.Queue.SetReceivingAsync("gw2", enabled: true);
        await control.Queue.FlushAsync(MessageQueueKind.Mta, "gw2");
        var refused = await Assert.ThrowsAsync<KsmgApiException>(() => control.Queue.FlushAsync(MessageQueueKind.AntiSpamQuarantine, "gw2"));
        Assert.Equal("notSupported", refused.Code);
        Assert.True(refused.HadNoEffect);
        await cluster["gw2"].Nodes.StartIntegrityCheckAsync();
        Assert.Empty(await cluster["gw2"].Updates.ListUploadsAsync());
        Assert.False(await cluster["gw2"].Updates.DeleteUploadAsync("u-1"));
        Assert.Equal(UpdateState.Idle, (await cluster["gw2"].Updates.GetStatusAsync()).State);
        Assert.Equal("notFound", (await Assert.ThrowsAsync<KsmgApiException>(() => cluster["gw2"].Updates.StartInstallAsync("u-1"))).Code);
        Assert.Empty(simulated.GetViolations());
    }

    [Fact]
    public async Task An_update_is_uploaded_installed_and_waited_for_over_the_change_of_dialect()
    {
        string folder = Directory.CreateTempSubdirectory("ksmg-contract-").FullName;
        try
        {
            await using SimulatedCluster simulated = await StartAsync();
            using KsmgCluster cluster = Connect(simulated);
            KsmgNode gw2 = cluster["gw2"];
            await simulated.WritePackageAsync(Path.Combine(folder, "update.zip"));
            await using UpdatePackage package = await UpdatePackage.OpenAsync(Path.Combine(folder, "update.zip"));
            var progress = new LastProgress();

            UploadedUpdate held = await gw2.Updates.UploadAsync("u-1", package.Files.Single(), progress).WaitAsync(Eventually.Limit);
            await gw2.Updates.StartInstallAsync(held.Id);
            UpdateStatus status = await gw2.Updates.WaitAsync(Eventually.Limit);

            Assert.True(held.IsComplete);
            Assert.Equal(simulated.Package.Sha256, held.Sha256);
            Assert.Equal(simulated.Package.SizeBytes, progress.Value!.SentBytes);
            Assert.Equal(UpdateState.Completed, status.State);
            Assert.Equal(simulated.Options.TargetBuild, (await gw2.Updates.GetAboutAsync()).Build);
            await gw2.Queue.SetReceivingAsync(null, enabled: false);
            Assert.Single(simulated.GetEffects(), e => e.Effect == "install-started");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_wrong_password_is_tried_once()
    {
        await using SimulatedCluster simulated = await StartAsync();
        using KsmgCluster cluster = Connect(simulated, "wrong");

        for (int i = 0; i < 10; i++)
        {
            var e = await Assert.ThrowsAsync<KsmgAuthenticationException>(() => cluster["gw1"].Updates.GetAboutAsync());
            Assert.Equal("AuthFailed", e.Code);
        }

        Assert.Single(simulated.GetEffects(), e => e.Effect == "login-refused");
    }

    private static Task<SimulatedCluster> StartAsync() =>
        SimulatedCluster.StartAsync(new SimulatedClusterOptions { Nodes = 2, Speed = 50, PackageBytes = 1 << 20 });

    private static KsmgCluster Connect(SimulatedCluster simulated, string? password = null)
    {
        var options = new KsmgOptions
        {
            Credentials = new KsmgCredentials(simulated.Options.UserName, _ => ValueTask.FromResult(password ?? simulated.Options.Password)),
        };
        (options.RequestLimit, options.ConnectTimeout) = (Eventually.Limit, Eventually.Limit);
        foreach (SimulatedNodeEndpoint node in simulated.Nodes)
        {
            options.Nodes.Add(node.Name, node.Url, ServerTrust.Pinned(node.Fingerprint!), node.Smtp);
        }

        return KsmgCluster.Create(options);
    }

    private sealed class LastProgress : IProgress<UploadProgress>
    {
        public UploadProgress? Value { get; private set; }

        public void Report(UploadProgress value) => Value = value;
    }
}
