using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;
using Xunit.Abstractions;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>
/// A process that drives the run dies at every point of a run (see <see cref="VirtualProcess"/>). The next process goes on, and the world
/// is as if nothing had happened.
/// </summary>
[Trait("Category", "Matrix")]
public sealed class CrashTests(ITestOutputHelper output)
{
    private static readonly string[] Boundaries =
        [VirtualProcess.BeforeIntent, VirtualProcess.AfterIntent, VirtualProcess.EffectSent, VirtualProcess.AnswerRead, VirtualProcess.AfterOutcome];

    /// <summary>A human is asked only where nothing but a human can tell: of an upload that may have come whole, and would then install.</summary>
    [Theory]
    [InlineData(UploadSwitches.OurIds, 1)]
    [InlineData(UploadSwitches.OurIds, 2)]
    [InlineData(UploadSwitches.OurIds, 3)]
    [InlineData(UploadSwitches.NodeNamesUploads, 1)]
    [InlineData(UploadSwitches.NodeNamesUploads, 3)]
    [InlineData(UploadSwitches.UploadInstalls, 1)]
    [InlineData(UploadSwitches.UploadInstalls, 3)]
    [InlineData(UploadSwitches.CannotDelete, 1)]
    [InlineData(UploadSwitches.CannotDelete, 3)]
    public void A_crash_at_every_point_is_survived(string uploads, int nodes)
    {
        VirtualProcess whole = new();
        List<string> vouched = [];
        UploadSwitches.Rig(uploads, nodes, VirtualRig.FastPolicy(nodes)).Upgrade(whole);
        foreach ((int point, string at) in whole.Points.Index())
        {
            Assert.Equal(1, CrashSequence.Run(UploadSwitches.Rig(uploads, nodes, VirtualRig.FastPolicy(nodes), () => vouched.Add(at)), point));
        }

        Assert.Equal(uploads == UploadSwitches.UploadInstalls ? whole.Points.Where(MayHaveComeWhole) : [], vouched);
        Figures.Print(output, $"crashes, {nodes} nodes, {uploads}: {whole.Points.Count} runs, {vouched.Count} vouched for by a human, 0 violations");

        static bool MayHaveComeWhole(string point) => point.StartsWith($"{VirtualProcess.AfterIntent} S8/", StringComparison.Ordinal)
            || point.StartsWith($"{VirtualProcess.EffectSent} S8/", StringComparison.Ordinal) && !point.EndsWith("upload-end", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void A_crash_at_every_point_is_survived_while_starts_arrive_minutes_late(int refusals)
    {
        VirtualProcess whole = new();
        Rig().Upgrade(whole);
        for (int point = 0; point < whole.Points.Count; point++)
        {
            Assert.Equal(1, CrashSequence.Run(Rig(), point));
        }

        Figures.Print(output, $"crashes, 3 nodes, starts 4 min late, {refusals} refusals to delete an upload: {whole.Points.Count} runs, 0 violations");

        VirtualRig Rig() => LateStarts.Arm(new VirtualRig(mailPerSecond: 0.2), refusals);
    }

    /// <summary>
    /// The machine has its clock set forward or back before the next process comes, which may pause for that until somebody sets it right;
    /// or it stands still for a while.
    /// </summary>
    [Theory]
    [InlineData(3, 0)]
    [InlineData(-2, 0)]
    [InlineData(0, 30)]
    public void A_crash_at_every_point_is_survived_on_a_machine_whose_clock_is_not_to_be_trusted(int hoursSet, int minutesStopped)
    {
        VirtualProcess whole = new();
        new VirtualRig(mailPerSecond: 0.2).Upgrade(whole);
        for (int point = 0; point < whole.Points.Count; point++)
        {
            Assert.Equal(1, CrashSequence.Run(Rig(), point));
        }

        Figures.Print(output, $"crashes, 3 nodes, clock set by {hoursSet} h, stopped for {minutesStopped} min: {whole.Points.Count} runs, 0 violations");

        VirtualRig Rig()
        {
            VirtualRig? rig = null;
            return rig = new VirtualRig(mailPerSecond: 0.2)
            {
                Died = () =>
                {
                    rig!.Machine.Set(TimeSpan.FromHours(hoursSet));
                    rig.Machine.Stop(TimeSpan.FromMinutes(minutesStopped), clockRuns: false);
                },
                Human = (UpgradeEnd.Paused, _ => rig!.Machine.Set(TimeSpan.FromHours(-hoursSet))),
            };
        }
    }

    [Fact]
    public void Each_boundary_of_each_step_of_each_node_is_a_point()
    {
        VirtualProcess whole = new();
        VirtualRig rig = new();
        UpgradePlan plan = rig.Plan();
        rig.Start(plan, whole);

        List<string> effectless = ["S0", "S3", "S9", "S10", "S16", "S17"];
        Assert.All(plan.Steps, step =>
        {
            // A step without an effect is seen to be done: no intent, no effect.
            IEnumerable<string> expected = effectless.Contains(step.Id.Value) ? Boundaries.TakeLast(2) : Boundaries;
            Assert.All(expected, boundary => Assert.Contains(whole.Points, p => p.StartsWith($"{boundary} {step.Key}", StringComparison.Ordinal)));
        });
    }

    [Fact]
    public void Two_drivers_that_die_before_they_send_a_test_message_do_not_make_the_messages_lost()
    {
        VirtualProcess whole = new();
        new VirtualRig().Upgrade(whole);
        int first = whole.Points.FindIndex(p => p == $"{VirtualProcess.AfterIntent} S14/gw2/-");
        VirtualProcess second = new();
        VirtualRig rehearsal = new();
        UpgradePlan plan = rehearsal.Plan();
        rehearsal.Crash(plan, new VirtualProcess(first), resume: false);
        rehearsal.Resume(plan.RunId, second);
        int again = second.Points.FindIndex(p => p == $"{VirtualProcess.AfterIntent} S14/gw2/-");

        Assert.Equal(2, CrashSequence.Run(new VirtualRig(), first, again));
    }

    [Fact]
    public void A_crash_at_every_point_of_a_run_that_parks_a_node_is_survived()
    {
        VirtualProcess whole = new();
        Rig().Upgrade(whole);
        for (int point = 0; point < whole.Points.Count; point++)
        {
            VirtualRig rig = Rig();
            UpgradePlan plan = rig.Plan();
            VirtualProcess mortal = new(point);
            rig.Crash(plan, mortal, resume: false);
            for (int resumes = 0; resumes < 4 && rig.StateOf(plan.RunId) is UpgradeEnd.Running or UpgradeEnd.NeedsHuman; resumes++)
            {
                rig.Resume(plan.RunId);
            }

            string context = $"crashed at point {point}: {mortal.DiedAt}\n{rig.Story(plan.RunId)}";
            Assert.True(rig.StateOf(plan.RunId) == UpgradeEnd.Completed, context);
            Assert.True(rig.Effects("install-started", "gw2").Count() == 2, context);
            rig.AssertNoViolation(context);
        }

        Figures.Print(output, $"crashes, 3 nodes, one parked on the way: {whole.Points.Count} runs, 0 violations");

        static VirtualRig Rig()
        {
            VirtualRig rig = new(mailPerSecond: 0.2);
            rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "install-old-build", Node = "gw2" });
            return rig;
        }
    }
}
