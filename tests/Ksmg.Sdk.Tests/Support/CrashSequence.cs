using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>A run whose drivers die one after the other; the one after them finishes it.</summary>
internal static class CrashSequence
{
    /// <summary>The first driver dies at the first point, the one that resumes at the second, and so on.</summary>
    /// <returns>How many died: a driver that finishes before it gets to its point ends the sequence.</returns>
    public static int Run(VirtualRig rig, params ReadOnlySpan<int> points) => Run(rig, everyPart: true, points);

    /// <inheritdoc cref="Run(VirtualRig, ReadOnlySpan{int})"/>
    public static int Run(VirtualRig rig, bool everyPart, params ReadOnlySpan<int> points)
    {
        UpgradePlan plan = rig.Plan();
        List<string> deaths = [];
        foreach (int point in points)
        {
            VirtualProcess mortal = new(point, everyPart);
            rig.Crash(plan, mortal, resume: deaths.Count > 0);
            if (!mortal.IsDead)
            {
                break;
            }

            deaths.Add($"{point}: {mortal.DiedAt}");
            if (RunState.Fold(rig.Journal.ReadAsync(plan.RunId).Result).IsEnded)
            {
                break;
            }
        }

        string Context() =>
            $"{rig.Cluster.World.Nodes.Count} nodes, {(rig.PackageFile is null ? "direct" : "typed clients")}, died at {string.Join(" and at ", deaths)}\n{rig.Story(plan.RunId)}";

        RunState run = RunState.Fold(rig.Journal.ReadAsync(plan.RunId).Result);
        UpgradeEnd end = run.IsEnded ? run.State : rig.Resume(plan.RunId).End;
        if (rig.Human is { } human && end == human.When)
        {
            human.Act(plan.RunId);
            end = rig.Resume(plan.RunId).End;
        }

        if (end != UpgradeEnd.Completed)
        {
            Assert.Fail($"{end}\n{Context()}");
        }

        foreach (SimulatedNode node in rig.Cluster.World.Nodes)
        {
            if (rig.Effects("install-started", node.Name).Count() != 1)
            {
                Assert.Fail($"{node.Name} was installed {rig.Effects("install-started", node.Name).Count()} times\n{Context()}");
            }
        }

        if (rig.Cluster.GetViolations(atEnd: true, completed: true) is { Count: > 0 } violations)
        {
            Assert.Fail($"{string.Join('\n', violations)}\n{Context()}");
        }

        return deaths.Count;
    }
}
