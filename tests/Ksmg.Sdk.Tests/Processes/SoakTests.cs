using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Fleet.Deciding;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Tests.Upgrades;
using Ksmg.Simulator;
using Xunit.Abstractions;

namespace Ksmg.Sdk.Tests.Processes;

/// <summary>
/// Run after run and fleet after fleet in one process, in virtual time and over sockets: none of them leaves anything behind. Alone, as all that the
/// process holds is counted.
/// </summary>
[Trait("Category", "Slow")]
[Collection(Alone.Name)]
public sealed class SoakTests(ITestOutputHelper output)
{
    private const int RunsPerRound = 8;

    private static readonly TimeSpan UpgradeLimit = TimeSpan.FromMinutes(2);

    [Fact]
    [Trait("Category", "Soak")]
    public async Task Accelerated_runs_fleets_and_upgrades_leave_nothing_behind()
    {
        double minutes = double.TryParse(Environment.GetEnvironmentVariable("KSMG_SOAK_MINUTES"), CultureInfo.InvariantCulture, out double given) ? given : 0.8;
        int seed = int.TryParse(Environment.GetEnvironmentVariable("KSMG_SEED"), CultureInfo.InvariantCulture, out int first) ? first : 1;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"KSMG_SEED={seed} KSMG_SOAK_MINUTES={minutes}"));
        long started = Stopwatch.GetTimestamp();

        ResourceTrend trend = await SoakAsync(
            round => PlayAsync(seed + (round * RunsPerRound)), _ => Stopwatch.GetElapsedTime(started).TotalMinutes < minutes);

        Figures.Print(output, string.Create(
            CultureInfo.InvariantCulture,
            $"soak: {trend.Rounds * RunsPerRound} runs, {trend.Rounds} fleets, {trend.Rounds} upgrades over sockets in {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s; {trend}"));
        Assert.True(!trend.Grown().Any(), trend.ToString());
    }

    /// <summary>
    /// What is played for the proof is little; what it leaves behind is found all the same, and by its name. More rounds than the fewest only where
    /// what other tests left to this process, such as pooled buffers, is given back meanwhile and hides it.
    /// </summary>
    [Theory]
    [InlineData("nothing")]
    [InlineData("MB of memory")]
    [InlineData("handles")]
    [InlineData("threads")]
    [InlineData("connections")]
    public async Task What_a_round_leaves_behind_is_seen(string left)
    {
        List<object> kept = [];
        List<IDisposable> open = [];
        using ManualResetEventSlim end = new();
        ResourceTrend trend = await SoakAsync(
            round =>
            {
                VirtualRig rig = new(nodes: 1);
                rig.Upgrade();
                switch (left)
                {
                    case "MB of memory":
                        kept.Add(new byte[4_000_000]);
                        break;
                    case "handles":
                        open.AddRange(Enumerable.Range(0, 4).Select(_ => File.OpenRead(typeof(SoakTests).Assembly.Location)));
                        break;
                    case "threads":
                        for (int i = 0; i < 4; i++)
                        {
                            new Thread(() => end.Wait()) { IsBackground = true }.Start();
                        }

                        break;
                    case "connections":
                        open.AddRange(Enumerable.Range(0, 2).Select(_ => new Socket(SocketType.Stream, ProtocolType.Tcp)));
                        break;
                }

                return Task.CompletedTask;
            },
            trend => left != "nothing" && !trend.Grown().Any() && trend.Rounds < 4 * ResourceTrend.FewestRounds);
        end.Set();
        open.ForEach(o => o.Dispose());

        Assert.True(trend.Grown().SequenceEqual(left == "nothing" ? [] : [left]), $"{trend} in {trend.Rounds} rounds");
        GC.KeepAlive(kept);
    }

    /// <summary>Round after round, at least as many as tell something.</summary>
    private static async Task<ResourceTrend> SoakAsync(Func<int, Task> play, Func<ResourceTrend, bool> goesOn)
    {
        ResourceTrend trend = new();
        while (trend.Rounds < ResourceTrend.FewestRounds || goesOn(trend))
        {
            await play(trend.Rounds);
            trend.Add();
        }

        return trend;
    }

    private static async Task PlayAsync(int seed)
    {
        for (int run = 0; run < RunsPerRound; run++)
        {
            RandomRunTests.Run(seed + run);
        }

        FleetCrashTests.Play(clusters: 3, atOnce: 1, needsHelp: seed % 3 == 0, seed % 40);
        await UpgradeAsync();
    }

    /// <summary>A whole upgrade with all that holds files and connections: nodes over TLS, mail, a journal on the disk.</summary>
    private static async Task UpgradeAsync()
    {
        using CancellationTokenSource limit = new(UpgradeLimit);
        using PackageFolder folder = new();
        await using SimulatedCluster simulated = await SimulatedCluster.StartAsync(
            new SimulatedClusterOptions { Nodes = 2, Speed = 200, PackageBytes = 1 << 16 }, cancellationToken: limit.Token);
        await simulated.WriteFilesAsync(folder["."], limit.Token);
        await using ConfiguredCluster cluster = SocketUpgrade.Configure(folder["."], dialect: null, Hurry);
        await SocketUpgrade.AssertCompletesAsync(simulated, cluster, folder["."], limit.Token);
    }

    private static void Hurry(JsonNode section)
    {
        foreach (string pause in (string[])["Soak", "PollInterval", "SlowPollInterval", "StabilityInterval"])
        {
            section["Policy"]![pause] = "00:00:00.0500000";
        }
    }
}
