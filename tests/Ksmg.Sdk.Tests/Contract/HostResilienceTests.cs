using System.Net;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Simulator;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;
using Polly;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary>
/// A host that adds the platform's own resilience to every client, as project templates do; nodes over real sockets. What changes a node is
/// sent once, or as often as the uploader says, which asks before.
/// </summary>
public sealed class HostResilienceTests : IDisposable
{
    private static readonly TimeSpan Guard = TimeSpan.FromSeconds(60);

    private static readonly Dictionary<string, Action<IHttpClientBuilder>> Ways = new(StringComparer.Ordinal)
    {
        ["retries"] = b => b.AddStandardResilienceHandler(o => o.Retry.Delay = TimeSpan.Zero),
        ["hedging"] = b => b.AddStandardHedgingHandler().Configure(o => o.Hedging.Delay = TimeSpan.Zero),
        ["time-outs"] = b => b.AddStandardResilienceHandler(o =>
        {
            o.AttemptTimeout.Timeout = TimeSpan.FromMilliseconds(50);
            o.TotalRequestTimeout.Timeout = TimeSpan.FromMilliseconds(100);
            o.CircuitBreaker.BreakDuration = TimeSpan.FromHours(1);
            o.CircuitBreaker.MinimumThroughput = 2;
        }),
    };

    private readonly PackageFolder folder = new();

    public static TheoryData<string, bool> WaysAndOrders => Pairs.Of(Ways.Keys, true, false);

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(WaysAndOrders))]
    public async Task An_upload_and_a_start_arrive_once(string way, bool before)
    {
        await using SimulatedCluster simulated = await SimulatedCluster.StartAsync(new SimulatedClusterOptions { Nodes = 1 });
        await using ServiceProvider host = Connect(simulated, way, before);
        UpdatesClient updates = host.GetRequiredService<UpdatesClient>();
        simulated.Faults.Arm(
            new SimulatedFault { Fault = "delay", Node = "gw1", Operation = "upload-update", After = "apply", For = TimeSpan.FromMilliseconds(300) });
        simulated.Faults.Arm(new SimulatedFault { Fault = "refuse", Node = "gw1", Operation = "start-update", Value = "503", Times = 0 });
        simulated.Faults.Arm(new SimulatedFault { Fault = "drop-request", Node = "gw1", Operation = "assign-control", Times = 0 });

        UploadedUpdate held = await updates.UploadAsync("run-gw1", await OpenAsync()).WaitAsync(Guard);
        KsmgApiException start = await Assert.ThrowsAsync<KsmgApiException>(() => updates.StartInstallAsync(held.Id).WaitAsync(Guard));
        KsmgApiException promote = await Assert.ThrowsAsync<KsmgApiException>(
            () => host.GetRequiredService<RoleClient>().AssignControlAsync().WaitAsync(Guard));

        Assert.Equal(("run-gw1", true), (held.Id, held.IsComplete));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, start.Status);
        Assert.False(start.HadNoEffect);
        Assert.False(promote.HadNoEffect);
        Assert.Equal(["upload-update", "start-update", "assign-control"], Writes(simulated));
    }

    [Theory]
    [MemberData(nameof(WaysAndOrders))]
    public async Task An_upload_that_is_cut_is_sent_three_times_at_most_and_the_node_is_asked_before_each(string way, bool before)
    {
        await using SimulatedCluster simulated = await SimulatedCluster.StartAsync(new SimulatedClusterOptions { Nodes = 1 });
        await using ServiceProvider host = Connect(simulated, way, before);
        simulated.Faults.Arm(new SimulatedFault { Fault = "cut-upload", Node = "gw1", Fraction = 0.3, Times = 0 });

        await Assert.ThrowsAsync<KsmgApiException>(
            async () => await host.GetRequiredService<UpdatesClient>().UploadAsync("run-gw1", await OpenAsync()).WaitAsync(Guard));

        string[] upload = ["upload-update", "list-updates", "delete-update"];
        Assert.Equal([.. upload, .. upload, .. upload], Writes(simulated, "list-updates"));
    }

    private static string[] Writes(SimulatedCluster simulated, params string[] also) =>
        [
            .. simulated.GetRequests()
                .Select(r => r.Operation)
                .Where(o => also.Contains(o) || o is "upload-update" or "delete-update" or "start-update" or "assign-control")];

    private async Task<UpdatePackageFile> OpenAsync() =>
        (await UpdatePackage.OpenAsync(folder.Write(new ZipBuilder().Add(PackageFolder.Ktgz, PackageFolder.Bytes(1_000_000))))).Files[0];

    private static ServiceProvider Connect(SimulatedCluster simulated, string way, bool before)
    {
        ServiceCollection services = new();
        services.AddSingleton<TimeProvider>(new ManualTime { Skips = TimeSpan.FromSeconds(4) });
        if (before)
        {
            services.ConfigureHttpClientDefaults(Ways[way]);
        }

        services.AddLogging().AddKsmg(o =>
        {
            o.Credentials = new KsmgCredentials(simulated.Options.UserName, _ => ValueTask.FromResult(simulated.Options.Password));
            o.Nodes.Add("gw1", simulated.Nodes[0].Url, ServerTrust.Pinned(simulated.Nodes[0].Fingerprint!), clusterAddress: simulated.Nodes[0].ClusterAddress);
        });
        if (!before)
        {
            services.ConfigureHttpClientDefaults(Ways[way]);
        }

        return services.BuildServiceProvider();
    }
}
