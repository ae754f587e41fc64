using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;
using Npgsql;
using static Ksmg.Sdk.Tests.Upgrades.JournalSamples;

namespace Ksmg.Sdk.Tests.Fleet;

/// <summary>What a database adds: its clock, its crashes, its backups, and many processes at once.</summary>
public sealed class PostgresRunStoreTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(2);

    [ServerFact("postgres")]
    public async Task A_server_that_does_not_wait_for_its_disk_is_refused()
    {
        string connection = await server.CreateDatabaseAsync();
        await server.ExecuteAsync("postgres", $"ALTER DATABASE {DatabaseOf(connection)} SET synchronous_commit = off");
        await using PostgresRunStore store = new(connection);

        Assert.Contains("synchronous_commit", (await Assert.ThrowsAsync<JournalException>(() => store.MigrateAsync())).Message, StringComparison.Ordinal);
    }

    [ServerFact("postgres")]
    public async Task A_restart_of_the_server_between_two_records_costs_nothing()
    {
        string connection = await server.CreateDatabaseAsync();
        await using PostgresRunStore store = new(connection, timeProvider: new Endless());
        UpgradeJournal journal = new(store, new ManualTime());
        await using RunLease lease = await journal.CreateAsync(Plan());
        await journal.AppendAsync(lease, Observation("before"));
        await server.RestartAsync();
        await journal.AppendAsync(lease, Observation("after")).WaitAsync(Eventually.Limit);
        await server.StopAsync();
        Task<JournalRecord> waits = journal.AppendAsync(lease, Observation("while it is away"));
        await server.StartAsync();
        await waits.WaitAsync(Eventually.Limit);

        Assert.Equal(
            ["before", "after", "while it is away"],
            (await new UpgradeJournal(store).ReadAsync("run-1", after: 2)).Select(r => r.Entry.Text?.ToString()));
    }

    [ServerFact("postgres")]
    public async Task A_server_that_only_reads_until_it_has_taken_over_costs_nothing()
    {
        string connection = await server.CreateDatabaseAsync();
        string database = DatabaseOf(connection);
        await using PostgresRunStore store = new(connection, timeProvider: new Endless());
        UpgradeJournal journal = new(store, new ManualTime());
        await using RunLease lease = await journal.CreateAsync(Plan());
        const string Sessions = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
        string refusals = $"SELECT xact_rollback FROM pg_stat_database WHERE datname = '{database}'";
        await server.ExecuteAsync("postgres", $"ALTER DATABASE {database} SET default_transaction_read_only = on");
        await server.ExecuteAsync(database, Sessions);
        Assert.Single(await store.ListAsync());
        object? before = await server.AskAsync("postgres", refusals);
        Task<JournalRecord> append = journal.AppendAsync(lease, Observation("before it was promoted"));
        await Eventually.TrueAsync(async () => append.IsCompleted || !Equals(await server.AskAsync("postgres", refusals), before));
        await server.ExecuteAsync("postgres", $"ALTER DATABASE {database} RESET default_transaction_read_only");

        Assert.Equal(3, (await append.WaitAsync(Eventually.Limit)).Sequence);
    }

    [ServerFact("postgres")]
    public async Task A_session_killed_while_it_appends_leaves_one_record()
    {
        string connection = await server.CreateDatabaseAsync();
        string database = DatabaseOf(connection);
        await using PostgresRunStore store = new(connection);
        UpgradeJournal journal = new(store);
        await using RunLease lease = await journal.CreateAsync(Plan());
        // The row is held, so the statement waits in the server.
        await using NpgsqlConnection blocker = new(server.Connection(database) + ";Pooling=false");
        await blocker.OpenAsync();
        await using NpgsqlTransaction transaction = await blocker.BeginTransactionAsync();
        await using (NpgsqlCommand hold = new("SELECT 1 FROM ksmg.run FOR UPDATE", blocker))
        {
            await hold.ExecuteNonQueryAsync();
        }

        Task<JournalRecord> append = journal.AppendAsync(lease, Observation("once"));
        const string Waiting = "FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%INSERT INTO record%'";
        await Eventually.TrueAsync(async () => await server.AskAsync(database, $"SELECT count(*) {Waiting}") is 1L);
        await server.ExecuteAsync(database, $"SELECT pg_terminate_backend(pid) {Waiting}");
        await Eventually.TrueAsync(async () => await server.AskAsync(database, $"SELECT count(*) {Waiting}") is 1L);
        await transaction.RollbackAsync();
        await append.WaitAsync(Eventually.Limit);

        Assert.Equal("once", Assert.Single(await new UpgradeJournal(store).ReadAsync("run-1", after: 2)).Entry.Text?.ToString());
    }

    [ServerFact("postgres")]
    public async Task What_was_written_before_its_answer_was_lost_is_found_and_not_written_twice()
    {
        NpgsqlConnectionStringBuilder settings = new(await server.CreateDatabaseAsync());
        await using CuttingProxy proxy = new(settings.Port);
        settings.Port = proxy.Port;
        await using PostgresRunStore store = new(settings.ConnectionString);
        UpgradeJournal journal = new(store, new ManualTime());
        await using RunLease lease = await journal.CreateAsync(Plan());

        proxy.CutNextAnswer();
        await journal.AppendAsync(lease, Observation("once"));
        Assert.False(proxy.IsArmed);
        Assert.Equal("once", Assert.Single(await new UpgradeJournal(store).ReadAsync("run-1", after: 2)).Entry.Text?.ToString());

        proxy.CutNextAnswer();
        Assert.True(await store.WriteLeaseAsync("run-1", lease.Stored, lease.Stored with { Beat = 1 }));
        Assert.False(await store.WriteLeaseAsync("run-1", lease.Stored, lease.Stored with { Beat = 1 }));

        proxy.CutNextAnswer();
        Assert.True(await store.SaveAsync("run-1", "files/a", new byte[1], lease.Stored, overwrite: false));
        Assert.False(await store.SaveAsync("run-1", "files/a", new byte[2], lease.Stored, overwrite: false));

        await journal.AppendAsync(lease, Ended());
        byte[] first = (await store.FindAsync("run-1"))!.First.ToArray();
        proxy.CutNextAnswer();
        await store.CreateAsync("run-2", new byte[1], first, lease.Stored with { Owner = Guid.NewGuid() });
        Assert.False(proxy.IsArmed);
        Assert.NotNull(await store.FindAsync("run-2"));
    }

    [ServerFact("postgres")]
    public async Task An_older_backup_in_the_place_of_the_database_is_noticed()
    {
        string connection = await server.CreateDatabaseAsync();
        await using PostgresRunStore store = new(connection);
        UpgradeJournal journal = new(store);
        await using RunLease lease = await journal.CreateAsync(Plan());
        string backup = DatabaseOf(await BackUpAsync(connection));
        await journal.AppendAsync(lease, Observation("not in the backup"));
        await server.ReplaceAsync(DatabaseOf(connection), backup);

        JournalException refused = await Assert.ThrowsAsync<JournalException>(() => journal.AppendAsync(lease, Observation("on top of it")));
        Assert.Contains("2 records", refused.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<JournalException>(() => journal.ReadAsync("run-1"));
        await using PostgresRunStore anew = new(connection);
        Assert.Equal(2, (await new UpgradeJournal(anew).ReadAsync("run-1")).Count);
    }

    [ServerFact("postgres")]
    public async Task A_holder_whose_clock_is_wrong_has_its_lease_by_the_clock_of_the_database()
    {
        string connection = await server.CreateDatabaseAsync();
        ManualTime wrong = new();
        await using PostgresRunStore theirs = new(connection, timeProvider: wrong);
        UpgradeJournal holder = new(theirs, wrong);
        await using RunLease lease = await holder.CreateAsync(Plan());
        await using PostgresRunStore store = new(connection);
        StoredLease seen = (await store.ReadLeaseAsync("run-1"))!;
        Assert.InRange(seen.BeatAt - TimeProvider.System.GetUtcNow(), -Long, Long);
        Assert.False(seen.IsAbandoned);
        await Assert.ThrowsAsync<LeaseHeldException>(() => new UpgradeJournal(store).AcquireAsync("run-1", TimeSpan.Zero));

        await AgeAsync(connection);
        await using RunLease taken = await new UpgradeJournal(store).AcquireAsync("run-1", TimeSpan.Zero);
        await Assert.ThrowsAsync<LeaseLostException>(() => holder.AppendAsync(lease, Observation("late")));
    }

    [ServerFact("postgres")]
    public async Task A_node_is_in_one_active_run_whatever_was_checked_before()
    {
        string connection = await server.CreateDatabaseAsync();
        await using PostgresRunStore store = new(connection);
        UpgradeJournal journal = new(store);
        RunLease lease = await journal.CreateAsync(Plan());
        StoredLease begun = (await store.ReadLeaseAsync("run-1"))!;
        byte[] first = (await store.FindAsync("run-1"))!.First.ToArray();

        ActiveRunException refused = await Assert.ThrowsAsync<ActiveRunException>(() => store.CreateAsync("run-2", new byte[1], first, begun));
        Assert.Equal("run-1", refused.RunId);
        Assert.Null(await store.FindAsync("run-2"));
        await journal.AppendAsync(lease, Ended());
        await store.CreateAsync("run-2", new byte[1], first, begun);
        ActiveRunException again = await Assert.ThrowsAsync<ActiveRunException>(() => store.AppendAsync("run-1", lease.Stored, 3, first));
        Assert.Equal("run-2", again.RunId);
        Assert.Equal(3, (await new UpgradeJournal(store).ReadAsync("run-1")).Count);
    }

    [ServerFact("postgres")]
    public async Task Runs_that_ended_long_ago_can_be_deleted()
    {
        string connection = await server.CreateDatabaseAsync();
        await using PostgresRunStore store = new(connection);
        UpgradeJournal journal = new(store);
        await using (RunLease old = await journal.CreateAsync(Plan()))
        {
            await journal.SaveFileAsync(old, "a", new byte[1]);
            await journal.AppendAsync(old, Ended());
        }

        await server.ExecuteAsync(DatabaseOf(connection), "UPDATE ksmg.run SET ended_at = ended_at - interval '40 days'");
        await using (RunLease recent = await journal.CreateAsync(Plan("run-2")))
        {
            await journal.AppendAsync(recent, Ended());
        }

        await using RunLease active = await journal.CreateAsync(Plan("run-3"));
        Assert.Equal(1, await store.DeleteEndedAsync(TimeSpan.FromDays(30)));
        Assert.Equal(["run-2", "run-3"], (await journal.ListAsync()).Select(r => r.RunId));
        Assert.Equal(0L, await server.AskAsync(DatabaseOf(connection), "SELECT count(*) FROM ksmg.file WHERE run_id = 'run-1'"));
    }

    [ServerFact("postgres")]
    public async Task Of_many_old_runs_all_are_deleted_but_one_that_somebody_took_up_again()
    {
        string connection = await server.CreateDatabaseAsync();
        await using PostgresRunStore store = new(connection);
        UpgradeJournal journal = new(store);
        await using (RunLease old = await journal.CreateAsync(Plan()))
        {
            await journal.AppendAsync(old, Ended());
        }

        await server.ExecuteAsync(DatabaseOf(connection), """
            UPDATE ksmg.run SET ended_at = ended_at - interval '40 days';
            INSERT INTO ksmg.run (id, epoch, owner, beat, released, pid, host, records, ended_at)
            SELECT 'old-' || number, epoch, owner, beat, released, pid, host, 1, ended_at FROM ksmg.run, generate_series(1, 120) number;
            INSERT INTO ksmg.record SELECT id, 1, '' FROM ksmg.run WHERE id LIKE 'old-%';
            """);
        await using RunLease again = await journal.ReopenAsync("run-1", TimeSpan.Zero);
        Assert.Equal(120, await store.DeleteEndedAsync(TimeSpan.FromDays(30)));
        Assert.Equal(["run-1"], (await journal.ListAsync()).Select(r => r.RunId));
        Assert.Equal(4L, await server.AskAsync(DatabaseOf(connection), "SELECT count(*) FROM ksmg.record"));
        await journal.AppendAsync(again, Observation("goes on"));
    }

    [ServerFact("postgres")]
    public async Task Who_waits_is_told_before_it_looks_by_itself()
    {
        string connection = await server.CreateDatabaseAsync();
        ManualTime still = new();
        await using PostgresRunStore store = new(connection, timeProvider: still);
        UpgradeJournal journal = new(store, still);
        await using RunLease lease = await journal.CreateAsync(Plan());
        string seen = await store.WaitForChangeAsync("run-1", null, TimeSpan.Zero);
        Task<string> waits = store.WaitForChangeAsync("run-1", seen, TimeSpan.FromHours(1));
        const string Listening = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()";
        await Eventually.TrueAsync(async () => await server.AskAsync(DatabaseOf(connection), Listening) is 1L);
        await journal.AppendAsync(lease, Observation("news"));
        Assert.NotEqual(seen, await waits.WaitAsync(Eventually.Limit));
    }

    [ServerFact("postgres")]
    public async Task Who_watches_all_runs_looks_once_a_second_at_most()
    {
        string connection = await server.CreateDatabaseAsync();
        ManualTime still = new();
        await using PostgresRunStore store = new(connection, timeProvider: still);
        UpgradeJournal journal = new(store, still);
        await using RunLease lease = await journal.CreateAsync(Plan());
        RunVersions seen = await journal.WaitForAnyChangeAsync(null, TimeSpan.Zero);
        await journal.AppendAsync(lease, Observation("news"));
        Task<RunVersions> waits = journal.WaitForAnyChangeAsync(seen, TimeSpan.FromHours(1));
        await Eventually.TrueAsync(() => still.Requested.Contains(TimeSpan.FromSeconds(1)));
        Assert.False(waits.IsCompleted);
        still.Advance(TimeSpan.FromSeconds(1));
        RunVersions now = await waits.WaitAsync(Eventually.Limit);
        Assert.Equal(["run-1"], now.ChangedSince(seen));

        // Told of the next change, it does not wait until it would look by itself.
        waits = journal.WaitForAnyChangeAsync(now, TimeSpan.FromHours(1));
        for (int looks = 2; looks <= 3; looks++)
        {
            await Eventually.TrueAsync(() => still.Requested.Count(t => t == TimeSpan.FromSeconds(1)) == looks);
            still.Advance(TimeSpan.FromSeconds(1));
        }

        await Eventually.TrueAsync(() => still.Requested.Contains(TimeSpan.FromSeconds(5)));
        int timers = still.Requested.Count;
        await journal.AppendAsync(lease, Observation("more"));
        await Eventually.TrueAsync(() => still.Requested.Count > timers);
        still.Advance(TimeSpan.FromSeconds(1));
        await waits.WaitAsync(Eventually.Limit);
        Assert.Equal(["run-1"], (await waits).ChangedSince(now));
    }

    [ServerFact("postgres")]
    public async Task The_password_comes_from_its_file_and_stands_in_no_error()
    {
        string file = Path.GetTempFileName();
        try
        {
            string database = DatabaseOf(await server.CreateDatabaseAsync());
            await using (PostgresRunStore owner = new(server.Connection(database)))
            {
                await owner.MigrateAsync();
            }

            // As docs/journal.md says.
            await server.ExecuteAsync(database, """
                GRANT USAGE ON SCHEMA ksmg TO guarded;
                GRANT SELECT ON ALL TABLES IN SCHEMA ksmg TO guarded;
                GRANT INSERT, UPDATE, DELETE ON ksmg.run, ksmg.claim, ksmg.record, ksmg.file TO guarded;
                """);
            await File.WriteAllTextAsync(file, PostgresServer.Password + "\n");
            await using PostgresRunStore store = new(server.Connection(database, "guarded"), new PostgresStoreOptions { PasswordFile = file });
            await using (RunLease lease = await new UpgradeJournal(store).CreateAsync(Plan()))
            {
                await new UpgradeJournal(store).SaveFileAsync(lease, "a", new byte[1]);
                await new UpgradeJournal(store).AppendAsync(lease, Ended());
            }

            Assert.Equal(1, await store.DeleteEndedAsync(TimeSpan.Zero));

            await File.WriteAllTextAsync(file, "another secret\n");
            await using PostgresRunStore wrong = new(server.Connection(database, "guarded"), new PostgresStoreOptions { PasswordFile = file });
            Assert.DoesNotContain("secret", (await Assert.ThrowsAnyAsync<Exception>(() => wrong.ListAsync())).ToString(), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("Host=127.0.0.1;Password=hunter2")]
    [InlineData("Host=127.0.0.1;Passwort=hunter2")]
    [InlineData("Host=127.0.0.1;Port=hunter2")]
    public void A_connection_string_holds_no_password_and_is_not_repeated(string connection)
    {
        ArgumentException refused = Assert.Throws<ArgumentException>(() => new PostgresRunStore(connection));
        Assert.DoesNotContain("hunter2", refused.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Host=db.example", SslMode.VerifyFull)]
    [InlineData("Host=db.example;SslMode=VerifyCA", SslMode.VerifyCA)]
    [InlineData("Host=db.example;SSL Mode=Prefer", SslMode.Prefer)]
    [InlineData("Host=127.0.0.1", SslMode.Prefer)]
    [InlineData("Host=/run/postgresql", SslMode.Prefer)]
    public void To_another_machine_tls_is_verified_unless_it_is_said_otherwise(string connection, SslMode expected) =>
        Assert.Equal(expected, Database.Settings(connection).SslMode);

    [Theory]
    [InlineData("Host=x", 5, 5)]
    [InlineData("Host=x;Timeout=20;CommandTimeout=30", 20, 30)]
    public void Waiting_for_the_server_is_short_unless_it_is_said_otherwise(string connection, int timeout, int commandTimeout)
    {
        NpgsqlConnectionStringBuilder settings = Database.Settings(connection);
        Assert.Equal((timeout, commandTimeout), (settings.Timeout, settings.CommandTimeout));
    }

    [Theory]
    [InlineData("Ksmg")]
    [InlineData("a\"; DROP SCHEMA public")]
    [InlineData("")]
    [InlineData("1a")]
    public void The_name_of_a_schema_is_a_plain_word(string schema) =>
        Assert.ThrowsAny<ArgumentException>(() => new PostgresRunStore("Host=127.0.0.1", new PostgresStoreOptions { Schema = schema }));

    [ServerFact("postgres")]
    public async Task A_whole_upgrade_runs_over_it_and_a_second_process_reads_it()
    {
        using CancellationTokenSource limit = new(Long);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("ksmg-fleet-");
        try
        {
            string connection = await server.CreateDatabaseAsync();
            await using SimulatedCluster simulated = await SimulatedCluster.StartAsync(
                new SimulatedClusterOptions { Nodes = 2, Speed = 40, PackageBytes = 1 << 20 }, cancellationToken: limit.Token);
            await simulated.WriteFilesAsync(folder.FullName, limit.Token);
            await using ConfiguredCluster cluster = SocketUpgrade.Configure(
                folder.FullName, dialect: null, keep: upgrade => upgrade.UsePostgresStore(connection));
            await SocketUpgrade.AssertCompletesAsync(simulated, cluster, folder.FullName, limit.Token);

            await using PostgresRunStore store = new(connection);
            RunSummary run = Assert.Single(await new UpgradeJournal(store).ListAsync(limit.Token));
            Assert.Equal((UpgradeEnd.Completed, (string?)null), (run.End, run.Damage));
            Assert.NotEmpty(await new UpgradeJournal(store).ReadAsync(run.RunId, cancellationToken: limit.Token));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>A copy of a database; nobody may be connected to it meanwhile.</summary>
    private async Task<string> BackUpAsync(string connection)
    {
        string database = DatabaseOf(connection);
        await server.ExecuteAsync("postgres", $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'");
        return await server.CreateDatabaseAsync(template: database);
    }

    /// <summary>Lets the lease run out by the clock of the database, as if its holder had been gone for long.</summary>
    private Task AgeAsync(string connection) =>
        server.ExecuteAsync(DatabaseOf(connection), "UPDATE ksmg.run SET beat_at = beat_at - interval '31 seconds'");

    private static string DatabaseOf(string connection) => new NpgsqlConnectionStringBuilder(connection).Database!;

    /// <summary>Pauses end, and no patience does: a server takes as long as it takes to start on a busy machine.</summary>
    private sealed class Endless : TimeProvider
    {
        public override long GetTimestamp() => 0;
    }
}
