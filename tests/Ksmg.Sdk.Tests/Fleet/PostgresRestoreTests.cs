using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Fleet;

/// <summary>
/// A backup of the database is brought back while a run is under way: with <c>pg_dump</c> and <c>pg_restore</c>, over sockets, as users meet it.
/// </summary>
public sealed class PostgresRestoreTests(PostgresServer server) : IClassFixture<PostgresServer>
{
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
        using CancellationTokenSource limit = new(PostgresUpgrade.Limit);
        await using PostgresUpgrade upgrade = await PostgresUpgrade.CreateAsync(server, limit.Token);
        string database = upgrade.Database;
        string id;
        await using (ConfiguredCluster cluster = upgrade.Configure())
        {
            UpgradeRun run = await upgrade.StartAsync(cluster, limit.Token);
            id = run.Id;
            await using RecordHold hold = await RecordHold.PlaceAsync(
                server.Connection(database), $"Outcome {backUpAfter}", $"Outcome {restoreAfter}", limit.Token);
            await upgrade.RecordedAsync($"Outcome {backUpAfter}");
            string backup = await server.BackUpAsync(database);
            await hold.GoOnAsync(limit.Token);
            string restored = await server.PrepareAsync(backup);
            await server.ExecuteAsync(restored, RecordHold.Remove);
            await upgrade.RecordedAsync($"Outcome {restoreAfter}");
            await server.ReplaceAsync(database, restored);

            // The process that lives knows more than the database, says so, and touches nothing any more.
            JournalException refused = await Assert.ThrowsAsync<JournalException>(() => run.WaitAsync(limit.Token));
            Assert.Contains("an older backup was restored", refused.Message, StringComparison.Ordinal);
            Assert.Contains("begin this process anew", refused.Message, StringComparison.Ordinal);
        }

        // A new one knows what the database knows, and what it sees.
        await using ConfiguredCluster anew = upgrade.Configure();
        UpgradeRun resumed = await upgrade.ResumeAsync(anew, id, limit.Token);
        UpgradeReport report = await resumed.WaitAsync(limit.Token);
        if (isNoticed)
        {
            Assert.Equal(UpgradeEnd.NeedsHuman, report.End);
            Assert.Contains("does not know of", report.Reason, StringComparison.Ordinal);
            report = await upgrade.GoOnAsync(resumed, limit.Token);
        }

        Assert.True(report.End == UpgradeEnd.Completed || mayStop, report.ToText());
        upgrade.AssertNothingTwice(report);
    }
}
