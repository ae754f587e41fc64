using System.Globalization;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;
using Xunit.Abstractions;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>
/// A run takes no longer than what it waits for: virtual time is exact, so this holds on any machine. The unavoidable of a node is
/// the look whether the drain holds + max(drain + snapshot, upload, saved configuration) + installation + restart + the reads that must lie apart +
/// the test message + the
/// watch afterwards.
/// </summary>
public sealed class CriticalPathTests(ITestOutputHelper output)
{
    private const double Limit = 1.03;

    private static readonly SimulatedClusterOptions World = new();

    /// <summary>What an upload takes on the direct port.</summary>
    private static readonly TimeSpan Upload = TimeSpan.FromSeconds(3);

    public static TheoryData<string, int> Topologies { get; } = new()
    {
        { "one node", 1 },
        { "two nodes", 2 },
        { "three nodes", 3 },
        { "eight nodes", 8 },
        { "three nodes, no load balancer", 3 },
        { "three nodes, demoted when promoted", 3 },
    };

    [Theory]
    [MemberData(nameof(Topologies))]
    public void A_run_takes_what_it_waits_for(string topology, int nodes)
    {
        UpgradePolicy policy = VirtualRig.FastPolicy(nodes) with { PollInterval = TimeSpan.FromMilliseconds(250), SlowPollInterval = TimeSpan.FromSeconds(1) };
        bool balanced = !topology.Contains("no load balancer", StringComparison.Ordinal);
        policy = !balanced ? policy with { Accept = [UpgradeConsents.NoLoadBalancer] }
            : topology.Contains("promoted", StringComparison.Ordinal) ? policy with
            {
                DemoteFormerControl = DemoteFormerControl.WhenPromoted,
                Accept = [UpgradeConsents.DemoteWhenPromoted],
            }
            : policy;
        VirtualRig rig = new(nodes, policy, mailPerSecond: 50) { WithoutLoadBalancer = !balanced };
        UpgradePlan plan = rig.Plan();
        UpgradeReport report = rig.Start(plan);
        Assert.True(report.End == UpgradeEnd.Completed, report.Reason);

        RunState run = RunState.Fold(rig.Records(plan.RunId));
        TimeSpan took = report.LastAt - report.StartedAt;
        TimeSpan unavoidable = World.SnapshotTime + plan.Nodes
            .Select(n => Unavoidable(run, n.Name, policy))
            .Aggregate((a, b) => a + b) + (balanced ? policy.StabilityInterval * nodes : TimeSpan.Zero);
        double ratio = took / unavoidable;
        output.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture, $"{topology}: {took.TotalSeconds:0.0} s, unavoidable {unavoidable.TotalSeconds:0.0} s, ratio {ratio:0.000}"));
        foreach ((PlannedStep step, TimeSpan time) in CriticalPath(plan, run))
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {step.Key,-12} {step.Name,-22} {time.TotalSeconds,6:0.00} s"));
        }

        Assert.True(ratio <= Limit, $"{topology}: {ratio:0.000} times the unavoidable {unavoidable}.");
    }

    private static TimeSpan Unavoidable(RunState run, string node, UpgradePolicy policy)
    {
        StepState Of(StepId id, int? package = null) => run[new StepKey(id, node, package)];
        TimeSpan drain = Of(StepId.Drain).OutcomeAt - Of(StepId.ReceiveOff).OutcomeAt;
        TimeSpan message = Of(StepId.TestMessage).OutcomeAt - Of(StepId.TestMessage).IntentAt;
        TimeSpan first = drain + World.SnapshotTime > Upload ? drain + World.SnapshotTime : Upload;
        return first + World.InstallTime + World.RestartTime + policy.StabilityInterval + message + policy.Soak;
    }

    /// <summary>From the last step back: each time the step before that was over last.</summary>
    private static List<(PlannedStep Step, TimeSpan Time)> CriticalPath(UpgradePlan plan, RunState run)
    {
        Dictionary<StepKey, PlannedStep> steps = plan.Steps.ToDictionary(s => s.Key);
        List<(PlannedStep, TimeSpan)> path = [];
        for (PlannedStep? step = plan.Steps[^1]; step is not null;)
        {
            PlannedStep? before = step.After.Select(k => steps[k]).MaxBy(s => run[s.Key].OutcomeAt);
            path.Add((step, run[step.Key].OutcomeAt - (before is null ? plan.CreatedAt : run[before.Key].OutcomeAt)));
            step = before;
        }

        path.Reverse();
        return path;
    }
}
