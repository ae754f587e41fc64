using System.Diagnostics;
using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Npgsql;
using Xunit.Abstractions;
using static Ksmg.Sdk.Tests.Upgrades.JournalSamples;

namespace Ksmg.Sdk.Tests.Fleet;

/// <summary>Many processes want one run: each has its own store, its own connections and a clock that stands still, so that nobody renews.</summary>
public sealed class PostgresRaceTests(PostgresServer server, ITestOutputHelper output) : IClassFixture<PostgresServer>
{
    [ServerFact("postgres")]
    public async Task Of_16_contenders_for_a_lease_that_has_run_out_one_gets_it_200_times()
    {
        const int Rounds = 200;
        string connection = await server.CreateDatabaseAsync();
        await using PostgresRunStore first = new(connection);
        UpgradeJournal before = new(first, new ManualTime());
        RunLease dead = await before.CreateAsync(Plan());
        PostgresRunStore[] stores = [.. Enumerable.Range(0, 16).Select(_ => new PostgresRunStore(connection))];
        UpgradeJournal[] journals = [.. stores.Select(s => new UpgradeJournal(s, new ManualTime()))];
        List<TimeSpan> times = [];
        for (int round = 1; round <= Rounds; round++)
        {
            await RunOutAsync(connection);
            long start = Stopwatch.GetTimestamp();
            (RunLease winner, IReadOnlyList<LeaseHeldException> losers) = await LeaseRace.RunAsync(journals, "run-1");
            times.Add(Stopwatch.GetElapsedTime(start));
            Assert.Equal((round + 1L, stores.Length - 1), (winner.Epoch, losers.Count));
            Assert.All(losers, refused =>
            {
                Assert.Contains(Environment.ProcessId.ToString(), refused.Holder);
                Assert.Contains(Environment.MachineName, refused.Holder);
            });

            // Nothing but what the winner wrote: that its epoch began.
            long records = (2 * round) + 1;
            Assert.Equal(records, await AskAsync(connection, "SELECT count(*) FROM ksmg.record"));
            Assert.Equal(records, await AskAsync(connection, "SELECT records FROM ksmg.run"));

            // By its own clock the one before holds it still; and one of the losers believes that it was the one.
            await Assert.ThrowsAsync<LeaseLostException>(() => before.AppendAsync(dead, Observation("late")));
            await Assert.ThrowsAsync<LeaseLostException>(() => before.SaveFileAsync(dead, "a", new byte[1]));
            StoredLease mistaken = winner.Stored with { Owner = Guid.NewGuid() };
            byte[] line = "{}\n"u8.ToArray();
            await Assert.ThrowsAsync<LeaseLostException>(() => stores[round % 16].AppendAsync("run-1", mistaken, records, line));
            await Assert.ThrowsAsync<LeaseLostException>(() => stores[round % 16].SaveAsync("run-1", "files/a", line, mistaken, overwrite: false));
            Assert.False(await stores[round % 16].WriteLeaseAsync("run-1", mistaken, mistaken with { Beat = 1 }));
            Assert.Equal(1L, await AskAsync(connection, "SELECT count(*) FROM ksmg.file"));
            (before, dead) = (journals[0], winner);
            await before.AppendAsync(dead, Observation("mine"));
        }

        Assert.Equal(2 + (2 * Rounds), (await journals[0].ReadAsync("run-1")).Count);
        await Task.WhenAll(stores.Select(s => s.DisposeAsync().AsTask()));
        times.Sort();
        output.WriteLine($"{Rounds} races of {stores.Length}: median {times[Rounds / 2].TotalMilliseconds:0} ms, "
            + $"95 % {times[Rounds * 95 / 100].TotalMilliseconds:0} ms, longest {times[^1].TotalMilliseconds:0} ms");
    }

    /// <summary>Lets the lease run out by the clock of the database, as if its holder had been gone for long.</summary>
    private Task RunOutAsync(string connection) =>
        server.ExecuteAsync(new NpgsqlConnectionStringBuilder(connection).Database!, "UPDATE ksmg.run SET beat_at = beat_at - interval '31 seconds'");

    private async Task<object?> AskAsync(string connection, string statement) =>
        await server.AskAsync(new NpgsqlConnectionStringBuilder(connection).Database!, statement);
}
