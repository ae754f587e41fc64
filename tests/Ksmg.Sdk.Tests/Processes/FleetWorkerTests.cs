using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Tests.Contract;
using Ksmg.Sdk.Tests.Support;

namespace Ksmg.Sdk.Tests.Processes;

/// <summary>Samples as workers of one fleet, each a process of its own, over a real PostgreSQL.</summary>
[Trait("Category", "Slow")]
[Collection(KilledProcesses.Name)]
public sealed class FleetWorkerTests(PostgresServer server) : IClassFixture<PostgresServer>, IDisposable
{
    private static readonly string _program = CliProcess.Built("samples", "Ksmg.Samples.Worker");

    /// <summary>Two leases, and the longest between two sweeps.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private readonly FleetFolder _folder = new FleetFolder().Cluster("a").Cluster("b").Fleet("""
        "Name": "f", "Clusters": [ { "Files": "*/cluster.json" } ], "Waves": [ { "Name": "all", "Approve": "Before" } ],
        "Store": { "Kind": "PostgreSql", "ConnectionStringFile": "db" }
        """);

    public void Dispose() => _folder.Dispose();

    [ServerFact("postgres", "kill")]
    public async Task Workers_start_at_once_on_an_empty_database_and_when_the_one_that_drives_the_fleet_is_killed_another_one_does()
    {
        _folder.Write("db", await server.CreateDatabaseAsync());
        await using KsmgFleet fleet = KsmgFleet.Create(_folder.Load());
        FleetPlan plan = await _folder.PlanAsync(TimeProvider.System.GetUtcNow());
        List<CliProcess> workers =
            [.. Enumerable.Range(0, 3).Select(_ => CliProcess.StartProgram("dotnet", "exec", _program, $"--Worker:Fleet={_folder.Path}"))];
        try
        {
            await Task.WhenAll(workers.Select(w => w.WaitForLineAsync("Application started"))).WaitAsync(Limit);
            await (await fleet.Journal.CreateAsync(plan)).DisposeAsync();

            CliProcess? driver = null;
            await Eventually.TrueAsync(async () => (driver = Of(workers, await HolderAsync(fleet))) is not null, limit: Limit);
            driver!.Kill();
            await driver.WaitAsync();
            workers.Remove(driver);
            await driver.DisposeAsync();

            await Eventually.TrueAsync(async () => (driver = Of(workers, await HolderAsync(fleet))) is not null, "another worker drives it", Limit);
            await Task.WhenAll(workers.Select(w => w.SignalAsync("TERM")));
            Assert.All(await Task.WhenAll(workers.Select(w => w.WaitAsync())), code => Assert.Equal(0, code));
            Assert.Null(await HolderAsync(fleet));
        }
        finally
        {
            await Task.WhenAll(workers.Select(w => w.DisposeAsync().AsTask()));
        }
    }

    private static async Task<string?> HolderAsync(KsmgFleet fleet) => (await fleet.ListAsync())[^1].Holder;

    private static CliProcess? Of(IEnumerable<CliProcess> workers, string? holder) =>
        workers.FirstOrDefault(w => holder?.Contains($"process {w.Id} ", StringComparison.Ordinal) == true);
}
