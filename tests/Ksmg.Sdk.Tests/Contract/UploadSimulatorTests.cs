using Ksmg.Sdk.Http;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Simulator;
using static Ksmg.Sdk.Tests.Support.PackageFolder;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary>The whole way: session, upload over TLS, faults of the network, and what the node holds at the end.</summary>
public sealed class UploadSimulatorTests : IDisposable
{
    private static readonly TimeSpan Guard = TimeSpan.FromSeconds(60);
    private static readonly byte[] Content = Bytes(2_000_000);

    private readonly PackageFolder folder = new();
    private readonly Recorder<UploadProgress> progress = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(0, false)]
    [InlineData(0.5, false)]
    [InlineData(0.999, false)]
    [InlineData(1, false)]
    [InlineData(0, true)]
    [InlineData(0.5, true)]
    [InlineData(0.999, true)]
    [InlineData(1, true)]
    public async Task A_cut_upload_ends_whole_and_leaves_nothing_behind(double at, bool resumable)
    {
        await using SimulatedCluster simulated = await SimulatedCluster.StartAsync(new SimulatedClusterOptions { Nodes = 1, ResumableUploads = resumable });
        using KsmgCluster cluster = Connect(simulated, resumable);
        simulated.Faults.Arm(new SimulatedFault { Fault = "cut-upload", Node = "gw1", Fraction = at });
        UpdatesClient updates = cluster["gw1"].Updates;

        UploadedUpdate held = await updates.UploadAsync("run-gw1", await OpenAsync(), progress).WaitAsync(Guard);

        Assert.Equal((Sha256(Content), true), (held.Sha256, held.IsComplete));
        Assert.Equal(held, Assert.Single(await updates.ListUploadsAsync().WaitAsync(Guard)));
        Assert.Equal(at == 1 || resumable ? "run-gw1" : "run-gw1-2", held.Id);
        Assert.Equal(Content.Length, progress.Values[^1].SentBytes);
        Assert.All(progress.Values.Zip(progress.Values.Skip(1)), pair => Assert.True(
            pair.First.Attempt < pair.Second.Attempt || pair.First.SentBytes <= pair.Second.SentBytes, "Progress of one attempt never goes back."));
    }

    [Fact]
    public async Task Several_nodes_get_one_reading_and_a_failing_one_does_not_hurt_the_others()
    {
        await using SimulatedCluster simulated = await SimulatedCluster.StartAsync(new SimulatedClusterOptions { Nodes = 3 });
        using KsmgCluster cluster = Connect(simulated, resumable: false);
        simulated.Faults.Arm(new SimulatedFault { Fault = "cut-upload", Node = "gw2", Fraction = 0.5 });
        UpdatePackageFile file = await OpenAsync();
        file.ShareReading(3);

        UploadedUpdate[] held = await Task.WhenAll(cluster.Nodes.Select(n => n.Updates.UploadAsync("run-" + n.Name, file))).WaitAsync(Guard);

        Assert.All(held, upload => Assert.Equal((Sha256(Content), true), (upload.Sha256, upload.IsComplete)));
        Assert.Equal(["run-gw1", "run-gw2-2", "run-gw3"], held.Select(upload => upload.Id));
    }

    [Fact]
    public async Task A_lost_answer_is_not_sent_again()
    {
        await using SimulatedCluster simulated = await SimulatedCluster.StartAsync(new SimulatedClusterOptions { Nodes = 1 });
        using KsmgCluster cluster = Connect(simulated, resumable: false);
        simulated.Faults.Arm(new SimulatedFault { Fault = "drop-response", Node = "gw1", Operation = "upload-update" });

        UploadedUpdate held = await cluster["gw1"].Updates.UploadAsync("run-gw1", await OpenAsync()).WaitAsync(Guard);

        Assert.Equal("run-gw1", held.Id);
        Assert.Single(simulated.GetEffects(), e => e.Effect == "upload-started");
    }

    [Fact]
    public async Task A_refused_upload_never_sends_a_byte()
    {
        await using SimulatedCluster simulated = await SimulatedCluster.StartAsync(new SimulatedClusterOptions { Nodes = 1 });
        using KsmgCluster cluster = Connect(simulated, resumable: false);
        simulated.Faults.Arm(new SimulatedFault { Fault = "refuse", Node = "gw1", Operation = "upload-update", Value = "413" });

        KsmgApiException refused = await Assert.ThrowsAsync<KsmgApiException>(async () =>
            await cluster["gw1"].Updates.UploadAsync("run-gw1", await OpenAsync(), progress).WaitAsync(Guard));

        Assert.Equal(System.Net.HttpStatusCode.RequestEntityTooLarge, refused.Status);
        Assert.All(progress.Values, p => Assert.Equal(0, p.SentBytes));
        Assert.DoesNotContain(simulated.GetEffects(), e => e.Effect == "upload-started");
    }

    [Fact]
    public async Task A_damaged_package_is_never_complete_on_the_node()
    {
        await using SimulatedCluster simulated = await SimulatedCluster.StartAsync(new SimulatedClusterOptions { Nodes = 1 });
        using KsmgCluster cluster = Connect(simulated, resumable: false);

        await Assert.ThrowsAsync<PackageException>(async () =>
            await cluster["gw1"].Updates.UploadAsync("run-gw1", await OpenAsync(e => e.Crc ^= 1)).WaitAsync(Guard));

        Assert.Empty(await cluster["gw1"].Updates.ListUploadsAsync().WaitAsync(Guard));
        Assert.DoesNotContain(simulated.GetEffects(), e => e.Effect == "upload-finished");
    }

    private async Task<UpdatePackageFile> OpenAsync(Action<ZipBuilderEntry>? change = null) =>
        (await UpdatePackage.OpenAsync(folder.Write(new ZipBuilder().Add(Ktgz, Content, change)))).Files[0];

    private static KsmgCluster Connect(SimulatedCluster simulated, bool resumable)
    {
        KsmgOptions options = new()
        {
            Credentials = new KsmgCredentials(simulated.Options.UserName, _ => ValueTask.FromResult(simulated.Options.Password)),
        };
        foreach (SimulatedNodeEndpoint node in simulated.Nodes)
        {
            options.Nodes.Add(new KsmgNodeOptions { Name = node.Name, Address = node.Url, Fingerprint = node.Fingerprint });
        }

        if (resumable)
        {
            options.Catalogue["upload-update"] =
                [
                    new CatalogueEntryOptions
                    {
                        Method = "POST",
                        Path = "/web/api/upload-update-package",
                        Safety = "never",
                        Provenance = "assumed",
                        Resumable = true,
                    }];
        }

        return KsmgCluster.Create(options, time: new ManualTime { Skips = TimeSpan.FromSeconds(4) });
    }
}
