using System.Text.Json.Nodes;
using Ksmg.Sdk.Tests.Contract;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Processes;

/// <summary>A fleet on one machine, without a server: <c>ksmg fleet start</c> as a process, against clusters that live in this one.</summary>
[Trait("Category", "Slow")]
[Collection(KilledProcesses.Name)]
public sealed class FleetProcessTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(6);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-fleet-");

    public void Dispose() => _folder.Delete(recursive: true);

    private string File => Path.Combine(_folder.FullName, "fleet.json");

    private string Package => Path.Combine(_folder.FullName, "update.zip");

    [Fact]
    public async Task Twenty_clusters_are_upgraded_once_although_their_driver_is_killed_twice()
    {
        await using SimulatedFleet fleet = await StartAsync(clusters: 20);
        for (int kill = 1; kill <= 2; kill++)
        {
            int wanted = Installations(fleet) + (6 * kill);
            await using CliProcess killed = Start();
            await WaitAsync(killed, () => Installations(fleet) >= wanted);
            killed.Kill();
            Assert.Equal(CliProcess.Killed, await killed.WaitAsync());
        }

        await using CliProcess last = Start();
        int exitCode = await last.WaitAsync();

        Assert.True(exitCode == 0, last.Output + last.Error);
        Assert.Contains("This fleet has not ended: it goes on.", last.Output, StringComparison.Ordinal);
        WatchedFleet seen = FleetWatcher.Judge(
            fleet.Members.Select(m => m.Watched()), new WatchedLimits { MaxConcurrent = 16, NeverTogether = ["customer"] });
        Assert.Empty(seen.Findings.Select(f => f.Text));
        Assert.Equal(20, seen.Installations.Count);
        Assert.All(seen.Installations.Values, nodes => Assert.Equal([1, 1], nodes.Values));
        Assert.True(seen.GreatestAtOnce > 1, $"{seen.GreatestAtOnce}");

        (int status, string report, string error) = await CliProcess.RunAsync("fleet", "status", "-f", File, "--state", "over", "--json");
        Assert.True(status == 0, error);
        JsonNode told = JsonNode.Parse(report)!;
        Assert.Equal("Completed", told["end"]!.GetValue<string>());
        Assert.Equal(20, told["clusters"]!.AsArray().Count);

        // A run of the fleet is a run like any other.
        string run = told["clusters"]![0]!["runId"]!.GetValue<string>();
        (int code, string line, _) = await CliProcess.RunAsync("status", run, "--runs", Path.Combine(_folder.FullName, "runs"), "--json");
        Assert.Equal((0, "Completed"), (code, JsonNode.Parse(line)!["end"]!.GetValue<string>()));
    }

    [Fact]
    public async Task A_first_signal_lets_go_at_once_and_says_how_to_go_on()
    {
        await using SimulatedFleet fleet = await StartAsync(clusters: 3);
        await using CliProcess driver = Start();
        await WaitAsync(driver, () => Installations(fleet) > 0);

        await driver.SignalAsync("INT");

        Assert.Equal(2, await driver.WaitAsync());
        Assert.Contains("ksmg fleet start --package", driver.Output, StringComparison.Ordinal);
        int before = Installations(fleet);
        await using CliProcess next = Start();
        Assert.True(await next.WaitAsync() == 0, next.Output + next.Error);
        Assert.InRange(before, 1, 5);
        Assert.Equal(6, Installations(fleet));
    }

    private static int Installations(SimulatedFleet fleet) =>
        fleet.Members.Sum(m => m.Cluster.GetEffects().Count(e => e.Effect == "install-started"));

    private static async Task WaitAsync(CliProcess driver, Func<bool> condition)
    {
        using CancellationTokenSource limit = new(Limit);
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(20));
        while (true)
        {
            // Asked first: what has come to be and ended since has not ended before.
            bool ended = driver.HasExited;
            if (condition())
            {
                return;
            }

            Assert.False(ended, driver.Output + driver.Error);
            await timer.WaitForNextTickAsync(limit.Token);
        }
    }

    private async Task<SimulatedFleet> StartAsync(int clusters)
    {
        SimulatedFleet fleet = await SimulatedFleet.StartAsync(new SimulatedFleetOptions
        {
            Clusters = clusters,
            FewestNodes = 2,
            MostNodes = 2,
            Cluster = new SimulatedClusterOptions { Speed = 50, PackageBytes = 64 << 10 },
        });
        foreach (SimulatedFleetMember member in fleet.Members)
        {
            BriefSoak.Prepare(Path.Combine(_folder.FullName, member.Name));
        }

        await fleet.WriteFilesAsync(_folder.FullName);
        return fleet;
    }

    private CliProcess Start() => CliProcess.Start("fleet", "start", "-f", File, "--package", Package, "--yes", "--plain");
}
