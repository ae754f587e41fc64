using System.Globalization;
using System.Text.Json.Nodes;
using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Tests.Contract;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Xunit.Abstractions;

namespace Ksmg.Sdk.Tests.Processes;

/// <summary>
/// A fleet of hundreds, driven by worker processes over one PostgreSQL while everything goes wrong, and judged by what changed on the nodes.
/// </summary>
[Collection(SeparateProcesses.Name)]
[Trait("Category", "Fleet")]
public sealed class FleetOfWorkersTests(PostgresServer server, ITestOutputHelper output) : IClassFixture<PostgresServer>, IDisposable
{
    private const int Clusters = 200;
    private const int MaxConcurrent = 24;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(15);

    /// <summary>Customers whose window opens a while after the start.</summary>
    private static readonly string[] Late = ["c", "j", "t"];

    /// <summary>Longer than a worker that is silent keeps what it drives.</summary>
    private static readonly TimeSpan PastItsLease = TimeSpan.FromSeconds(40);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-fleet-");

    public void Dispose() => _folder.Delete(recursive: true);

    private string File => Path.Combine(_folder.FullName, "fleet.json");

    [ServerFact("postgres")]
    public async Task Two_hundred_clusters_survive_dead_and_stopped_workers_and_a_database_that_restarts_and_hangs()
    {
        if (OperatingSystem.IsWindows())
        {
            // The signals of this test do not exist there.
            return;
        }

        int seed = int.TryParse(Environment.GetEnvironmentVariable("KSMG_SEED"), CultureInfo.InvariantCulture, out int given) ? given : 1;
        output.WriteLine($"KSMG_SEED={seed}");
        await using SimulatedFleet fleet = await SimulatedFleet.StartAsync(new SimulatedFleetOptions
        {
            Clusters = Clusters,
            FewestNodes = 2,
            MostNodes = 5,
            Seed = seed,
            PartlyUpgraded = 0.1,
            Upgraded = 0.03,
            NeedHuman = 0.05,
            Refused = 0.02,
            Cluster = new SimulatedClusterOptions { Speed = 50, PackageBytes = 64 << 10 },
        });
        await fleet.WriteFilesAsync(_folder.FullName);
        string database = await server.CreateDatabaseAsync();
        DateTimeOffset opens = await ConfigureAsync(database);
        List<CliProcess> workers = [Start(), Start(), Start(), Start()];
        using CancellationTokenSource over = new();
        Task people = SeeToWhatNeedsPeopleAsync(over.Token);
        try
        {
            await BegunAsync(fleet, workers, 20);
            workers[0].Kill();
            await BegunAsync(fleet, workers, 60);
            await workers[1].SignalAsync("STOP");
            Task woken = Task.Delay(PastItsLease).ContinueWith(_ => workers[1].SignalAsync("CONT"), TaskScheduler.Default).Unwrap();
            await BegunAsync(fleet, workers, 90);
            await server.RestartAsync();
            await BegunAsync(fleet, workers, 110);
            await HangAsync(database);
            await BegunAsync(fleet, workers, 130);
            workers[2].Kill();
            await woken;

            // Where only people can go on, a worker ends, and they start it again.
            while (!await HasEndedAsync())
            {
                if (workers[^1].HasExited)
                {
                    workers.Add(Start());
                }

                await EndAsync(workers[^1]);
            }
        }
        finally
        {
            await over.CancelAsync();
            await people;
            foreach (CliProcess worker in workers)
            {
                await worker.DisposeAsync();
            }
        }

        await using KsmgFleet front = Open();
        FleetReport report = await (await front.FindAsync())!.GetReportAsync();
        Assert.True(report.End == UpgradeEnd.CompletedWithExceptions, report.ToText());
        Judge(fleet, report, opens);
    }

    /// <summary>Everybody but those that need people is upgraded, once a node, within every limit.</summary>
    private void Judge(SimulatedFleet fleet, FleetReport report, DateTimeOffset opens)
    {
        Dictionary<string, FleetClusterReport> told = report.Clusters.ToDictionary(c => c.Name, StringComparer.Ordinal);
        Assert.All(fleet.Members, member =>
        {
            FleetClusterReport cluster = told[member.Name];
            bool isHelpless = member.Outcome is SimulatedOutcome.NeedsHuman or SimulatedOutcome.Refused;
            Assert.True(isHelpless == cluster.IsOut, $"{member.Name} {member.Outcome} {member.Fault?.Fault}: {cluster.Phase} {cluster.End} {cluster.Reason}");
            Assert.Equal(isHelpless ? UpgradeEnd.NeedsHuman : UpgradeEnd.Completed, cluster.End);
            Assert.NotNull(cluster.Reason);
            Assert.True(isHelpless || member.Cluster.World.Nodes.All(n => n.Build == member.Cluster.Options.TargetBuild), member.Name);
            Assert.DoesNotContain(member.Cluster.GetViolations(), v => v.Cause == EffectCause.Client);
        });
        string[] waves = [.. report.Waves.Select(w => w.Name)];
        WatchedFleet seen = FleetWatcher.Judge(
            fleet.Members.Select(m => m.Watched() with
            {
                Wave = Array.IndexOf(waves, told[m.Name].Wave),
                IsOpen = IsLate(m.Labels) ? at => at >= opens : null,
            }),
            new WatchedLimits { MaxConcurrent = MaxConcurrent, NeverTogether = ["customer"] });
        Assert.Empty(seen.Findings.Select(f => f.Text));
        Assert.All(seen.Installations.Values, nodes => Assert.All(nodes.Values, count => Assert.Equal(1, count)));
        output.WriteLine($"{seen.Installations.Values.Sum(n => n.Count)} nodes of {seen.Work.Count} clusters, {seen.GreatestAtOnce} at once");
        Assert.True(seen.GreatestAtOnce > MaxConcurrent / 2, $"{seen.GreatestAtOnce}");
    }

    private static bool IsLate(IReadOnlyDictionary<string, string> labels) => Late.Contains(labels["customer"]);

    private async Task<DateTimeOffset> ConfigureAsync(string database)
    {
        await System.IO.File.WriteAllTextAsync(Path.Combine(_folder.FullName, "connection"), database);
        DateTimeOffset soon = TimeProvider.System.GetUtcNow().AddMinutes(2);
        DateTimeOffset opens = new(soon.Year, soon.Month, soon.Day, soon.Hour, soon.Minute, 0, TimeSpan.Zero);
        JsonNode json = JsonNode.Parse(await System.IO.File.ReadAllTextAsync(File))!;
        JsonNode fleet = json["Fleet"]!;
        fleet["MaxConcurrent"] = MaxConcurrent;
        fleet["Store"] = new JsonObject { ["Kind"] = "PostgreSql", ["ConnectionStringFile"] = "connection" };
        fleet["Windows"] = new JsonArray([.. Late.Select(customer => new JsonObject
        {
            ["Zone"] = "Etc/UTC",
            ["From"] = opens.ToString("HH:mm", CultureInfo.InvariantCulture),
            ["To"] = opens.AddHours(6).ToString("HH:mm", CultureInfo.InvariantCulture),
            ["Match"] = new JsonObject { ["customer"] = customer },
        })]);
        await System.IO.File.WriteAllTextAsync(File, json.ToJsonString());
        return opens;
    }

    private CliProcess Start() =>
        CliProcess.Start("fleet", "start", "-f", File, "--package", Path.Combine(_folder.FullName, "update.zip"), "--yes", "--plain");

    private KsmgFleet Open() => KsmgFleet.Create(
        FleetFile.Load(File), new KsmgFleetOptions { Configure = cluster => cluster.AddSimulatorAdapters() });

    /// <summary>Waits until so many clusters were begun.</summary>
    private async Task BegunAsync(SimulatedFleet fleet, List<CliProcess> workers, int wanted)
    {
        using CancellationTokenSource limit = new(Limit);
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(500));
        while (fleet.Members.Count(m => m.Cluster.GetEffects().Any(e => e.Effect == "load-switched")) < wanted)
        {
            Assert.False(workers.TrueForAll(w => w.HasExited), string.Join('\n', workers.Select(w => w.Output + w.Error)));
            try
            {
                await timer.WaitForNextTickAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail(await StandingAsync());
            }
        }
    }

    private async Task EndAsync(CliProcess worker)
    {
        using CancellationTokenSource limit = new(Limit);
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(200));
        try
        {
            while (!worker.HasExited)
            {
                await timer.WaitForNextTickAsync(limit.Token);
            }
        }
        catch (OperationCanceledException)
        {
            Assert.Fail(await StandingAsync() + worker.Output + worker.Error);
        }
    }

    private async Task<string> StandingAsync()
    {
        await using KsmgFleet front = Open();
        return (await (await front.FindAsync())!.GetReportAsync()).ToText();
    }

    /// <summary>A session that holds every run, and the bell, and says nothing.</summary>
    private static async Task HangAsync(string database)
    {
        await using NpgsqlConnection connection = new(database + ";Pooling=false");
        await connection.OpenAsync();
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
        await using NpgsqlCommand hold = new("SELECT id FROM ksmg.run FOR UPDATE", connection, transaction) { CommandTimeout = 30 };
        await hold.ExecuteNonQueryAsync();
        await using NpgsqlCommand sleep = new("SELECT pg_sleep(6)", connection, transaction) { CommandTimeout = 30 };
        await sleep.ExecuteNonQueryAsync();
    }

    private async Task<bool> HasEndedAsync()
    {
        await using KsmgFleet front = Open();
        return (await (await front.FindAsync())!.GetReportAsync()).End
            is UpgradeEnd.Completed or UpgradeEnd.CompletedWithProblems or UpgradeEnd.CompletedWithExceptions;
    }

    /// <summary>Leaves out whatever needs people as soon as it does: another cluster of the same customer waits for it.</summary>
    private async Task SeeToWhatNeedsPeopleAsync(CancellationToken over)
    {
        await using KsmgFleet front = Open();
        using PeriodicTimer timer = new(TimeSpan.FromSeconds(2));
        while (!over.IsCancellationRequested)
        {
            try
            {
                await timer.WaitForNextTickAsync(over);
                if (await front.FindAsync(over) is not { } run)
                {
                    continue;
                }

                foreach (FleetClusterReport cluster in (await run.GetReportAsync(over)).Clusters.Where(c => c is { NeedsPeople: true, IsOut: false }))
                {
                    await run.LeaveOutAsync("operator", cluster.Name, "seen to by hand", over);
                }
            }
            catch (OperationCanceledException) when (over.IsCancellationRequested)
            {
                return;
            }
            catch (KsmgException e)
            {
                // The database is away, or what was said is said already: they look again.
                output.WriteLine(e.Message);
            }
        }
    }
}
