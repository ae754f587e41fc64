using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Fleet;

/// <summary>A whole fleet in virtual time, judged by what was done to its nodes.</summary>
public sealed class FleetDrivingTests
{
    [Fact]
    public void A_fleet_upgrades_every_cluster_wave_after_wave()
    {
        FleetRig rig = new();
        FleetPlan plan = rig.Plan();
        rig.Begin(plan);

        FleetState state = rig.Drive(plan, rig.Worker());

        Assert.True(state.State == UpgradeEnd.Completed, rig.Story(plan));
        Assert.All(rig.Clusters.Keys, c => Assert.All(rig.Clusters[c].World.Nodes, n => Assert.Equal(1, Starts(rig, c, n.Name))));
        Assert.True(MostAtOnce(rig) is 2, rig.Story(plan));
        Assert.True(Begin(rig, "c02") >= End(rig, "c01") + plan.Limits.Soak, rig.Story(plan));
    }

    /// <summary>Whole hours, while a wave is watched.</summary>
    [Theory]
    [InlineData(8)]
    [InlineData(-8)]
    public void A_clock_that_is_set_neither_ends_a_soak_nor_prolongs_it(int hours)
    {
        FleetRig rig = new(2);
        FleetPlan plan = rig.Plan(new FleetLimits { MaxConcurrent = 1, Soak = TimeSpan.FromHours(10) });
        rig.Begin(plan);
        using ITimer set = rig.Time.CreateTimer(
            _ => rig.Machine.Set(TimeSpan.FromHours(hours)), null, TimeSpan.FromHours(5), Timeout.InfiniteTimeSpan);

        FleetState state = rig.Drive(plan, rig.Worker());

        Assert.True(state.State == UpgradeEnd.Completed, rig.Story(plan));
        TimeSpan between = Begin(rig, "c02") - End(rig, "c01");
        Assert.True(between >= plan.Limits.Soak && between < plan.Limits.Soak + TimeSpan.FromMinutes(5), $"{between}\n{rig.Story(plan)}");
    }

    [Fact]
    public void Nothing_runs_beside_a_cluster_of_the_same_customer()
    {
        FleetRig rig = new();
        FleetPlan plan = rig.Plan(
            new FleetLimits { MaxConcurrent = 6, Soak = TimeSpan.Zero, NeverTogether = ["customer"] },
            (c, i) => c with { Wave = "rest", Labels = new Dictionary<string, string> { ["customer"] = i < 3 ? "a" : "b" } });
        rig.Begin(plan);

        FleetState state = rig.Drive(plan, rig.Worker());

        Assert.True(state.State == UpgradeEnd.Completed, rig.Story(plan));
        Assert.Equal(2, MostAtOnce(rig));
    }

    [Fact]
    public void A_cluster_that_waits_for_people_gives_its_place_to_another_and_goes_on_when_they_say_so()
    {
        FleetRig rig = new(4, policy: VirtualRig.SparsePolicy(2) with { PauseAfter = PausePoint.First });
        FleetPlan plan = rig.Plan(new FleetLimits { MaxConcurrent = 1, Soak = TimeSpan.Zero }, (c, _) => c with { Wave = "rest" });
        rig.Begin(plan);

        FleetState state = rig.Drive(plan, rig.Worker());
        Assert.True(state.State == UpgradeEnd.Paused, rig.Story(plan));
        Assert.All(rig.Clusters.Keys, c => Assert.Equal(ClusterPhase.Standing, state[c].Phase));

        rig.Approve(state.Clusters.Values.Select(c => c.RunId!));
        state = rig.Drive(plan, rig.Worker());

        Assert.True(state.State == UpgradeEnd.Completed, rig.Story(plan));
        Assert.Equal(1, MostAtOnce(rig, gap: TimeSpan.FromMinutes(3)));
    }

    [Fact]
    public void A_cluster_that_cannot_be_begun_needs_people_and_the_others_go_on()
    {
        FleetRig rig = new(3);
        rig.Clusters["c02"].World.Nodes[0].PowerOff(VirtualCluster.Client);
        FleetPlan plan = rig.Plan(
            new FleetLimits { MaxConcurrent = 1, Soak = TimeSpan.Zero, MaxFailures = 1, MaxFailuresPerWave = 1 }, (c, _) => c with { Wave = "rest" });
        rig.Begin(plan);

        FleetState state = rig.Drive(plan, rig.Worker());

        Assert.Equal((UpgradeEnd.NeedsHuman, ClusterPhase.Standing), (state.State, state["c02"].Phase));
        Assert.Equal([UpgradeEnd.Completed, UpgradeEnd.NeedsHuman, UpgradeEnd.Completed], rig.Clusters.Keys.Select(c => state[c].End!.Value));
        Assert.Equal("fleet.refused", state["c02"].Reason!.Key);
    }

    [Fact]
    public void Outside_its_window_a_cluster_is_neither_begun_nor_gone_on_with()
    {
        FleetRig rig = new(2, policy: VirtualRig.SparsePolicy(2) with { NodeTime = TimeSpan.FromMinutes(5), LookAhead = TimeSpan.FromMinutes(30) });
        MaintenanceWindow window = new() { Zone = "Europe/Berlin", From = new TimeOnly(22, 0), To = new TimeOnly(22, 6) };
        FleetPlan plan = rig.Plan(
            new FleetLimits { MaxConcurrent = 2, Soak = TimeSpan.Zero },
            (c, _) => c with { Wave = "rest", Windows = [window], NodeTime = rig.Policy.NodeTime, LookAhead = rig.Policy.LookAhead });
        rig.Begin(plan);

        FleetState state = rig.Drive(plan, rig.Worker());

        Assert.True(state.State == UpgradeEnd.Completed, rig.Story(plan));
        Assert.All(
            rig.Clusters.Values.SelectMany(c => c.GetEffects().Where(e => e.Effect == "snapshot-created" || e.Effect == "install-started")),
            e => Assert.InRange(TimeOnly.FromTimeSpan(e.At.ToOffset(TimeSpan.FromHours(1)).TimeOfDay), new TimeOnly(22, 0), new TimeOnly(22, 20)));
        Assert.True(rig.Clusters.Values.All(c => c.GetEffects().Where(Installs).Select(e => e.At.Date).Distinct().Count() == 2), rig.Story(plan));
    }

    private static bool Installs(SimulatedEffect effect) => effect.Effect == "install-started";

    private static int Starts(FleetRig rig, string cluster, string node) => rig.Clusters[cluster].GetEffects().Count(e => Installs(e) && e.Node == node);

    private static DateTimeOffset Begin(FleetRig rig, string cluster) => Ours(rig, cluster).Min();

    private static DateTimeOffset End(FleetRig rig, string cluster) => Ours(rig, cluster).Max();

    private static IEnumerable<DateTimeOffset> Ours(FleetRig rig, string cluster) =>
        rig.Clusters[cluster].GetEffects().Where(e => e.Cause == EffectCause.Client).Select(e => e.At);

    /// <summary>The most clusters that were worked on at one time; between two effects that are further apart than the gap nobody works.</summary>
    private static int MostAtOnce(FleetRig rig, TimeSpan? gap = null)
    {
        List<(DateTimeOffset From, DateTimeOffset To)> spells = [];
        foreach (string cluster in rig.Clusters.Keys)
        {
            DateTimeOffset[] times = [.. Ours(rig, cluster).Order()];
            DateTimeOffset from = times[0];
            for (int i = 1; i <= times.Length; i++)
            {
                if (i == times.Length || times[i] - times[i - 1] > (gap ?? TimeSpan.MaxValue))
                {
                    spells.Add((from, times[i - 1]));
                    from = i < times.Length ? times[i] : from;
                }
            }
        }

        return spells.Max(s => spells.Count(o => o.From <= s.From && s.From < o.To));
    }
}
