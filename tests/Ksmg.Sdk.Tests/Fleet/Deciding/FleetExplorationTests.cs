using System.Diagnostics;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Tests.Support.Exploration;
using Xunit.Abstractions;

namespace Ksmg.Sdk.Tests.Fleet.Deciding;

/// <summary>Everything that can happen to a small fleet, its driver, its workers and its runs, as long as not too much goes wrong at once.</summary>
[Trait("Category", "Matrix")]
public sealed class FleetExplorationTests(ITestOutputHelper output)
{
    /// <summary>Worlds that take minutes, for the night.</summary>
    private static readonly bool IsLarge = Environment.GetEnvironmentVariable("KSMG_EXPLORE") == "large";

    private static readonly FleetExplorerOptions Quiet = new() { Hours = 0, Deaths = 0, Humans = 0, Troubles = 0 };

    /// <summary>A small world for each thing that is taken away, and the promise that is broken there without it.</summary>
    private static readonly Dictionary<string, (FleetExplorerOptions World, string Promise)> Guards = new(StringComparer.Ordinal)
    {
        [FleetExplorerOptions.Limit] = (Quiet with { Hours = 1 }, "limit"),
        [FleetExplorerOptions.Order] = (Quiet, "order"),
        [FleetExplorerOptions.Soak] = (Quiet with { Hours = 1, Humans = 1 }, "soak"),
        [FleetExplorerOptions.Gates] = (Quiet with { Hours = 2 }, "gate"),
        [FleetExplorerOptions.Failures] = (Quiet with { Hours = 1, Troubles = 1, MaxFailures = 0 }, "failures"),
        [FleetExplorerOptions.Labels] = (Quiet with { Hours = 1, Humans = 1, Troubles = 1, Clusters = 2 }, "label"),
        [FleetExplorerOptions.Windows] = (Quiet with { MaxConcurrent = 2 }, "window"),
        [FleetExplorerOptions.Holding] = (Quiet with { Humans = 1 }, "held"),
        [FleetExplorerOptions.LeavingOut] = (Quiet with { Humans = 1 }, "out"),
        [FleetExplorerOptions.Pausing] = (Quiet with { Humans = 1 }, "paused"),
        [FleetExplorerOptions.SecondLook] = (Quiet with { Troubles = 1 }, "grant"),
        [FleetExplorerOptions.SecondReading] = (Quiet with { Troubles = 1 }, "grant"),
        [FleetExplorerOptions.Fence] = (Quiet with { Deaths = 1, Humans = 1, Troubles = 1 }, "grant"),
        [FleetExplorerOptions.News] = (Quiet with { Humans = 1, Troubles = 1 }, "news"),
    };

    public static TheoryData<string> Guarded => [.. Guards.Keys];

    [Theory]
    [InlineData(1, 3, 1, 1, 1, 1)]
    [InlineData(2, 3, 1, 1, 0, 1)]
    [InlineData(2, 3, 1, 1, 1, 0)]
    [InlineData(2, 3, 0, 1, 1, 1)]
    [InlineData(1, 2, 1, 0, 2, 1)]
    public void Nothing_that_can_happen_breaks_a_promise_of_a_fleet(int atOnce, int clusters, byte hours, byte deaths, byte humans, byte troubles) =>
        Explore(new() { MaxConcurrent = atOnce, Clusters = clusters, Hours = hours, Deaths = deaths, Humans = humans, Troubles = troubles });

    [Fact]
    public void Nothing_that_can_happen_breaks_a_promise_of_a_fleet_while_no_failure_is_allowed() =>
        Explore(new() { MaxFailures = 0, Deaths = 0, Humans = IsLarge ? (byte)2 : (byte)1 });

    [Theory]
    [InlineData(2, 3, 1, 1, 1)]
    [InlineData(1, 2, 0, 2, 2)]
    [InlineData(1, 2, 1, 2, 1)]
    public void Nothing_that_can_happen_in_larger_worlds_breaks_a_promise_of_a_fleet(int atOnce, int clusters, byte deaths, byte humans, byte troubles)
    {
        if (IsLarge)
        {
            Explore(new() { MaxConcurrent = atOnce, Clusters = clusters, Deaths = deaths, Humans = humans, Troubles = troubles });
        }
    }

    /// <summary>And with it none is.</summary>
    [Theory]
    [MemberData(nameof(Guarded))]
    public void Without_a_guard_a_promise_of_a_fleet_is_broken(string without)
    {
        (FleetExplorerOptions world, string promise) = Guards[without];
        Explore(world);
        ExplorerResult result = new FleetExplorer(world with { Without = without }).Explore();

        Figures.Print(output, $"a fleet without {without}: {result.Violation ?? "nothing is broken"}");
        Assert.True(result.Violation?.StartsWith(promise + ':', StringComparison.Ordinal) == true, result + "\n" + string.Join('\n', result.Path));
    }

    private void Explore(FleetExplorerOptions options)
    {
        long started = Stopwatch.GetTimestamp();
        ExplorerResult result = new FleetExplorer(options).Explore();

        Figures.Print(
            output,
            $"exploration of a fleet, {options.Clusters} clusters, {options.MaxConcurrent} at once, {options.MaxFailures} failures allowed, "
            + $"{options.Hours} hours, {options.Deaths} deaths, {options.Humans} acts of people, {options.Troubles} troubles, "
            + $"{Stopwatch.GetElapsedTime(started).TotalSeconds:F0} s: {result}");
        Assert.True(result is { Violation: null, Left: 0 }, result + "\n" + string.Join('\n', result.Path));
    }
}
