using System.Text.Json.Nodes;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary>A rehearsal foretells where the same plan stops, and what is asked there, when it is then carried out over sockets, in real time.</summary>
[Trait("Category", "Slow")]
public sealed class RehearsalOverSocketsTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private static readonly SimulatedClusterOptions Cluster = new() { Nodes = 2, Speed = 40, PackageBytes = 1 << 20 };

    /// <summary>How long the simulated nodes take, which an operator knows of the real ones.</summary>
    private static readonly RehearsalOptions Given = new()
    {
        InstallTime = Cluster.InstallTime / Cluster.Speed,
        RestartTime = Cluster.RestartTime / Cluster.Speed,
        SnapshotTime = Cluster.SnapshotTime / Cluster.Speed,
    };

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-rehearsed-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("queue-stuck", "S3")]
    [InlineData("node-lost", "S8")]
    [InlineData("old-build", "S8")]
    [InlineData("balancer-refuses", "S1")]
    [InlineData("message-lost", "S14")]
    public async Task A_run_over_sockets_stops_at_the_step_and_the_question_that_were_foretold(string name, string step)
    {
        using CancellationTokenSource limit = new(Limit);
        await using SimulatedCluster simulated = await SimulatedCluster.StartAsync(Cluster, cancellationToken: limit.Token);
        await simulated.WriteFilesAsync(_folder.FullName, limit.Token);
        await using ConfiguredCluster cluster = SocketUpgrade.Configure(_folder.FullName, dialect: null, WaitBriefly);
        await using UpdatePackage package = await UpdatePackage.OpenAsync(Path.Combine(_folder.FullName, "update.zip"), cancellationToken: limit.Token);
        UpgradePlan plan = await cluster.Orchestrator.PlanAsync(package, cancellationToken: limit.Token);
        UpgradeRehearsal rehearsal = new(plan, Given);
        RehearsalFault fault = rehearsal.Faults.Single(f => f.Name == name);
        RehearsedRun foretold = rehearsal.Run([fault]);

        Assert.All(fault.Faults, simulated.Faults.Arm);
        simulated.StartMail(20);
        UpgradeRun run = await cluster.Orchestrator.StartAsync(plan, limit.Token);
        UpgradeReport report = await run.WaitAsync(limit.Token);

        Assert.Equal((step, "gw2"), (report.StoppedAt?.Id.ToString(), report.StoppedAt?.Node));
        Assert.Equal((report.StoppedAt?.Id, report.StoppedAt?.Node), (foretold.Step, foretold.Node));
        Assert.Equal((report.End, report.Reason.Key), (foretold.End, foretold.Reason.Key));
        Assert.Equal(Questions(run.WaitingFor!.Options), Questions(foretold.Options));
        Assert.DoesNotContain(simulated.GetViolations(), v => v.Cause == EffectCause.Client);
    }

    private static IEnumerable<(HumanOptionKind Kind, string? Node, string? Check)> Questions(IEnumerable<HumanOption> options) =>
        options.Select(o => (o.Kind, o.Node, o.Check));

    /// <summary>Nobody has to be waited for longer than a machine under load takes.</summary>
    private static void WaitBriefly(JsonNode section)
    {
        foreach (string wait in (string[])["DrainTimeout", "NoProgressTimeout", "InstallTimeout", "StepTimeout", "ProbeTimeout"])
        {
            section["Policy"]![wait] = "00:00:08";
        }
    }
}
