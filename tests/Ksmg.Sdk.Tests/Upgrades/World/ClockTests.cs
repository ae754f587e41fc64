using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>
/// Clocks that are set, machines that sleep, processes that are stopped: whatever the wall clock says, a run goes on as if it had said
/// nothing.
/// </summary>
[Trait("Category", "Slow")]
public sealed class ClockTests
{
    /// <summary>A driver may have to look once more, and a takeover waits for late requests.</summary>
    private static readonly TimeSpan Leeway = TimeSpan.FromMinutes(2);

    private static readonly Lazy<(List<string> Points, TimeSpan Took)> Undisturbed = new(() =>
    {
        VirtualProcess process = new();
        VirtualRig rig = new();
        TimeSpan began = rig.Time.Elapsed;
        rig.Upgrade(process);
        return (process.Points, rig.Time.Elapsed - began);
    });

    public static TheoryData<double> Steps => [2, -2, 11 / 60.0, -11 / 60.0, 60 * 24, -60 * 24, -1500];

    [Theory]
    [MemberData(nameof(Steps))]
    public void A_wall_clock_that_is_set_at_any_point_changes_nothing(double hours)
    {
        foreach (string point in Points(VirtualProcess.AfterIntent, VirtualProcess.AfterOutcome))
        {
            Disturbed(point, rig => rig.Machine.Set(TimeSpan.FromHours(hours)));
        }
    }

    /// <summary>What the machine slept through does not count against a node: a look first, then the judgement.</summary>
    [Theory]
    [InlineData(10, true)]
    [InlineData(10, false)]
    [InlineData(8 * 60, true)]
    [InlineData(8 * 60, false)]
    public void A_machine_that_sleeps_at_any_point_parks_nobody(int minutes, bool clockRuns)
    {
        TimeSpan slept = TimeSpan.FromMinutes(minutes);
        foreach (string point in Points(VirtualProcess.AfterIntent, VirtualProcess.AfterOutcome))
        {
            Disturbed(point, rig => rig.Machine.Stop(slept, clockRuns), slept);
        }
    }

    /// <summary>An upload stands still while the machine sleeps, for longer than any may take: nobody is blamed, and it goes on.</summary>
    [Theory]
    [InlineData(10, true)]
    [InlineData(10, false)]
    [InlineData(8 * 60, true)]
    [InlineData(8 * 60, false)]
    public void A_machine_that_sleeps_in_the_middle_of_an_upload_goes_on_with_it(int minutes, bool clockRuns)
    {
        VirtualRig rig = new();
        int parts = 0;
        VirtualProcess process = new()
        {
            At = point =>
            {
                if (point == $"{VirtualProcess.EffectSent} S7/gw2/0 upload-bytes" && ++parts == 5)
                {
                    rig.Machine.Stop(TimeSpan.FromMinutes(minutes), clockRuns);
                }
            },
        };

        UpgradeReport report = rig.Upgrade(process);

        Assert.Equal(10, parts);
        Assert.True(report.End == UpgradeEnd.Completed, rig.Story());
        Assert.All(
            rig.Records(report.RunId).Where(r => r.Entry is { Kind: JournalEntryKind.Outcome, Step: "S7/gw2/0" }),
            r => Assert.Equal(StepOutcome.Done, r.Entry.Outcome));
        rig.AssertNoViolation();
    }

    public static TheoryData<string> LongTimes => [.. PolicyBounds.Times.Select(time => time.Name), "all"];

    /// <summary>No timer waits for more than 49.7 days, and no time of a policy may bring a run to an end that nobody foresaw, with a node drained.</summary>
    [Theory]
    [MemberData(nameof(LongTimes))]
    public void A_run_with_the_longest_times_that_are_allowed_completes(string longest)
    {
        UpgradePolicyOptions options = new(
            VirtualRig.FastPolicy(2) with
            {
                SlowPollInterval = TimeSpan.FromMinutes(10),
                StepTimeout = TimeSpan.FromMinutes(15),
                InstallTimeout = TimeSpan.FromHours(1),
            });
        foreach (PolicyTime time in PolicyBounds.Times.Where(time => longest == "all" || longest == time.Name))
        {
            typeof(UpgradePolicyOptions).GetProperty(time.Name)!.SetValue(options, time.Longest);
        }

        VirtualRig rig = new(2, options.ToPolicy(), mailPerSecond: 0) { RunLimit = TimeSpan.FromDays(60) };

        UpgradeReport report = rig.Upgrade();

        Assert.True(report.End == UpgradeEnd.Completed, $"{report.End} {report.Reason}\n{rig.Story()}");
        rig.AssertNoViolation();
    }

    [Fact]
    public void No_time_is_too_long_to_be_waited_for()
    {
        TimeSpan longer = TimeSpan.FromDays(60) + TimeSpan.FromMilliseconds(1);
        Simulator.VirtualTimeProvider time = new();
        TaskCompletionSource<TimeSpan> over = new();
        using AwakeLimit limit = new RunClock(time).Limit(longer);
        using CancellationTokenRegistration heard = limit.Token.Register(() => over.SetResult(time.Elapsed));

        Assert.Equal(longer, time.Run(() => over.Task, longer));
    }

    /// <summary>The process dies, the clock is set, another one takes over.</summary>
    [Theory]
    [MemberData(nameof(Steps))]
    public void A_takeover_after_the_wall_clock_was_set_goes_on_at_once(double hours)
    {
        foreach (string point in Points(VirtualProcess.AfterIntent))
        {
            VirtualRig rig = new();
            VirtualProcess first = new(crashAt: Undisturbed.Value.Points.IndexOf(point));
            UpgradePlan plan = rig.Plan();
            TimeSpan began = rig.Time.Elapsed;
            rig.Crash(plan, first, resume: false);
            Assert.True(first.IsDead, point);
            rig.Machine.Set(TimeSpan.FromHours(hours));
            Check(rig, rig.Resume(plan.RunId), began, point, TimeSpan.Zero);
        }
    }

    /// <summary>A request of the dead may arrive until the limit of a call is over, by whatever clock its intent was written.</summary>
    [Theory]
    [MemberData(nameof(Steps))]
    public void A_takeover_waits_for_late_requests_whatever_the_wall_clock_says(double hours)
    {
        VirtualRig rig = new();
        UpgradePlan plan = rig.Plan();
        rig.Crash(
            plan,
            new VirtualProcess(
                crashAt: Undisturbed.Value.Points.FindIndex(p => p.StartsWith($"{VirtualProcess.AfterIntent} S2/gw2", StringComparison.Ordinal))),
            resume: false);
        rig.Machine.Set(TimeSpan.FromHours(hours));
        TimeSpan resumed = rig.Time.Elapsed;
        TimeSpan? told = null;

        rig.Resume(
            plan.RunId,
            new VirtualProcess
            {
                At = p => told ??= p.StartsWith($"{VirtualProcess.AfterOutcome} S2/gw2", StringComparison.Ordinal) ? rig.Time.Elapsed - resumed : null,
            });

        Assert.Equal(DirectWorld.RequestLimit, told);
    }

    /// <summary>A node that is really gone is told in its time, by the time the driver saw pass.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(-2)]
    public void A_node_that_stays_away_is_parked_in_its_time(double hours)
    {
        VirtualRig rig = new();
        UpgradePlan plan = rig.Plan();
        TimeSpan? gone = null;
        VirtualProcess process = new()
        {
            At = point =>
            {
                if (point.StartsWith($"{VirtualProcess.EffectSent} S8/gw2", StringComparison.Ordinal))
                {
                    rig.Cluster.Faults.Arm(new Simulator.SimulatedFault { Fault = "power-off", Node = "gw2" });
                    rig.Machine.Set(TimeSpan.FromHours(hours));
                    gone = rig.Time.Elapsed;
                }
            },
        };

        UpgradeReport report = rig.Start(plan, process);

        Assert.Equal(UpgradeEnd.NeedsHuman, report.End);
        Assert.InRange(rig.Time.Elapsed - gone!.Value, rig.Policy.InstallTimeout, rig.Policy.InstallTimeout + rig.Policy.StepTimeout + rig.Policy.StepTimeout);
    }

    private static List<string> Points(params ReadOnlySpan<string> boundaries)
    {
        List<string> points = [];
        foreach (string boundary in boundaries)
        {
            points.AddRange(
                Undisturbed.Value.Points.Where(p => p.StartsWith(boundary, StringComparison.Ordinal) && p.Contains("/gw", StringComparison.Ordinal)));
        }

        Assert.NotEmpty(points);
        return [.. points.Distinct()];
    }

    private static void Disturbed(string at, Action<VirtualRig> disturb, TimeSpan extra = default)
    {
        VirtualRig rig = new();
        bool done = false;
        VirtualProcess process = new()
        {
            At = point =>
            {
                if (!done && point == at)
                {
                    done = true;
                    disturb(rig);
                }
            },
        };
        TimeSpan began = rig.Time.Elapsed;
        UpgradeReport report = rig.Upgrade(process);
        Assert.True(done, at);
        Check(rig, report, began, at, extra);
    }

    private static void Check(VirtualRig rig, UpgradeReport report, TimeSpan began, string at, TimeSpan extra)
    {
        Assert.True(report.End == UpgradeEnd.Completed, $"{at}: {report.End} {report.Reason}\n{rig.Story()}");
        Assert.True(
            rig.Time.Elapsed - began <= Undisturbed.Value.Took + extra + Leeway,
            $"{at}: took {rig.Time.Elapsed - began} instead of {Undisturbed.Value.Took}\n{rig.Story()}");
        Assert.All(report.Nodes, n => Assert.Equal(NodeOutcome.Upgraded, n.Outcome));
        Assert.All(report.Nodes, n => Assert.True(n.OutOfService >= TimeSpan.Zero, at));
        rig.AssertNoViolation(at);
    }
}
