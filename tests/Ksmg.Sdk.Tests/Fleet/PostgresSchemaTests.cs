using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Npgsql;
using static Ksmg.Sdk.Tests.Upgrades.JournalSamples;

namespace Ksmg.Sdk.Tests.Fleet;

/// <summary>The tables: made by many at once, changed under those who work on them, of another version.</summary>
public sealed class PostgresSchemaTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    /// <summary>What the next version of this library adds, and the one after it.</summary>
    private static readonly (int Number, string Script)[] Next =
        [.. SchemaMigration.Own(), (SchemaMigration.Own()[^1].Number + 1, "ALTER TABLE run ADD COLUMN note text; CREATE TABLE wave (id text PRIMARY KEY)")];

    [ServerFact("postgres")]
    public async Task Processes_that_come_at_once_make_the_tables_once()
    {
        string connection = await server.CreateDatabaseAsync();
        PostgresRunStore[] stores = [.. Enumerable.Range(0, 8).Select(_ => new PostgresRunStore(connection))];
        await Task.WhenAll(stores.Select(s => s.MigrateAsync())).WaitAsync(Eventually.Limit);

        Assert.Equal((long)SchemaMigration.Own().Length, await AskAsync(connection, "SELECT count(*) FROM ksmg.version"));
        Assert.All(await Task.WhenAll(stores.Select(s => s.ListAsync())), Assert.Empty);
        await Task.WhenAll(stores.Select(s => s.DisposeAsync().AsTask()));
    }

    [ServerFact("postgres")]
    public async Task Programs_of_two_versions_that_come_at_once_make_them_once_and_both_work()
    {
        string connection = await server.CreateDatabaseAsync();
        PostgresRunStore[] stores = [.. Enumerable.Range(0, 4).Select(_ => new PostgresRunStore(connection))];
        await Task.WhenAll([.. stores.Select(s => s.MigrateAsync()), .. stores.Select(_ => ChangeAsync(connection, Next))]).WaitAsync(Eventually.Limit);

        Assert.Equal((long)Next.Length, await AskAsync(connection, "SELECT count(*) FROM ksmg.version"));
        await using RunLease lease = await new UpgradeJournal(stores[0]).CreateAsync(Plan());
        Assert.Equal(["run-1"], (await new UpgradeJournal(stores[3]).ListAsync()).Select(r => r.RunId));
        await Task.WhenAll(stores.Select(s => s.DisposeAsync().AsTask()));
    }

    [ServerFact("postgres")]
    public async Task The_program_before_goes_on_while_a_newer_one_changes_the_tables_and_can_be_started_again()
    {
        string connection = await server.CreateDatabaseAsync();
        await using PostgresRunStore store = new(connection);
        UpgradeJournal journal = new(store);
        await using RunLease lease = await journal.CreateAsync(Plan());
        Task<int> works = AppendUntilAsync(journal, lease, async () => await AskAsync(connection, "SELECT max(number) FROM ksmg.version") is int n
            && n == Next[^1].Number);
        await ChangeAsync(connection, Next);
        int records = await works.WaitAsync(Eventually.Limit);
        await journal.AppendAsync(lease, Observation("after"));
        await journal.SaveFileAsync(lease, "a", new byte[1]);
        await journal.PostCommandAsync("run-1", Command("c1"));
        await lease.DisposeAsync();

        await using PostgresRunStore started = new(connection);
        UpgradeJournal again = new(started);
        await using (RunLease taken = await again.AcquireAsync("run-1", TimeSpan.Zero))
        {
            await again.AppendAsync(taken, Ended());
        }

        Assert.Equal(2 + records + 3, (await again.ReadAsync("run-1")).Count);
        Assert.Equal(1, await started.DeleteEndedAsync(TimeSpan.Zero));
    }

    /// <summary>A run of the program before has no cluster in its row, and perhaps no claim that tells: nobody begins a second one beside it.</summary>
    [ServerFact("postgres")]
    public async Task A_run_of_the_program_before_is_seen_by_whoever_begins_another_one()
    {
        string connection = await server.CreateDatabaseAsync();
        await ChangeAsync(connection, SchemaMigration.Own()[..1]);
        await using PostgresRunStore store = new(connection);
        UpgradeJournal journal = new(store);
        await using RunLease lease = await journal.CreateAsync(Plan());
        Assert.Equal("mail-eu", await AskAsync(connection, "SELECT cluster FROM ksmg.run"));
        await AskAsync(connection, "UPDATE ksmg.run SET cluster = NULL; DELETE FROM ksmg.claim");

        Assert.Equal("run-1", (await Assert.ThrowsAsync<ActiveRunException>(() => journal.CreateAsync(Plan("run-2")))).RunId);
        await using RunLease other = await journal.CreateAsync(Plan("run-3", "mail-us"));
    }

    [ServerFact("postgres")]
    public async Task Tables_of_two_versions_ahead_are_left_alone()
    {
        string connection = await server.CreateDatabaseAsync();
        await ChangeAsync(connection, [.. Next, (Next[^1].Number + 1, "ALTER TABLE record RENAME TO entry")]);

        await using PostgresRunStore older = new(connection);
        string said = (await Assert.ThrowsAsync<JournalException>(() => new UpgradeJournal(older).ListAsync())).Message;
        Assert.Contains($"version {Next[^1].Number + 1}", said, StringComparison.Ordinal);
        Assert.Contains($"up to {Next[^1].Number - 1}", said, StringComparison.Ordinal);
    }

    [ServerFact("postgres")]
    public async Task A_change_that_would_wait_long_gives_way_and_is_made_later_as_a_whole()
    {
        string connection = await server.CreateDatabaseAsync();
        await using PostgresRunStore store = new(connection);
        UpgradeJournal journal = new(store);
        await using RunLease lease = await journal.CreateAsync(Plan());
        await using NpgsqlConnection backup = new(connection + ";Pooling=false");
        await backup.OpenAsync();
        await using NpgsqlTransaction reads = await backup.BeginTransactionAsync();
        await using (NpgsqlCommand read = new("SELECT count(*) FROM ksmg.run", backup))
        {
            await read.ExecuteScalarAsync();
        }

        PostgresException gaveWay = await Assert.ThrowsAsync<PostgresException>(() => ChangeAsync(connection, Next)).WaitAsync(Eventually.Limit);
        Assert.Equal(PostgresErrorCodes.LockNotAvailable, gaveWay.SqlState);
        await journal.AppendAsync(lease, Observation("meanwhile"));
        Assert.Equal(false, await AskAsync(connection, "SELECT EXISTS (SELECT FROM pg_class WHERE relname = 'wave')"));

        await reads.RollbackAsync();
        await ChangeAsync(connection, Next);
        Assert.Equal(true, await AskAsync(connection, "SELECT EXISTS (SELECT FROM pg_class WHERE relname = 'wave')"));
        await journal.AppendAsync(lease, Observation("afterwards"));
    }

    /// <summary>As a program that knows these scripts does when it begins.</summary>
    private static async Task ChangeAsync(string connection, (int Number, string Script)[] scripts)
    {
        await using NpgsqlConnection session = new(new NpgsqlConnectionStringBuilder(connection) { SearchPath = "ksmg", Pooling = false }.ConnectionString);
        await session.OpenAsync();
        await new SchemaMigration("ksmg", scripts).ApplyAsync(session, CancellationToken.None);
    }

    private static async Task<int> AppendUntilAsync(UpgradeJournal journal, RunLease lease, Func<Task<bool>> isEnough)
    {
        int records = 0;
        do
        {
            await journal.AppendAsync(lease, Observation($"record {++records}"));
        }
        while (!await isEnough());
        return records;
    }

    private async Task<object?> AskAsync(string connection, string statement) =>
        await server.AskAsync(new NpgsqlConnectionStringBuilder(connection).Database!, statement);
}
