using System.Diagnostics;
using System.Globalization;

namespace Ksmg.Sdk.Benchmarks;

/// <summary>
/// Two ways done in turn in one process, block by block, for a machine that is not quiet: what disturbs one of them disturbs the other as well.
/// </summary>
internal static class InTurn
{
    private const int Blocks = 200;

    /// <summary>
    /// The compiler has learned what it can once so many blocks take no less than this of the time of those before them: the run's first hundred cost four
    /// times as much as later ones, and it gets faster up to its twelfth.
    /// </summary>
    private const double Settled = 0.99;
    private const int MostRounds = 20;

    /// <summary>In one block, where one is too short to be measured.</summary>
    private const int Repeats = 100;

    public static async Task<int> RunAsync(string what)
    {
        switch (what)
        {
            case "journal":
                JournalAppendBenchmarks journal = new();
                journal.Setup();
                await CompareAsync("bare write and flush", () => Done(journal.BareWriteAndFlush), "append", journal.Append, each: Repeats);
                journal.Cleanup();
                return 0;
            case "run":
                WholeRunBenchmarks run = new();
                run.Setup();
                await CompareAsync("direct port", () => Done(() => run.DirectPort()), "typed clients", () => Done(() => run.TypedClients()), each: 1);
                run.Cleanup();
                return 0;
            case "poll":
                PollBenchmarks poll = new();
                await poll.Setup();
                await CompareAsync("bare request", () => Repeat(poll.BareRequest), "queue summary", () => Repeat(poll.KeptConnection), each: Repeats);
                poll.Cleanup();
                return 0;
            default:
                await Console.Error.WriteLineAsync("in-turn journal|poll|run");
                return 64;
        }
    }

    private static async Task CompareAsync(string bareName, Func<Task> bare, string oursName, Func<Task> ours, int each)
    {
        (Cost a, Cost b) = await RoundAsync(bare, ours, each);
        bool settled = false;
        for (int round = 1; round < MostRounds && !settled; round++)
        {
            (Cost formerA, Cost formerB) = (a, b);
            (a, b) = await RoundAsync(bare, ours, each);
            settled = a.Wall > Settled * formerA.Wall && b.Wall > Settled * formerB.Wall;
        }

        Say("", "CPU µs", "wall µs", "bytes");
        Say(bareName, Number(a.Cpu), Number(a.Wall), Number(a.Bytes));
        Say(oursName, Number(b.Cpu), Number(b.Wall), Number(b.Bytes));
        Say("ratio", Number(b.Cpu / a.Cpu), Number(b.Wall / a.Wall), Number(b.Bytes / Math.Max(1, a.Bytes)));
        if (!settled)
        {
            Console.WriteLine("Not settled: the last blocks were faster than those before them. Measure again on a quieter machine.");
        }
    }

    private static async Task<(Cost Bare, Cost Ours)> RoundAsync(Func<Task> bare, Func<Task> ours, int each)
    {
        List<Cost> bareCosts = [];
        List<Cost> oursCosts = [];
        for (int i = 0; i < Blocks; i++)
        {
            bareCosts.Add(await CostOfAsync(bare, each));
            oursCosts.Add(await CostOfAsync(ours, each));
        }

        return (Median(bareCosts), Median(oursCosts));
    }

    private static async Task<Cost> CostOfAsync(Func<Task> block, int each)
    {
        long bytes = GC.GetTotalAllocatedBytes();
        TimeSpan cpu = Environment.CpuUsage.TotalTime;
        long start = Stopwatch.GetTimestamp();
        await block();
        TimeSpan wall = Stopwatch.GetElapsedTime(start);
        return new Cost(
            (Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / each,
            wall.TotalMicroseconds / each,
            (double)(GC.GetTotalAllocatedBytes() - bytes) / each);
    }

    private static Cost Median(List<Cost> of) => new(Middle(of.Select(c => c.Cpu)), Middle(of.Select(c => c.Wall)), Middle(of.Select(c => c.Bytes)));

    private static double Middle(IEnumerable<double> of) => of.Order().ElementAt(Blocks / 2);

    private static async Task Repeat<T>(Func<Task<T>> what)
    {
        for (int i = 0; i < Repeats; i++)
        {
            await what();
        }
    }

    private static Task Done(Action what)
    {
        what();
        return Task.CompletedTask;
    }

    private static string Number(double of) => of.ToString(of < 100 ? "F2" : "F0", CultureInfo.InvariantCulture);

    private static void Say(string name, string cpu, string wall, string bytes) => Console.WriteLine($"{name,-22} {cpu,12} {wall,12} {bytes,12}");

    private sealed record Cost(double Cpu, double Wall, double Bytes);
}
