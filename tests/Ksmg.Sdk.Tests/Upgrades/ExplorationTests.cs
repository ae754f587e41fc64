using System.Diagnostics;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Tests.Support.Exploration;
using Ksmg.Simulator;
using Xunit.Abstractions;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>Everything that can happen to a small cluster and the drivers of its upgrade, as long as not too much goes wrong at once.</summary>
public sealed class ExplorationTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(PromotionRule.LeavesTwo, 2, 1, 0)]
    [InlineData(PromotionRule.DemotesFormer, 2, 1, 0)]
    [InlineData(PromotionRule.LeavesTwo, 1, 1, 1)]
    public void Nothing_that_can_happen_breaks_a_promise(PromotionRule promotion, int takeovers, int lateRequests, int faults)
    {
        long started = Stopwatch.GetTimestamp();
        ExplorerResult result = new Explorer(new ExplorerOptions { Promotion = promotion, Takeovers = takeovers, LateRequests = lateRequests, Faults = faults }).Explore();

        Figures.Print(output, $"exploration, 3 nodes, {promotion}, {takeovers} takeovers, {lateRequests} late request, {faults} faults, {Stopwatch.GetElapsedTime(started).TotalSeconds:F0} s: {result}");
        Assert.True(result.Violation is null, result + "\n" + string.Join('\n', result.Path));
        Assert.Equal(0, result.Left);
    }
}
