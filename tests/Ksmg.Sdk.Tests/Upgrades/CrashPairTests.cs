using System.Diagnostics;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Simulator;
using Xunit.Abstractions;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>
/// Two drivers die, at every pair of points: the first at any point of a run on three nodes, the one that resumes at any point of what it
/// still has to do. The third finishes. Every 50th run goes through the typed clients, all others to the simulator's model directly.
/// </summary>
public sealed class CrashPairTests(ITestOutputHelper output) : IDisposable
{
    private const int Nodes = 3;
    private const int ClientRunEvery = 50;

    private readonly PackageFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Two_crashes_at_every_pair_of_points_are_survived()
    {
        long started = Stopwatch.GetTimestamp();
        int points = PointsOf(Rig(null));
        int clientPoints = PointsOf(Rig(_folder["whole.zip"]));
        int runs = 0, pairs = 0, clientRuns = 0;
        Parallel.For(0, points, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, first =>
        {
            for (int second = 0, deaths = 2; deaths == 2; second++)
            {
                deaths = CrashSequence.Run(Rig(null), everyPart: false, first, second);
                Count(deaths);

                // Not by the order of the runs, which is the scheduler's: the same pairs each time.
                if (((first * 7) + second) % ClientRunEvery == 0)
                {
                    string package = _folder[$"{first}-{second}.zip"];
                    Count(CrashSequence.Run(Rig(package), everyPart: false, first * clientPoints / points, second));
                    File.Delete(package);
                    Interlocked.Increment(ref clientRuns);
                }
            }
        });

        Assert.True(pairs > points * points / 3, $"{points} points, {pairs} pairs");
        Assert.True(clientRuns > 0);
        Figures.Print(output, $"crash pairs, {Nodes} nodes, {points} points, {clientRuns} runs through the typed clients, {Stopwatch.GetElapsedTime(started).TotalSeconds:F0} s: "
            + $"{runs} runs, {pairs} pairs, 0 violations");

        void Count(int deaths)
        {
            Interlocked.Increment(ref runs);
            if (deaths == 2)
            {
                Interlocked.Increment(ref pairs);
            }
        }
    }

    private static int PointsOf(VirtualRig rig)
    {
        VirtualProcess whole = new(everyPart: false);
        rig.Upgrade(whole);
        return whole.Points.Count;
    }

    /// <summary>A world of its own for each run; short waits and few polls, since the points and not the waits are looked at.</summary>
    private static VirtualRig Rig(string? package) =>
        new(Nodes, VirtualRig.SparsePolicy(Nodes), new SimulatedClusterOptions { Speed = 10, PackageBytes = package is null ? 64 << 20 : 1 << 16 }, mailPerSecond: 0.2)
        {
            PackageFile = package,
        };
}
