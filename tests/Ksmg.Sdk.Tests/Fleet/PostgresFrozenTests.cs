using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Npgsql;
using static Ksmg.Sdk.Tests.Upgrades.JournalSamples;

namespace Ksmg.Sdk.Tests.Fleet;

/// <summary>
/// Sessions that stand still while they hold something, as those of a process that was stopped: all others go on. Behind a proxy that stands
/// still a process looks so to the server.
/// </summary>
public sealed class PostgresFrozenTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    /// <summary>Whether what a silent network swallowed was written nobody can know; twice it never is.</summary>
    private static readonly string[] WrittenOnce = ["after", "swallowed after", "after swallowed"];

    private const string Locked = "FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";

    [ServerFact("postgres")]
    public async Task A_process_that_stops_while_it_holds_the_lock_of_the_store_loses_it_and_can_begin_nothing_any_more()
    {
        string connection = await server.CreateDatabaseAsync();
        await using CuttingProxy proxy = new(PortOf(connection));
        await using PostgresRunStore stopped = new(Through(proxy, connection) + ";Options=-c idle_in_transaction_session_timeout=500ms");
        await using PostgresRunStore store = new(connection);
        IAsyncDisposable held = await stopped.LockAsync();
        proxy.StandStill();

        UpgradeJournal journal = new(store);
        await using RunLease lease = await journal.CreateAsync(Plan()).WaitAsync(Eventually.Limit);
        StoredLease begun = (await store.ReadLeaseAsync("run-1"))!;
        byte[] first = (await store.FindAsync("run-1"))!.First.ToArray();

        // It wakes within what it did under the lock: beginning a run of the same nodes.
        proxy.GoOn();
        await Assert.ThrowsAsync<ActiveRunException>(() => stopped.CreateAsync("run-2", new byte[1], first, begun));
        await held.DisposeAsync();
        await (await stopped.LockAsync().WaitAsync(Eventually.Limit)).DisposeAsync();
        await (await store.LockAsync().WaitAsync(Eventually.Limit)).DisposeAsync();
    }

    [ServerFact("postgres")]
    public async Task A_process_that_stops_in_the_middle_of_a_write_holds_no_run()
    {
        string connection = await server.CreateDatabaseAsync();
        await using CuttingProxy proxy = new(PortOf(connection));
        await using PostgresRunStore stopped = new(Through(proxy, connection));
        await using PostgresRunStore store = new(connection);
        UpgradeJournal holder = new(stopped, new ManualTime());
        RunLease lease = await holder.CreateAsync(Plan());
        await using NpgsqlConnection blocker = await HoldAsync(connection);
        Task<JournalRecord> append = holder.AppendAsync(lease, Observation("sent before it stopped"));
        await Eventually.TrueAsync(async () => await AskAsync(connection, $"SELECT count(*) {Locked}") is 1L);
        proxy.StandStill();
        await blocker.CloseAsync();

        // What was sent is written without it; its lease runs out, and the run goes on in other hands.
        UpgradeJournal journal = new(store, new ManualTime());
        await Eventually.TrueAsync(async () => await AskAsync(connection, "SELECT records FROM ksmg.run") is 3L);
        await server.ExecuteAsync(DatabaseOf(connection), "UPDATE ksmg.run SET beat_at = beat_at - interval '31 seconds'");
        RunLease taken = await journal.AcquireAsync("run-1", TimeSpan.Zero).WaitAsync(Eventually.Limit);
        await journal.AppendAsync(taken, Observation("goes on"));

        proxy.GoOn();
        Assert.Equal(3, (await append.WaitAsync(Eventually.Limit)).Sequence);
        await Assert.ThrowsAsync<LeaseLostException>(() => holder.AppendAsync(lease, Observation("late")));
        Assert.Equal(5, (await journal.ReadAsync("run-1")).Count);
    }

    [ServerFact("postgres")]
    public async Task A_run_that_somebody_else_holds_is_waited_for_for_seconds_and_nothing_is_written_later()
    {
        string connection = await server.CreateDatabaseAsync();
        await using PostgresRunStore patient = new(connection);
        UpgradeJournal before = new(patient, new ManualTime());
        await using RunLease lease = await before.CreateAsync(Plan());
        await using RunLease other = await before.CreateAsync(Plan("run-2", "mail-us"));
        await using NpgsqlConnection administrator = await HoldAsync(connection);

        // The server gives up long before this process would: on a busy machine it might not hear of that in time, and not know what was written.
        await using PostgresRunStore store = new(connection + ";Command Timeout=20;Options=-c statement_timeout=1s");
        UpgradeJournal journal = new(store, new ManualTime());

        Task<JournalRecord> append = journal.AppendAsync(lease, Observation("in vain"));
        await Eventually.TrueAsync(async () => await AskAsync(connection, $"SELECT count(*) {Locked}") is 1L);
        await journal.AppendAsync(other, Observation("another run goes on")).WaitAsync(Eventually.Limit);
        Assert.Equal(2, (await journal.ReadAsync("run-1").WaitAsync(Eventually.Limit)).Count);
        string said = (await Assert.ThrowsAsync<JournalException>(() => append.WaitAsync(Eventually.Limit))).Message;
        Assert.Contains("Nothing was written", said, StringComparison.Ordinal);

        // Nothing of ours waits in the server.
        Assert.Equal(0L, await AskAsync(connection, $"SELECT count(*) {Locked}"));
        await administrator.CloseAsync();
        Assert.Equal(2L, await AskAsync(connection, "SELECT records FROM ksmg.run WHERE id = 'run-1'"));
        Assert.Equal(3, (await journal.AppendAsync(lease, Observation("in time"))).Sequence);
    }

    [ServerFact("postgres")]
    public async Task A_network_that_swallows_what_is_sent_costs_seconds_and_the_chain_stays_whole()
    {
        string connection = await server.CreateDatabaseAsync();
        await using CuttingProxy proxy = new(PortOf(connection));
        await using PostgresRunStore store = new(Through(proxy, connection) + ";Timeout=1;Command Timeout=1");
        UpgradeJournal journal = new(store, new ManualTime());
        await using RunLease lease = await journal.CreateAsync(Plan());
        proxy.StandStill();

        Task<JournalRecord> append = journal.AppendAsync(lease, Observation("swallowed"));
        Task<IReadOnlyList<RunSummary>> list = journal.ListAsync();
        await Assert.ThrowsAsync<JournalException>(() => append.WaitAsync(Eventually.Limit));
        await Assert.ThrowsAsync<JournalException>(() => list.WaitAsync(Eventually.Limit));

        // What comes through late was sent under a lease that holds: it stands or it does not, and what follows knows it.
        proxy.GoOn();
        await journal.AppendAsync(lease, Observation("after")).WaitAsync(Eventually.Limit);
        await using PostgresRunStore anew = new(connection);
        IEnumerable<string?> records = (await new UpgradeJournal(anew).ReadAsync("run-1", after: 2)).Select(r => r.Entry.Text?.ToString());
        Assert.Contains(string.Join(' ', records), WrittenOnce);
    }

    [ServerTheory("postgres")]
    [InlineData("", "4500ms")]
    [InlineData(";Command Timeout=20", "19500ms")]
    [InlineData(";Command Timeout=20;Options=-c statement_timeout=7s", "7s")]
    public async Task Every_session_is_limited_unless_it_is_said_otherwise(string said, string statement)
    {
        await using Database database = new(await server.CreateDatabaseAsync() + said, new PostgresStoreOptions(), TimeProvider.System);
        await using NpgsqlConnection session = await database.OpenAsync(CancellationToken.None);
        Dictionary<string, string> expected = new()
        {
            ["statement_timeout"] = statement,
            ["idle_in_transaction_session_timeout"] = "10s",
            ["tcp_keepalives_idle"] = "15",
            ["tcp_user_timeout"] = "30000",
        };
        foreach ((string setting, string value) in expected)
        {
            await using NpgsqlCommand show = new($"SHOW {setting}", session);
            Assert.Equal((setting, value), (setting, await show.ExecuteScalarAsync()));
        }
    }

    /// <summary>A session that has locked a run and does nothing.</summary>
    private static async Task<NpgsqlConnection> HoldAsync(string connection)
    {
        NpgsqlConnection session = new(connection + ";Pooling=false");
        await session.OpenAsync();
        await using NpgsqlCommand hold = new("BEGIN; SELECT FROM ksmg.run WHERE id = 'run-1' FOR UPDATE", session);
        await hold.ExecuteNonQueryAsync();
        return session;
    }

    private static int PortOf(string connection) => new NpgsqlConnectionStringBuilder(connection).Port;

    private static string DatabaseOf(string connection) => new NpgsqlConnectionStringBuilder(connection).Database!;

    private static string Through(CuttingProxy proxy, string connection) =>
        new NpgsqlConnectionStringBuilder(connection) { Port = proxy.Port }.ConnectionString;

    private async Task<object?> AskAsync(string connection, string statement) => await server.AskAsync(DatabaseOf(connection), statement);
}
