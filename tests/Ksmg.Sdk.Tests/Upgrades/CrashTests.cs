using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Xunit.Abstractions;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>
/// A process that drives the run dies at every point of a run: before and after each journal append, and right after each effect
/// before its answer was read. The next process goes on, and the world is as if nothing had happened.
/// </summary>
public sealed class CrashTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_crash_at_every_point_is_survived(int nodes)
    {
        VirtualProcess whole = new();
        new VirtualRig(nodes, mailPerSecond: 0.2).Upgrade(whole);
        for (int point = 0; point < whole.Points.Count; point++)
        {
            CrashOnce(nodes, point);
        }

        output.WriteLine($"{nodes} nodes: {whole.Points.Count} runs, 0 violations");
    }

    private static void CrashOnce(int nodes, int point)
    {
        VirtualRig rig = new(nodes, mailPerSecond: 0.2);
        UpgradePlan plan = rig.Plan();
        VirtualProcess mortal = new(point);
        rig.Crash(plan, mortal, resume: false);
        string context = $"{nodes} nodes, crashed at point {point}: {mortal.DiedAt}";
        Assert.True(mortal.IsDead, context);

        UpgradeEnd end = RunStateOf(rig, plan.RunId);
        UpgradeReport report = end == UpgradeEnd.Completed
            ? rig.Time.Run(() => rig.Orchestrator().GetRun(plan.RunId).GetReportAsync(), VirtualRig.Limit)
            : rig.Resume(plan.RunId);
        Assert.True(report.End == UpgradeEnd.Completed, $"{context}: {report.Reason}\n{rig.Story(plan.RunId)}");
        Assert.All(rig.Cluster.World.Nodes, n => Assert.True(rig.Effects("install-started", n.Name).Count() == 1, $"{context}\n{rig.Story(plan.RunId)}"));
        rig.AssertNoViolation(context + "\n" + rig.Story(plan.RunId));
    }

    private static UpgradeEnd RunStateOf(VirtualRig rig, string runId) => RunState.Fold(rig.Journal.ReadAsync(runId).Result).State;
}
