using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;
using Npgsql;

namespace Ksmg.Sdk.Tests.Fleet;

/// <summary>
/// The database fails over to a standby that has not received the last commits, while a run is under way: what was done and is not known any more.
/// </summary>
public sealed class PostgresFailOverTests : IAsyncLifetime
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(2);

    private readonly PostgresServer _server = new();

    public Task InitializeAsync() => _server.InitializeAsync();

    public Task DisposeAsync() => _server.DisposeAsync();

    /// <param name="received">The last record of the first node that the standby has, as its kind and step.</param>
    /// <param name="lost">The last one that is lost; what it intends is done.</param>
    /// <param name="isNoticed">Whether the node surely bears what only this run can have put there and the standby does not know of.</param>
    [ServerTheory("postgres")]
    [InlineData("Outcome S7/", "Intent S8/", false)]
    [InlineData("Outcome S7/", "Outcome S8/", false)]
    [InlineData("Outcome S2/", "Outcome S7/", true)]
    public async Task Nothing_is_done_twice_and_no_mail_is_lost_when_the_last_commits_are(string received, string lost, bool isNoticed)
    {
        using CancellationTokenSource limit = new(Long);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("ksmg-failover-");
        try
        {
            string connection = await _server.CreateDatabaseAsync();
            string database = new NpgsqlConnectionStringBuilder(connection).Database!;
            await using SimulatedCluster simulated = await SimulatedCluster.StartAsync(
                new SimulatedClusterOptions { Nodes = 2, Speed = 20, PackageBytes = 1 << 20 }, cancellationToken: limit.Token);
            await simulated.WriteFilesAsync(folder.FullName, limit.Token);
            await using UpdatePackage package = await UpdatePackage.OpenAsync(Path.Combine(folder.FullName, "update.zip"), cancellationToken: limit.Token);
            string id;
            await using (ConfiguredCluster cluster = Configure(folder, connection))
            {
                UpgradePlan plan = await cluster.Orchestrator.PlanAsync(package, cancellationToken: limit.Token);
                id = plan.RunId;
                simulated.StartMail(20);
                UpgradeRun run = await cluster.Orchestrator.StartAsync(plan, limit.Token);
                await using RecordHold hold = await RecordHold.PlaceAsync(_server.Connection(database), received, lost, limit.Token);
                await _server.StartStandbyAsync();
                await RecordAsync(database, received);
                await _server.CutStandbyAsync();
                await hold.GoOnAsync(limit.Token);
                await RecordAsync(database, lost);
                if (lost.EndsWith("S8/", StringComparison.Ordinal))
                {
                    await Eventually.TrueAsync(() => Installed(simulated) > 0, "the installation is under way", Long);
                }

                await _server.FailOverAsync();
                Assert.Null(await _server.AskAsync(database, RecordHold.Query(lost)));

                // The process that lives knows more than the database, and touches nothing any more.
                await Assert.ThrowsAnyAsync<JournalException>(() => run.WaitAsync(limit.Token));
            }

            await _server.ExecuteAsync(database, $"{RecordHold.Remove}; UPDATE ksmg.run SET beat_at = beat_at - interval '31 seconds'");
            await using ConfiguredCluster anew = Configure(folder, connection);
            UpgradeRun resumed = await anew.Orchestrator.ResumeAsync(id, cancellationToken: limit.Token);
            UpgradeReport report = await resumed.WaitAsync(limit.Token);
            bool asks = ((string)report.Reason).Contains("does not know of", StringComparison.Ordinal);
            Assert.True(asks || !isNoticed, report.ToText());
            if (asks)
            {
                // Somebody is to look before anything is done.
                DateTimeOffset until = TimeProvider.System.GetUtcNow().AddHours(1);
                await resumed.OverrideAsync("ann", UpgradeOverrides.OlderJournal, "looked at every node", until, limit.Token);
                await resumed.ContinueAsync(limit.Token);
                report = await resumed.WaitAsync(limit.Token);
            }

            simulated.StopMail();
            Assert.True(report.End is UpgradeEnd.Completed or UpgradeEnd.NeedsHuman, report.ToText());
            Assert.All(
                simulated.GetEffects().Where(e => e.Effect == "install-started").GroupBy(e => e.Node), installed => Assert.Single(installed));
            Assert.Empty(simulated.GetMail().Lost);
            bool completed = report.End == UpgradeEnd.Completed;
            Assert.Empty(simulated.GetViolations(atEnd: completed, completed));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static ConfiguredCluster Configure(DirectoryInfo folder, string connection) =>
        SocketUpgrade.Configure(folder.FullName, dialect: null, keep: upgrade => upgrade.UsePostgresStore(connection));

    private static int Installed(SimulatedCluster simulated) => simulated.GetEffects().Count(e => e.Effect == "install-started");

    private Task RecordAsync(string database, string record) =>
        Eventually.TrueAsync(async () => await _server.AskAsync(database, RecordHold.Query(record)) is not null, record, Long);
}
