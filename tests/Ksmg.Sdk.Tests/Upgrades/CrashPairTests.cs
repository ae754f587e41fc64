using System.Collections.Concurrent;
using System.Diagnostics;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Simulator;
using Xunit.Abstractions;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>
/// Two drivers die, at every pair of points: the first at any point of a run on three nodes, the one that resumes at any point of what it
/// still has to do. The third finishes. Every 50th run goes through the typed clients, all others to the simulator's model directly.
/// </summary>
[Trait("Category", "Matrix")]
public sealed class CrashPairTests(ITestOutputHelper output) : IDisposable
{
    private const int Nodes = 3;
    private const int ClientRunEvery = 50;
    private const int LateRunEvery = 5;

    /// <summary>Enough to see what goes wrong.</summary>
    private const int MostFailures = 10;

    private readonly PackageFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Two_crashes_at_every_pair_of_points_are_survived()
    {
        long started = Stopwatch.GetTimestamp();
        int points = PointsOf(Rig(null));
        int clientPoints = PointsOf(Rig(_folder["whole.zip"]));
        int runs = 0, pairs = 0, clientRuns = 0, lateRuns = 0;
        ConcurrentQueue<string> failures = [];
        Parallel.For(0, points, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, first =>
        {
            for (int second = 0, deaths = 2; deaths == 2 && failures.Count < MostFailures; second++)
            {
                deaths = Run(Rig(null), first, second);

                // Not by the order of the runs, which is the scheduler's: the same pairs each time.
                if (((first * 3) + second) % LateRunEvery == 0)
                {
                    Run(LateStarts.Arm(Rig(null), second % 4), first, second);
                    Interlocked.Increment(ref lateRuns);
                }

                if (((first * 7) + second) % ClientRunEvery == 0)
                {
                    string package = _folder[$"{first}-{second}.zip"];
                    Run(Rig(package), first * clientPoints / points, second);
                    File.Delete(package);
                    Interlocked.Increment(ref clientRuns);
                }
            }
        });

        Assert.True(failures.IsEmpty, string.Join("\n\n", failures));
        Assert.True(pairs > points * points / 3, $"{points} points, {pairs} pairs");
        Assert.True(clientRuns > 0);
        Figures.Print(
            output,
            $"crash pairs, {Nodes} nodes, {points} points, {clientRuns} runs through the typed clients, {lateRuns} with starts 4 min late and refused deletions, {Stopwatch.GetElapsedTime(started).TotalSeconds:F0} s: "
            + $"{runs} runs, {pairs} pairs, 0 violations");

        int Run(VirtualRig rig, int first, int second)
        {
            Interlocked.Increment(ref runs);
            try
            {
                int deaths = CrashSequence.Run(rig, everyPart: false, first, second);
                Interlocked.Add(ref pairs, deaths / 2);
                return deaths;
            }
            catch (Exception e)
            {
                failures.Enqueue(e.Message);
                return 2;
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
        new(
            Nodes,
            VirtualRig.SparsePolicy(Nodes),
            new SimulatedClusterOptions { Speed = 10, PackageBytes = package is null ? 64 << 20 : 1 << 16 },
            mailPerSecond: 0.2)
        {
            PackageFile = package,
        };
}
