using System.Text.Json.Nodes;
using Ksmg.Sdk.Dialects;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary>Whole upgrades of one and of three nodes behind fronts that disagree with us, all of it over loopback TLS.</summary>
[Trait("Category", "Slow")]
public sealed class FrontsOverSocketsTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private static readonly string[] Dialects =
        [ForeignFront.Dialect, UploadFront.Dialect, UploadFront.InPieces, UploadFront.InTiedPieces, UploadFront.Installing];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-fronts-");

    public void Dispose() => _folder.Delete(recursive: true);

    public static TheoryData<int, string> Fronts { get; } = Pairs.Of([1, 3], Dialects);

    [Theory]
    [MemberData(nameof(Fronts))]
    public async Task A_dialect_file_upgrades_the_cluster(int nodes, string dialect)
    {
        using CancellationTokenSource limit = new(Limit);
        bool isForeign = dialect == ForeignFront.Dialect;
        await using SimulatedCluster simulated = await SimulatedCluster.StartAsync(
            new SimulatedClusterOptions
            {
                Nodes = nodes,
                Speed = 100,
                PackageBytes = 1 << 16,
                UploadNaming = isForeign ? UploadNaming.BySender : UploadNaming.Numbered,
            },
            cancellationToken: limit.Token);
        await simulated.WriteFilesAsync(_folder.FullName, limit.Token);
        string[] addresses = [.. simulated.Nodes.Select(node => node.ClusterAddress)];
        FrontServer[] fronts = await Task.WhenAll(simulated.Nodes.Select(node => FrontServer.StartAsync(
            node, inner => isForeign ? new ForeignFront(inner) { Addresses = addresses } : new UploadFront(inner, new UploadFrontState()))));
        try
        {
            await using ConfiguredCluster cluster = Configured(dialect, fronts);
            await SocketUpgrade.AssertCompletesAsync(simulated, cluster, _folder.FullName, limit.Token);
        }
        finally
        {
            foreach (FrontServer front in fronts)
            {
                await front.DisposeAsync();
            }
        }
    }

    private ConfiguredCluster Configured(string dialect, FrontServer[] fronts)
    {
        string spoken = Path.Combine(_folder.FullName, "dialect.json");
        File.WriteAllText(spoken, dialect);
        return SocketUpgrade.Configure(_folder.FullName, spoken, section =>
        {
            section["Policy"]!["Accept"] = fronts.Length == 1 ? new JsonArray(UpgradeConsents.InterruptsMail) : new JsonArray();
            foreach ((int i, FrontServer front) in fronts.Index())
            {
                section["Nodes"]![i]!["Address"] = front.Server.Address.ToString();
                section["Nodes"]![i]!["Fingerprint"] = front.Server.Fingerprint;
            }
        });
    }
}
