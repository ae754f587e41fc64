using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Fleet;

/// <summary>
/// The database fails over to a standby that has not received the last commits, while a run is under way: what was done and is not known any more.
/// </summary>
public sealed class PostgresFailOverTests : IAsyncLifetime
{
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
        using CancellationTokenSource limit = new(PostgresUpgrade.Limit);
        await using PostgresUpgrade upgrade = await PostgresUpgrade.CreateAsync(_server, limit.Token);
        string database = upgrade.Database;
        string id;
        await using (ConfiguredCluster cluster = upgrade.Configure())
        {
            UpgradeRun run = await upgrade.StartAsync(cluster, limit.Token);
            id = run.Id;
            await using RecordHold hold = await RecordHold.PlaceAsync(_server.Connection(database), received, lost, limit.Token);
            await _server.StartStandbyAsync();
            await upgrade.RecordedAsync(received);
            await _server.CutStandbyAsync();
            await hold.GoOnAsync(limit.Token);
            await upgrade.RecordedAsync(lost);
            if (lost.EndsWith("S8/", StringComparison.Ordinal))
            {
                await Eventually.TrueAsync(() => upgrade.Installed > 0, "the installation is under way", PostgresUpgrade.Limit);
            }

            await _server.FailOverAsync();
            Assert.Null(await _server.AskAsync(database, RecordHold.Query(lost)));

            // The process that lives knows more than the database, and touches nothing any more.
            await Assert.ThrowsAnyAsync<JournalException>(() => run.WaitAsync(limit.Token));
        }

        await _server.ExecuteAsync(database, RecordHold.Remove);
        await using ConfiguredCluster anew = upgrade.Configure();
        UpgradeRun resumed = await upgrade.ResumeAsync(anew, id, limit.Token);
        UpgradeReport report = await resumed.WaitAsync(limit.Token);
        bool asks = ((string)report.Reason).Contains("does not know of", StringComparison.Ordinal);
        Assert.True(asks || !isNoticed, report.ToText());
        if (asks)
        {
            report = await upgrade.GoOnAsync(resumed, limit.Token);
        }

        Assert.True(report.End is UpgradeEnd.Completed or UpgradeEnd.NeedsHuman, report.ToText());
        upgrade.AssertNothingTwice(report);
    }
}
