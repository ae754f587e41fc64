using System.Diagnostics;
using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Tests.Support.Exploration;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;
using Xunit.Abstractions;

namespace Ksmg.Sdk.Tests.Fleet.Deciding;

/// <summary>
/// A fleet whose process dies at every point of its driving, judged by what was done to its nodes: the next one goes on, and nothing is done twice
/// or beside more than allowed.
/// </summary>
[Trait("Category", "Matrix")]
public sealed class FleetCrashTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(3, 1, false)]
    [InlineData(2, 1, true)]
    public void A_crash_at_every_point_of_a_fleet_is_survived(int clusters, int atOnce, bool needsHelp)
    {
        long started = Stopwatch.GetTimestamp();
        int point = 0;
        while (Play(clusters, atOnce, needsHelp, point) > 0)
        {
            point++;
        }

        Assert.True(point > 20, $"{point}");
        string help = needsHelp ? ", one of which people have to see to" : string.Empty;
        Figures.Print(
            output, $"crashes of a fleet, {clusters} clusters{help}: {point} points, {Stopwatch.GetElapsedTime(started).TotalSeconds:F0} s, 0 violations");
    }

    /// <summary>The second one dies soon after it has come.</summary>
    [Fact]
    public void Two_crashes_of_a_fleet_are_survived()
    {
        long started = Stopwatch.GetTimestamp();
        int pairs = 0;
        for (int first = 0, deaths = 1; deaths > 0; first++)
        {
            for (int second = 0; second < 5; second++)
            {
                deaths = Play(2, atOnce: 1, needsHelp: false, first, second);
                pairs += deaths == 2 ? 1 : 0;
            }
        }

        Assert.True(pairs > 50, $"{pairs}");
        Figures.Print(output, $"crash pairs of a fleet, 2 clusters: {pairs} pairs, {Stopwatch.GetElapsedTime(started).TotalSeconds:F0} s, 0 violations");
    }

    /// <param name="clusters">How many there are.</param>
    /// <param name="atOnce">How many may be worked on at once.</param>
    /// <param name="needsHelp">Whether the first one cannot be begun: a worker tells so, people see to it and let it go on.</param>
    /// <param name="points">Where the processes die.</param>
    /// <returns>How many died.</returns>
    internal static int Play(int clusters, int atOnce, bool needsHelp, params ReadOnlySpan<int> points)
    {
        FleetRig rig = new(clusters, nodes: 1);
        FleetPlan plan = rig.Plan(
            new FleetLimits { MaxConcurrent = atOnce, Soak = TimeSpan.FromMinutes(1) },
            (c, i) => c with { Wave = i < clusters - 1 ? "one" : "two" },
            [new FleetWave("one"), new FleetWave("two")]);
        rig.Begin(plan);
        SimulatedNode first = rig.Clusters["c01"].World.Nodes[0];
        if (needsHelp)
        {
            first.PowerOff(Caller.Human);
        }

        List<string> deaths = [];
        foreach (int point in points)
        {
            FleetProcess mortal = new(point);
            Drive(rig, plan, first, mortal);
            if (!mortal.IsDead)
            {
                break;
            }

            deaths.Add(mortal.DiedAt!);
            rig.Bury(plan);
        }

        FleetState state = Drive(rig, plan, first, new FleetProcess());

        string context = $"died at {string.Join(" and at ", deaths)}\n{rig.Story(plan)}";
        Assert.True(state.State == UpgradeEnd.Completed, context);
        Assert.All(rig.Clusters.Values, c => Assert.True(c.GetEffects().Count(e => e.Effect == "install-started") == c.World.Nodes.Count, context));
        Assert.All(rig.Clusters.Values, c => Assert.True(needsHelp || c.GetViolations(atEnd: true, completed: true) is [], context));
        (DateTimeOffset From, DateTimeOffset To)[] spells =
        [
            .. rig.Clusters.Values.Select(c => c.GetEffects().Where(e => e.Cause == EffectCause.Client).Select(e => e.At).ToArray())
                .Select(times => (times.Min(), times.Max())),
        ];
        Assert.True(spells.All(s => spells.Count(o => o.From <= s.From && s.From < o.To) <= atOnce), context);
        Assert.True(spells[..^1].All(s => s.To + plan.Limits.Soak <= spells[^1].From), context);
        return deaths.Count;
    }

    /// <summary>Drives a fleet as far as that goes, with people who see to a node that is off.</summary>
    private static FleetState Drive(FleetRig rig, FleetPlan plan, SimulatedNode node, FleetProcess process)
    {
        FleetState state = rig.State(plan) is { State: not UpgradeEnd.Running } before ? before : rig.Drive(plan, rig.Worker(process: process));
        if (state.State != UpgradeEnd.NeedsHuman || process.IsDead)
        {
            return state;
        }

        node.PowerOn(Caller.Human);
        rig.Time.Run(() => Task.Delay(TimeSpan.FromMinutes(15), rig.Time), FleetRig.Limit);
        FleetCommand goOn = new()
        {
            Id = Guid.CreateVersion7().ToString("N"),
            Kind = FleetCommandKind.Approve,
            By = "anna",
            At = rig.Time.GetUtcNow(),
            Cluster = "c01",
        };
        rig.Time.Run(() => rig.Journal().PostAsync(plan.FleetId, goOn), FleetRig.Limit);
        return rig.Drive(plan, rig.Worker(process: process));
    }
}
