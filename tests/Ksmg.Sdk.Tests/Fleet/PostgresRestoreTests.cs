using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;
using Npgsql;

namespace Ksmg.Sdk.Tests.Fleet;

/// <summary>
/// A backup of the database is brought back while a run is under way: with <c>pg_dump</c> and <c>pg_restore</c>, over sockets, as users meet it.
/// </summary>
public sealed class PostgresRestoreTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(2);

    /// <param name="backUpAfter">The first node's step after which the backup is made.</param>
    /// <param name="restoreAfter">The one after which it is brought back.</param>
    /// <param name="isNoticed">Whether the nodes bear what only this run can have put there and the backup does not know of.</param>
    /// <param name="mayStop">Whether somebody may have to put right by hand what the backup does not know of, such as which node is Control.</param>
    [ServerTheory("postgres")]
    [InlineData("S2/", "S7/", true, false)]
    [InlineData("S0", "S7/", true, true)]
    [InlineData("S7/", "S8/", false, true)]
    [InlineData("S12/", "S1/gw1", false, true)]
    public async Task A_run_goes_on_from_an_older_backup_without_doing_anything_twice(
        string backUpAfter, string restoreAfter, bool isNoticed, bool mayStop)
    {
        using CancellationTokenSource limit = new(Long);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("ksmg-restore-");
        try
        {
            string connection = await server.CreateDatabaseAsync();
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
                await using RecordHold hold = await RecordHold.PlaceAsync(
                    server.Connection(database), $"Outcome {backUpAfter}", $"Outcome {restoreAfter}", limit.Token);
                await OutcomeAsync(database, backUpAfter);
                string backup = await server.BackUpAsync(database);
                await hold.GoOnAsync(limit.Token);
                string restored = await server.PrepareAsync(backup);
                await server.ExecuteAsync(restored, RecordHold.Remove);
                await OutcomeAsync(database, restoreAfter);
                await server.ReplaceAsync(database, restored);

                // The process that lives knows more than the database, says so, and touches nothing any more.
                JournalException refused = await Assert.ThrowsAsync<JournalException>(() => run.WaitAsync(limit.Token));
                Assert.Contains("an older backup was restored", refused.Message, StringComparison.Ordinal);
                Assert.Contains("begin this process anew", refused.Message, StringComparison.Ordinal);
            }

            // A new one knows what the database knows, and what it sees.
            await server.ExecuteAsync(database, "UPDATE ksmg.run SET beat_at = beat_at - interval '31 seconds'");
            await using ConfiguredCluster anew = Configure(folder, connection);
            UpgradeRun resumed = await anew.Orchestrator.ResumeAsync(id, cancellationToken: limit.Token);
            UpgradeReport report = await resumed.WaitAsync(limit.Token);
            if (isNoticed)
            {
                // Somebody is to look before anything is done.
                int caused = simulated.GetEffects().Count(e => e.Cause == EffectCause.Client);
                Assert.Equal(UpgradeEnd.NeedsHuman, report.End);
                Assert.Contains("does not know of", report.Reason, StringComparison.Ordinal);
                DateTimeOffset until = TimeProvider.System.GetUtcNow().AddHours(1);
                await resumed.OverrideAsync("ann", UpgradeOverrides.OlderJournal, "looked at every node", until, limit.Token);
                Assert.Equal(caused, simulated.GetEffects().Count(e => e.Cause == EffectCause.Client));
                await resumed.ContinueAsync(limit.Token);
                report = await resumed.WaitAsync(limit.Token);
            }

            simulated.StopMail();
            Assert.True(report.End == UpgradeEnd.Completed || mayStop, report.ToText());
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

    /// <summary>Waits until a step has ended.</summary>
    private Task OutcomeAsync(string database, string step) =>
        Eventually.TrueAsync(async () => await server.AskAsync(database, RecordHold.Query($"Outcome {step}")) is not null, step, Long);
}
