using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary>Whole upgrades through the typed clients, over loopback TLS and SMTP, with what only the wire can do wrong.</summary>
[Trait("Category", "Slow")]
public sealed class UpgradeOverSocketsTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-upgrade-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("start-update")]
    [InlineData("set-receiving")]
    [InlineData("assign-control")]
    [InlineData("upload-update")]
    [InlineData("get-update-status")]
    public async Task A_session_that_ends_in_the_middle_of_a_step_costs_a_login_and_no_second_effect(string operation)
    {
        UpgradeReport report = await UpgradeAsync(new SimulatedFault { Fault = "sessions-expired", Node = "gw2", Operation = operation });

        Assert.True(report.End == UpgradeEnd.Completed, report.ToText());
    }

    [Theory]
    [InlineData("html-answer", "get-queue-summary")]
    [InlineData("truncated-answer", "get-about")]
    [InlineData("hidden-error", "get-node-status")]
    [InlineData("drop-response", "start-update")]
    [InlineData("drop-response", "assign-control")]
    [InlineData("drop-response", "set-receiving")]
    [InlineData("cut-upload", "upload-update")]
    public async Task An_answer_that_is_lost_or_makes_no_sense_is_looked_behind(string fault, string operation)
    {
        UpgradeReport report = await UpgradeAsync(new SimulatedFault { Fault = fault, Node = "gw2", Operation = operation, Fraction = 0.5 });

        Assert.True(report.End == UpgradeEnd.Completed, report.ToText());
    }

    [Fact]
    public async Task Packages_staged_before_the_run_are_read_once_and_a_cut_one_is_sent_anew() =>
        Assert.Equal(
            UpgradeEnd.Completed,
            (await UpgradeAsync(new SimulatedFault { Fault = "cut-upload", Node = "gw2", Fraction = 0.5 }, stage: StageUploads.BeforeRun)).End);

    [Fact]
    public async Task A_certificate_that_changes_with_the_update_parks_the_node()
    {
        UpgradeReport report = await UpgradeAsync(new SimulatedFault { Fault = "certificate-changes", Node = "gw2" }, installs: 1);

        Assert.Equal(UpgradeEnd.NeedsHuman, report.End);
        Assert.Contains("certificate", report.Reason, StringComparison.Ordinal);
        Assert.Equal(NodeOutcome.Parked, report.Nodes.Single(n => n.Name == "gw2").Outcome);
    }

    /// <summary>The one who drives on from the gate, another process as far as that can be seen, knows it from the journal alone.</summary>
    [Fact]
    public async Task A_certificate_that_changes_with_the_update_is_trusted_where_people_agreed_to_it()
    {
        using CancellationTokenSource limit = new(Limit);
        await using SimulatedCluster simulated = await StartAsync(limit.Token);
        simulated.Faults.Arm(new SimulatedFault { Fault = "certificate-changes", Node = "gw2" });
        string run;
        await using (ServiceProvider first = Services(StageUploads.WhileDraining, PausePoint.First, UpgradeConsents.NewCertificate))
        {
            RollingUpgradeOrchestrator orchestrator = first.GetRequiredService<RollingUpgradeOrchestrator>();
            UpgradePlan plan = await PlanAsync(orchestrator, limit.Token);
            run = plan.RunId;
            UpgradeRun standing = await orchestrator.StartAsync(plan, limit.Token);
            UpgradeReport report = await standing.WaitAsync(limit.Token);
            Assert.True(report.End == UpgradeEnd.Paused, report.ToText());
            List<string> told = [];
            await foreach (UpgradeEvent happened in standing.WatchAsync(cancellationToken: limit.Token))
            {
                told.Add(happened.Text.Key);
            }

            Assert.Single(told, "notice.new-certificate");
            await standing.ApproveAsync("ann", plan.Hash, cancellationToken: limit.Token);
        }

        await using ServiceProvider second = Services(StageUploads.WhileDraining, PausePoint.First, UpgradeConsents.NewCertificate);
        UpgradeRun resumed = await second.GetRequiredService<RollingUpgradeOrchestrator>().ResumeAsync(run, cancellationToken: limit.Token);
        UpgradeReport last = await resumed.WaitAsync(limit.Token);
        Assert.True(last.End == UpgradeEnd.Completed, last.ToText());
        Assert.Empty(simulated.GetViolations(atEnd: true, completed: true));
    }

    private async Task<UpgradeReport> UpgradeAsync(SimulatedFault fault, int installs = 2, StageUploads stage = StageUploads.WhileDraining)
    {
        using CancellationTokenSource limit = new(Limit);
        await using SimulatedCluster simulated = await StartAsync(limit.Token);
        await using ServiceProvider provider = Services(stage);
        RollingUpgradeOrchestrator orchestrator = provider.GetRequiredService<RollingUpgradeOrchestrator>();
        UpgradePlan plan = await PlanAsync(orchestrator, limit.Token);
        simulated.StartMail(20);
        simulated.Faults.Arm(fault);
        UpgradeRun run = await orchestrator.StartAsync(plan, limit.Token);
        UpgradeReport report = await run.WaitAsync(limit.Token);

        Assert.Equal(installs, simulated.GetEffects().Count(e => e.Effect == "install-started"));
        Assert.Empty(simulated.GetViolations(atEnd: report.End == UpgradeEnd.Completed, completed: report.End == UpgradeEnd.Completed));
        return report;
    }

    private async Task<SimulatedCluster> StartAsync(CancellationToken cancellationToken)
    {
        SimulatedCluster simulated = await SimulatedCluster.StartAsync(
            new SimulatedClusterOptions { Nodes = 2, Speed = 40, PackageBytes = 4 << 20 }, cancellationToken: cancellationToken);
        await simulated.WriteFilesAsync(_folder.FullName, cancellationToken);
        return simulated;
    }

    private async Task<UpgradePlan> PlanAsync(RollingUpgradeOrchestrator orchestrator, CancellationToken cancellationToken)
    {
        await using UpdatePackage package = await UpdatePackage.OpenAsync(
            Path.Combine(_folder.FullName, "update.zip"), cancellationToken: cancellationToken);
        return await orchestrator.PlanAsync(package, cancellationToken: cancellationToken);
    }

    private ServiceProvider Services(StageUploads stage, PausePoint pauseAfter = PausePoint.None, params string[] accept)
    {
        IConfigurationSection ksmg = ClusterFile.Load(Path.Combine(_folder.FullName, "cluster.json")).Section;
        ServiceCollection services = new();
        services.AddKsmg(ksmg)
            .AddSimulatorAdapters()
            .AddConfiguredUpgrade(u =>
            {
                u.UseFileJournal(Path.Combine(_folder.FullName, "runs"));
                u.Policy.PauseAfter = pauseAfter;
                u.Policy.Accept = [.. u.Policy.Accept, .. accept];
                u.Policy.StageUploads = stage;
                u.Policy.Soak = TimeSpan.FromMilliseconds(200);
                u.Policy.StepTimeout = TimeSpan.FromSeconds(8);
            });
        return services.BuildServiceProvider();
    }
}
