using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Tests.Support;
using Npgsql;

namespace Ksmg.Sdk.Tests.Fleet.Bells;

/// <summary>The known traps of Quartz over a database, by the numbers of its issues: whatever it does, rings are answered.</summary>
public sealed class QuartzTrapTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    private const string Schema = "ksmg_bell";

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    /// <summary>Each start looks whether there are tables and makes them: at once, they fail each other.</summary>
    [ServerFact("postgres")]
    public async Task Issues_1786_and_2745_Workers_that_start_for_the_first_time_at_once_make_the_tables_once_and_share_the_rings()
    {
        string connection = await server.CreateDatabaseAsync();
        Ringer[] workers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Ringer.StartAsync(connection)));
        foreach (Ringer worker in workers)
        {
            await Eventually.TrueAsync(async () => await worker.Bell.FindTroubleAsync() is null, "the bell was in order");
            Assert.DoesNotContain(worker.Log.Written, line => line.StartsWith("4101", StringComparison.Ordinal));
        }

        string[] clusters = [.. Enumerable.Range(1, 60).Select(i => $"cluster {i}")];
        foreach (string cluster in clusters)
        {
            await workers[0].RingAsync(cluster);
        }

        await Eventually.TrueAsync(() => workers.Sum(w => w.Heard.Count) >= clusters.Length);
        Assert.Equal(clusters.Order(), workers.SelectMany(w => w.Heard).Select(h => h.Cluster!).Distinct().Order());

        // Nothing says who takes which: a worker that had no processor meanwhile hears a later one.
        int later = 0;
        await Eventually.TrueAsync(
            async () =>
            {
                bool all = workers.All(w => w.Heard.Count > 0);
                await (all ? Task.CompletedTask : workers[0].RingAsync($"later {++later}"));
                return all;
            },
            "each worker had heard a ring");
        await Task.WhenAll(workers.Select(w => w.DisposeAsync().AsTask()));
    }

    /// <summary>Whoever is dead may have taken rings, or be the one that they are meant for.</summary>
    [ServerFact("postgres")]
    public async Task Issues_3759_to_3762_What_was_meant_for_a_worker_that_is_gone_another_one_hears()
    {
        string connection = await server.CreateDatabaseAsync();
        await using Ringer gone = await Ringer.StartAsync(server.Connection(NameOf(connection), await CreateAccountAsync(connection, "gone")));
        await using Ringer left = await Ringer.StartAsync(connection);
        string[] clusters = [.. Enumerable.Range(1, 10).Select(i => $"cluster {i}")];
        foreach (string cluster in clusters)
        {
            // Long enough that the other worker is gone by then, on a machine that stands still for seconds, too.
            await left.RingAsync(cluster, Now.AddSeconds(10));
        }

        await server.ExecuteAsync("postgres", "ALTER ROLE gone NOLOGIN");
        await server.ExecuteAsync("postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'gone'");

        await Eventually.TrueAsync(() => clusters.All(c => left.Count(c) > 0), limit: TimeSpan.FromSeconds(60));
        Assert.Empty(gone.Heard);
    }

    /// <summary>A session that hangs while it holds the row of the lock keeps all others from everything.</summary>
    [ServerFact("postgres")]
    public async Task Issue_3764_While_a_session_hangs_that_holds_the_lock_rings_are_answered_and_sweeps_go_on()
    {
        string connection = await server.CreateDatabaseAsync();
        await using Ringer worker = await Ringer.StartAsync(connection, new BellTimes
        {
            OwnSweep = TimeSpan.FromMilliseconds(500),
            Patience = TimeSpan.FromSeconds(2),
            Rest = TimeSpan.FromSeconds(2),
        });
        await worker.RingAsync("before");
        await Eventually.TrueAsync(() => worker.Count("before") == 1);

        await using NpgsqlConnection frozen = new(connection + ";Pooling=false");
        await frozen.OpenAsync();
        await using NpgsqlTransaction held = await frozen.BeginTransactionAsync();
        await using NpgsqlCommand hold = new($"LOCK TABLE {Schema}.qrtz_locks IN ACCESS EXCLUSIVE MODE", frozen);
        await hold.ExecuteNonQueryAsync();

        int sweeps = worker.Sweeps;

        // Waited for one by one, Quartz would take all its patience over each of them: nearly two minutes.
        await RingAllAsync().WaitAsync(TimeSpan.FromSeconds(60));
        await Eventually.TrueAsync(() => worker.Sweeps > sweeps + 1, "its own sweeps go on");
        await held.RollbackAsync();

        // Once the session is gone, Quartz rings again.
        await Eventually.TrueAsync(async () => await worker.Bell.FindTroubleAsync() is null);
        await worker.RingAsync("after", Now.AddSeconds(1));
        await Eventually.TrueAsync(() => worker.Count("after") == 1);

        async Task RingAllAsync()
        {
            foreach (string cluster in Enumerable.Range(1, 50).Select(i => $"cluster {i}"))
            {
                await worker.RingAsync(cluster);
                Assert.True(worker.Count(cluster) > 0, cluster);
            }
        }
    }

    [ServerFact("postgres")]
    public async Task Issue_3764_A_session_of_ours_that_hangs_is_ended_by_the_server()
    {
        string connection = await server.CreateDatabaseAsync();
        await using Ringer worker = await Ringer.StartAsync(connection);

        // It puts its own sweep in after it has started; hindered at that, it would come back to it in an hour.
        await Eventually.TrueAsync(async () => await worker.Bell.FindTroubleAsync() is null, "the bell was in order");
        await using BellDatabase database = new(connection, new PostgresStoreOptions());
        await using NpgsqlConnection hanging = await database.Source.OpenConnectionAsync();
        await using NpgsqlTransaction held = await hanging.BeginTransactionAsync();
        await using NpgsqlCommand hold = new($"LOCK TABLE {Schema}.qrtz_locks IN ACCESS EXCLUSIVE MODE", hanging);
        await hold.ExecuteNonQueryAsync();

        await worker.RingAsync("north", Now.AddSeconds(1));

        await Eventually.TrueAsync(
            async () => await server.AskAsync(NameOf(connection), "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted") is 0L);
        await Eventually.TrueAsync(async () => await worker.Bell.FindTroubleAsync() is null, limit: TimeSpan.FromSeconds(60));
    }

    /// <summary>A trigger that is stuck fires never again, and keeps its key.</summary>
    [ServerFact("postgres")]
    public async Task Issues_1726_and_282_What_is_stuck_is_put_in_anew()
    {
        string connection = await server.CreateDatabaseAsync();
        await using Ringer worker = await Ringer.StartAsync(connection, Ringer.QuartzAlone with
        {
            OwnSweep = TimeSpan.FromMilliseconds(500),
            Sweep = TimeSpan.FromSeconds(30),
            Overdue = TimeSpan.FromSeconds(5),
        });
        await worker.RingAsync("north", Now.AddHours(1));
        await Eventually.TrueAsync(async () => await worker.Bell.FindTroubleAsync() is null);
        await server.ExecuteAsync(
            NameOf(connection), $"UPDATE {Schema}.qrtz_triggers SET trigger_state = 'ERROR', next_fire_time = next_fire_time - 2 * 36000000000");
        Assert.NotNull(await worker.Bell.FindTroubleAsync());

        await worker.RingAsync("north");

        await Eventually.TrueAsync(() => worker.Count("north") == 1);
        await Eventually.TrueAsync(async () => await worker.Bell.FindTroubleAsync() is null, "the sweep is put in anew");
    }

    [ServerFact("postgres")]
    public async Task A_database_that_is_away_is_no_end_rings_wait_for_it_and_sweeps_do_not()
    {
        string connection = await server.CreateDatabaseAsync();
        await using (await Ringer.StartAsync(connection))
        {
        }

        await server.StopAsync();
        BellTimes impatient = new() { OwnSweep = TimeSpan.FromMilliseconds(300), Rest = TimeSpan.FromSeconds(1) };
        await using Ringer worker = await Ringer.StartAsync(connection, impatient);
        await Eventually.TrueAsync(() => worker.Sweeps > 2);
        await worker.RingAsync("away");
        Assert.Equal(1, worker.Count("away"));
        await server.StartAsync();
        await Eventually.TrueAsync(async () => await worker.Bell.FindTroubleAsync() is null);

        // What was put in before it is restarted is heard after.
        await worker.RingAsync("north", Now.AddSeconds(3));
        await server.RestartAsync();
        await Eventually.TrueAsync(() => worker.Count("north") == 1);
    }

    [ServerFact("postgres")]
    public async Task Workers_of_other_fleets_over_the_same_database_hear_nothing()
    {
        string connection = await server.CreateDatabaseAsync();
        await using Ringer others = await Ringer.StartAsync(connection, name: "others");
        await using Ringer ours = await Ringer.StartAsync(connection, name: "ours");

        foreach (int number in Enumerable.Range(1, 10))
        {
            await ours.RingAsync($"cluster {number}");
        }

        await Eventually.TrueAsync(() => ours.Heard.Count == 10);
        Assert.Empty(others.Heard);
    }

    [ServerFact("postgres")]
    public async Task An_account_that_may_make_no_tables_uses_those_there_are()
    {
        string connection = await server.CreateDatabaseAsync();
        await using (await Ringer.StartAsync(connection))
        {
        }

        string name = NameOf(connection);
        await server.ExecuteAsync("postgres", "CREATE ROLE modest LOGIN");
        await server.ExecuteAsync(
            name, $"GRANT USAGE ON SCHEMA {Schema} TO modest; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {Schema} TO modest");
        await using Ringer worker = await Ringer.StartAsync(server.Connection(name, "modest"));

        await worker.RingAsync("north", Now.AddMilliseconds(500));
        await Eventually.TrueAsync(() => worker.Count("north") == 1);
        await Eventually.TrueAsync(async () => await worker.Bell.FindTroubleAsync() is null, "the bell was in order");
    }

    [ServerFact("postgres")]
    public async Task The_password_is_asked_for_and_stands_nowhere()
    {
        string connection = server.Connection(NameOf(await server.CreateDatabaseAsync()), "guarded");
        await server.ExecuteAsync(NameOf(connection), $"GRANT CREATE ON DATABASE {NameOf(connection)} TO guarded");
        using PackageFolder folder = new();
        string file = folder["pw"];
        await File.WriteAllTextAsync(file, "not it");
        BellTimes impatient = Ringer.QuartzAlone with { OwnSweep = TimeSpan.FromMilliseconds(300), Rest = TimeSpan.FromSeconds(1) };
        await using Ringer worker = await Ringer.StartAsync(connection, impatient, store => store.PasswordFile = file);
        Assert.Contains(worker.Log.Written, line => line.StartsWith("4101", StringComparison.Ordinal));

        await File.WriteAllTextAsync(file, PostgresServer.Password);
        await Eventually.TrueAsync(async () => await worker.Bell.FindTroubleAsync() is null);
        await worker.RingAsync("north", Now.AddMilliseconds(300));
        await Eventually.TrueAsync(() => worker.Count("north") == 1);

        Assert.All([PostgresServer.Password, "not it"], secret => Assert.DoesNotContain(
            worker.Log.Written, line => line.Contains(secret, StringComparison.Ordinal)));
    }

    private static string NameOf(string connection) => new NpgsqlConnectionStringBuilder(connection).Database!;

    /// <summary>An account that may do everything until it is taken away.</summary>
    private async Task<string> CreateAccountAsync(string connection, string name)
    {
        await server.ExecuteAsync(NameOf(connection), $"CREATE ROLE {name} LOGIN SUPERUSER");
        return name;
    }
}
