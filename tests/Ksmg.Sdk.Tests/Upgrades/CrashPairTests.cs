using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
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

    /// <summary>The sample where packages get in another way: so many pairs, the second crash so soon after the first.</summary>
    private const int Sampled = 40;
    private const int Soon = 20;

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

    /// <summary>A sample of the pairs whose first point is about the package: the others do not depend on how that gets in.</summary>
    [Theory]
    [InlineData(UploadSwitches.NodeNamesUploads)]
    [InlineData(UploadSwitches.UploadInstalls)]
    [InlineData(UploadSwitches.CannotDelete)]
    public void Two_crashes_are_survived_however_packages_get_in(string uploads)
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("KSMG_SEED"), CultureInfo.InvariantCulture, out int given) ? given : 1;
        Random random = new(seed);
        VirtualProcess whole = new();
        Rig().Upgrade(whole);
        int[] firsts =
        [
            .. whole.Points.Index().Where(p => p.Item.Contains(" S7/", StringComparison.Ordinal) || p.Item.Contains(" S8/", StringComparison.Ordinal))
                .Select(p => p.Index),
        ];
        int pairs = 0;
        for (int run = 0; run < Sampled; run++)
        {
            int first = firsts[random.Next(firsts.Length)];
            pairs += CrashSequence.Run(Rig(), first, random.Next(Soon)) / 2;
        }

        Assert.True(pairs > Sampled / 4, $"{pairs} pairs");
        Figures.Print(output, $"crash pairs, {Nodes} nodes, {uploads}, KSMG_SEED={seed}: {Sampled} runs, {pairs} pairs, 0 violations");

        VirtualRig Rig() => UploadSwitches.Rig(uploads, Nodes, VirtualRig.SparsePolicy(Nodes));
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
