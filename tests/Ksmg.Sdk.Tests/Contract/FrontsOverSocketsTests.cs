using System.Text.Json.Nodes;
using Ksmg.Sdk.Dialects;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;
using Microsoft.Extensions.DependencyInjection;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary>Whole upgrades of one and of three nodes behind fronts that disagree with us, all of it over loopback TLS.</summary>
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
            await using ConfiguredCluster cluster = Configured(dialect, fronts, nodes);
            await using UpdatePackage package = await UpdatePackage.OpenAsync(Path.Combine(_folder.FullName, "update.zip"), cancellationToken: limit.Token);
            UpgradePlan plan = await cluster.Orchestrator.PlanAsync(package, cancellationToken: limit.Token);
            simulated.StartMail(20);
            UpgradeRun run = await cluster.Orchestrator.StartAsync(plan, limit.Token);
            UpgradeReport report = await run.WaitAsync(limit.Token);
            simulated.StopMail();

            Assert.True(report.End == UpgradeEnd.Completed, report.ToText());
            Assert.All(simulated.World.Nodes, node => Assert.Equal(simulated.Package.To, node.Build));
            Assert.Equal(nodes, simulated.GetEffects().Count(e => e.Effect == "install-started"));
            Assert.Empty(simulated.GetMail().Lost);
            Assert.Empty(simulated.GetViolations(atEnd: true, completed: true));
        }
        finally
        {
            foreach (FrontServer front in fronts)
            {
                await front.DisposeAsync();
            }
        }
    }

    private ConfiguredCluster Configured(string dialect, FrontServer[] fronts, int nodes)
    {
        string spoken = Path.Combine(_folder.FullName, "dialect.json");
        File.WriteAllText(spoken, dialect);
        string path = Path.Combine(_folder.FullName, "cluster.json");
        JsonNode file = JsonNode.Parse(File.ReadAllText(path))!;
        JsonNode section = file["Ksmg"]!;
        section["Dialect"] = spoken;
        section["Policy"]!["PauseAfter"] = "None";
        section["Policy"]!["Soak"] = "00:00:00.2000000";
        section["Policy"]!["Accept"] = nodes == 1 ? new JsonArray(UpgradeConsents.InterruptsMail) : new JsonArray();
        for (int i = 0; i < fronts.Length; i++)
        {
            section["Nodes"]![i]!["Address"] = fronts[i].Server.Address.ToString();
            section["Nodes"]![i]!["Fingerprint"] = fronts[i].Server.Fingerprint;
        }

        File.WriteAllText(path, file.ToJsonString());
        return ConfiguredCluster.Create(ClusterFile.Load(path).Section, builder => builder
            .AddDialects()
            .AddSimulatorAdapters()
            .AddConfiguredUpgrade(upgrade => upgrade.UseFileJournal(Path.Combine(_folder.FullName, "runs"))));
    }
}
