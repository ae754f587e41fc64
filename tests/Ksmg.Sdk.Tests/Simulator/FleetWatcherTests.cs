using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests;

/// <summary>The judge of a fleet, on effects that were made up: each rule broken alone is found, and what only looks like it is not.</summary>
public sealed class FleetWatcherTests
{
    private static readonly DateTimeOffset Begin = new(2026, 11, 2, 22, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Clusters_one_after_the_other_break_nothing()
    {
        WatchedFleet seen = FleetWatcher.Judge(
            [Worked("a", 0, 10) with { Wave = 0 }, Worked("b", 10, 20) with { Wave = 1 }, Worked("c", 21, 30) with { Wave = 2 }],
            new WatchedLimits { MaxConcurrent = 1 });

        Assert.Empty(seen.Findings);
        Assert.Equal(1, seen.GreatestAtOnce);
        Assert.Equal(new WatchedSpan(At(10), At(20)), Assert.Single(seen.Work["b"]));
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(3, 0)]
    public void Too_many_at_once_are_found(int allowed, int findings)
    {
        WatchedFleet seen = FleetWatcher.Judge(
            [Worked("a", 0, 10), Worked("b", 5, 15), Worked("c", 9, 20), Worked("d", 12, 30)], new WatchedLimits { MaxConcurrent = allowed });

        Assert.Equal(3, seen.GreatestAtOnce);
        Assert.Equal(findings, seen.Findings.Count(f => f.Rule == "at-once" && f.At == At(9)));
        Assert.All(seen.Findings.Where(f => f.At == At(9)), f => Assert.Equal(["a", "b", "c"], f.Clusters));
    }

    [Fact]
    public void A_single_effect_counts_in_its_instant_and_no_longer()
    {
        var limits = new WatchedLimits { MaxConcurrent = 1 };

        Assert.Equal("at-once", Rule([Worked("a", 0, 10), Worked("b", 5, 5)], limits));
        Assert.Empty(Judge([Worked("a", 5, 5), Worked("b", 6, 10)], limits));
    }

    [Fact]
    public void A_later_wave_that_begins_before_the_one_before_is_over_is_found()
    {
        Assert.Equal("waves", Rule([Worked("a", 0, 10) with { Wave = 0 }, Worked("b", 9, 20) with { Wave = 1 }]));
        Assert.Equal("waves", Rule([Worked("a", 0, 10) with { Wave = 0 }, Worked("b", 5, 6) with { Wave = 2 }]));

        // The straggler of the first wave begins after the second one has ended.
        Assert.Equal(
            "waves",
            Rule([Worked("a", 0, 10) with { Wave = 0 }, Worked("late", 30, 40) with { Wave = 0 }, Worked("b", 11, 20) with { Wave = 1 }]));

        // The first wave outlasts the second one, and the third one is measured by it.
        IReadOnlyList<WatchedFinding> twice = Judge(
            [Worked("a", 0, 10) with { Wave = 0 }, Worked("b", 2, 5) with { Wave = 1 }, Worked("c", 7, 8) with { Wave = 2 }]);
        Assert.Equal(["b, a", "c, a"], twice.Select(finding => string.Join(", ", finding.Clusters)));
    }

    [Fact]
    public void A_wave_does_not_wait_for_a_cluster_that_waits_for_people()
    {
        WatchedCluster stopped = Of("a", Ours(0), Ours(10), Ours(60), Ours(70)) with { Wave = 0 };
        WatchedCluster later = Worked("b", 20, 65) with { Wave = 1 };

        Assert.Equal("waves", Rule([stopped, later]));
        Assert.Empty(Judge([stopped with { WaitsFrom = [At(11)] }, later]));

        // It is worked on again from its next effect on: at the same time as the other one, unless that has ended.
        var limits = new WatchedLimits { MaxConcurrent = 1 };
        Assert.Equal("at-once", Rule([stopped with { WaitsFrom = [At(11)] }, later], limits));
        Assert.Empty(Judge([stopped with { WaitsFrom = [At(11)] }, Worked("b", 20, 50)], limits));
        Assert.Equal("at-once", Rule([stopped, Worked("b", 20, 50)], limits));
    }

    [Fact]
    public void Two_of_one_label_value_at_once_are_found()
    {
        var limits = new WatchedLimits { NeverTogether = ["customer"] };
        WatchedCluster[] apart = [Labelled("a", "x", 0, 10), Labelled("b", "y", 5, 15), Worked("unlabelled", 5, 15), Labelled("c", "x", 10, 20)];

        Assert.Empty(Judge(apart, limits));
        WatchedFinding found = Assert.Single(Judge([.. apart, Labelled("d", "y", 14, 16)], limits));
        Assert.Equal(("together", "b, d"), (found.Rule, string.Join(", ", found.Clusters)));
    }

    [Fact]
    public void Work_outside_of_a_window_is_found_by_the_first_effect_that_takes_a_node_out()
    {
        Func<DateTimeOffset, bool> open = at => at < At(10);

        // What disturbs no mail comes early, and a node in hand is finished.
        Assert.Empty(Judge([Of("a", Ours(0, "load-switched"), Ours(50, "install-started"), Ours(60, "upload-started", "gw2")) with { IsOpen = open }]));
        foreach (string first in new[] { "load-switched", "receiving-switched", "sending-switched", "install-started" })
        {
            Assert.Equal("window", Rule([Of("a", Ours(0, "load-switched"), Ours(20, first, "gw2")) with { IsOpen = open }]));
        }
    }

    [Fact]
    public void A_second_installation_is_found_unless_the_first_one_failed_or_was_taken_back()
    {
        SimulatedEffect first = Ours(0, "install-started");
        SimulatedEffect second = Ours(20, "install-started");
        SimulatedEffect done = Ours(10, "install-finished") with { Cause = EffectCause.Appliance, Detail = "completed 2.1.0.7854" };

        Assert.Equal("installations", Rule([Of("a", first, done, second)]));
        Assert.Equal("installations", Rule([Of("a", first, second)]));
        Assert.Empty(Judge([Of("a", first, done with { Detail = "failed 2.0.1.6960" }, second)]));
        Assert.Empty(Judge([Of("a", first, done, Ours(15, "snapshot-reverted"), second)]));
        Assert.Empty(Judge([Of("a", first with { Cause = EffectCause.Human }, done, second)]));
        Assert.Empty(Judge([Of("a", first, done, second with { Node = "gw2" })]));

        WatchedFleet seen = FleetWatcher.Judge([Of("a", first, done with { Detail = "interrupted 2.0.1.6960" }), Of("b", first, done)]);
        Assert.Equal(["b"], seen.Installations.Keys);
        Assert.Equal(1, seen.Installations["b"]["gw1"]);
    }

    [Fact]
    public void A_long_gap_is_no_work_but_an_installation_is()
    {
        var limits = new WatchedLimits { LongestGap = TimeSpan.FromMinutes(5) };
        SimulatedEffect done = Ours(60, "install-finished") with { Cause = EffectCause.Appliance, Detail = "completed" };

        WatchedFleet seen = FleetWatcher.Judge(
            [Of("a", Ours(0), Ours(4), Ours(20), Ours(21)), Of("b", Ours(0, "install-started"), done, Ours(61))], limits);

        Assert.Equal([new WatchedSpan(At(0), At(4)), new WatchedSpan(At(20), At(21))], seen.Work["a"]);
        Assert.Equal([new WatchedSpan(At(0), At(61))], seen.Work["b"]);
    }

    [Fact]
    public void Looking_at_a_cluster_is_no_work_and_neither_is_what_others_do()
    {
        WatchedFleet seen = FleetWatcher.Judge(
        [
            Of("a", Ours(0, "session-opened"), Ours(1, "login-refused")),
            Of("b", Ours(2) with { Cause = EffectCause.Human }, Ours(3) with { Cause = EffectCause.Fault }),
        ]);

        Assert.Empty(seen.Work);
        Assert.Equal(0, seen.GreatestAtOnce);
    }

    [Fact]
    public void Effects_that_were_forgotten_are_not_judged() =>
        Assert.Contains("forgotten", Assert.Throws<ArgumentException>(() => FleetWatcher.Judge([Of("a", Ours(0) with { Seq = 100_001 })])).Message);

    private static IReadOnlyList<WatchedFinding> Judge(WatchedCluster[] clusters, WatchedLimits? limits = null) =>
        FleetWatcher.Judge(clusters, limits).Findings;

    /// <summary>The rule of the one finding.</summary>
    private static string Rule(WatchedCluster[] clusters, WatchedLimits? limits = null) => Assert.Single(Judge(clusters, limits)).Rule;

    private static DateTimeOffset At(int minute) => Begin + TimeSpan.FromMinutes(minute);

    private static WatchedCluster Worked(string name, int from, int to) => from == to ? Of(name, Ours(from)) : Of(name, Ours(from), Ours(to));

    private static WatchedCluster Labelled(string name, string customer, int from, int to) =>
        Worked(name, from, to) with { Labels = new Dictionary<string, string> { ["customer"] = customer } };

    private static WatchedCluster Of(string name, params SimulatedEffect[] effects) => new() { Name = name, Effects = effects };

    private static SimulatedEffect Ours(int minute, string effect = "snapshot-started", string node = "gw1") =>
        new() { Seq = 1, At = At(minute), Node = node, Effect = effect, Cause = EffectCause.Client };
}
