using System.Diagnostics;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Tests.Support.Exploration;
using Ksmg.Simulator;
using Xunit.Abstractions;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>Everything that can happen to a small cluster and the drivers of its upgrade, as long as not too much goes wrong at once.</summary>
[Trait("Category", "Matrix")]
public sealed class ExplorationTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(PromotionRule.LeavesTwo)]
    [InlineData(PromotionRule.DemotesFormer)]
    public void Nothing_that_can_happen_breaks_a_promise(PromotionRule promotion) =>
        Explore(new ExplorerOptions { Promotion = promotion, Takeovers = 2, LateRequests = 1, Faults = 1 });

    [Theory]
    [InlineData(PromotionRule.LeavesTwo)]
    [InlineData(PromotionRule.DemotesFormer)]
    public void Nothing_that_others_do_between_two_looks_makes_the_run_break_a_promise(PromotionRule promotion) =>
        Explore(new ExplorerOptions { Promotion = promotion, Takeovers = 1, LateRequests = 0, Faults = 0, Foreign = 1 });

    /// <summary>With less that goes wrong at once, since there are three of them.</summary>
    [Theory]
    [InlineData(UploadSwitches.NodeNamesUploads)]
    [InlineData(UploadSwitches.UploadInstalls)]
    [InlineData(UploadSwitches.CannotDelete)]
    [InlineData(UploadSwitches.CannotList)]
    public void Nothing_that_can_happen_breaks_a_promise_however_packages_get_in(string uploads) =>
        Explore(new ExplorerOptions { Uploads = uploads, Takeovers = 1, LateRequests = 1, Faults = 1 });

    /// <summary>The Control node at the start has the role again at the end.</summary>
    [Theory]
    [InlineData(PromotionRule.LeavesTwo)]
    [InlineData(PromotionRule.DemotesFormer)]
    public void Nothing_that_can_happen_breaks_a_promise_while_the_role_is_handed_back(PromotionRule promotion) =>
        Explore(new ExplorerOptions { Promotion = promotion, PreferredControl = "gw1", Takeovers = 1, LateRequests = 1, Faults = 1 });

    [Fact]
    public void Nothing_that_others_do_while_the_role_is_handed_back_makes_the_run_break_a_promise() =>
        Explore(new ExplorerOptions { PreferredControl = "gw1", Takeovers = 1, LateRequests = 0, Faults = 0, Foreign = 1 });

    private void Explore(ExplorerOptions options)
    {
        long started = Stopwatch.GetTimestamp();
        ExplorerResult result = new Explorer(options).Explore();
        string back = options.PreferredControl is { } preferred ? $"the role back to {preferred}, " : string.Empty;

        Figures.Print(
            output, $"exploration, 3 nodes, {options.Uploads}, {options.Promotion}, {back}{options.Takeovers} takeovers, {options.LateRequests} late requests, {options.Faults} faults, "
            + $"{options.Foreign} foreign acts, {Stopwatch.GetElapsedTime(started).TotalSeconds:F0} s: {result}");
        Assert.True(result.Violation is null, result + "\n" + string.Join('\n', result.Path));
        Assert.Equal(0, result.Left);
    }
}
