using System.Text.Json;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>How long a plan will take, by the runs that were.</summary>
public sealed class UpgradeEstimateTests
{
    [Fact]
    public void A_run_like_those_before_takes_what_was_estimated()
    {
        (UpgradePlan, UpgradeReport)[] past = [Completed(), Completed(), Completed(pausing: true)];
        VirtualRig rig = new();
        UpgradePlan plan = rig.Plan();
        UpgradeEstimate estimate = UpgradeEstimator.Estimate(plan, past);

        Assert.Equal((0, 3, plan.Nodes.Count), (estimate.UnknownSteps, estimate.Runs.Count, estimate.Nodes.Count));
        UpgradeReport report = rig.Start(plan);
        Assert.InRange(report.LastAt - report.StartedAt, estimate.Took.Shortest, estimate.Took.Longest);
        Assert.All(estimate.Nodes, n => Assert.True(n.Took.Shortest < n.Took.Usual && n.Took.Usual < n.Took.Longest));
        Assert.All(estimate.Nodes, n => Assert.InRange(report.Nodes.Single(r => r.Name == n.Node).OutOfService!.Value, TimeSpan.Zero, n.Took.Longest));

        // A night at the gate is no part of what the machines take.
        Assert.InRange(estimate.Took.Longest, TimeSpan.Zero, 2 * (report.LastAt - report.StartedAt));
        string text = estimate.ToText();
        Assert.StartsWith("How long it will take, by 3 earlier runs of this cluster\n  The run: ", text, StringComparison.Ordinal);
        Assert.Matches(@"\n  gw2: .* to .*, usually .*\n", text);
        JsonElement json = JsonDocument.Parse(estimate.ToJson()).RootElement;
        Assert.Equal(estimate.Took.Usual.ToString("c"), json.GetProperty("took").GetProperty("usual").GetString());
    }

    [Fact]
    public void An_upload_is_estimated_by_its_size_and_what_no_run_had_is_called_so()
    {
        (UpgradePlan plan, UpgradeReport report) = Completed();
        UpgradePlan larger = plan with { Packages = [plan.Packages[0] with { SizeBytes = plan.Packages[0].SizeBytes * 10 }] };
        DurationRange Upload(UpgradePlan of) => UpgradeEstimator.Estimate(of, [(plan, report)]).Steps.First(s => s.Id == StepId.Upload).Took!;
        Assert.Equal((Upload(plan).Usual * 10).TotalSeconds, Upload(larger).Usual.TotalSeconds, 0.001);

        UpgradeEstimate without = UpgradeEstimator.Estimate(plan, [(plan, report with { Nodes = [] })]);
        Assert.Equal(plan.Steps.Count(s => s.Node is not null && s.Id != StepId.Gate), without.UnknownSteps);
        Assert.Contains("  gw2: at least ", without.ToText(), StringComparison.Ordinal);
        Assert.Matches("S8   install the update +no run of this cluster to go by", without.ToText());
        Assert.Equal(plan.Policy.Soak, without.Steps.First(s => s.Id == StepId.Gate).Took!.Usual);
    }

    [Fact]
    public async Task Only_completed_runs_of_the_cluster_count()
    {
        VirtualRig rig = new();
        string run = rig.Upgrade().RunId;
        UpgradePlan plan = await rig.Journal.GetPlanAsync(run);
        await using (RunLease lease = await rig.Journal.CreateAsync(JournalSamples.Plan("run-9", "another")))
        {
            await rig.Journal.AppendAsync(lease, JournalSamples.Ended());
        }

        Assert.Equal([run], (await rig.Orchestrator().EstimateAsync(plan)).Runs);
        Assert.Empty((await new VirtualRig().Orchestrator().EstimateAsync(plan)).Runs);
    }

    [Theory]
    [InlineData("10", "7.5 10 15")]
    [InlineData("10 20", "7.5 15 30")]
    [InlineData("30 10 20", "10 20 30")]
    [InlineData("10 10 10", "7.5 10 15")]
    public void A_few_times_make_a_wide_range(string seconds, string range)
    {
        DurationRange took = DurationRange.Of(seconds.Split(' ').Select(s => TimeSpan.FromSeconds(int.Parse(s))));
        Assert.Equal(range, FormattableString.Invariant($"{took.Shortest.TotalSeconds} {took.Usual.TotalSeconds} {took.Longest.TotalSeconds}"));
    }

    private static (UpgradePlan Plan, UpgradeReport Report) Completed(bool pausing = false)
    {
        VirtualRig rig = new(policy: VirtualRig.FastPolicy(3) with { PauseAfter = pausing ? PausePoint.First : PausePoint.None });
        UpgradePlan plan = rig.Plan();
        UpgradeReport report = rig.Start(plan);
        if (pausing)
        {
            rig.Time.Advance(TimeSpan.FromHours(9));
            rig.Tell(plan.RunId, r => r.ApproveAsync("ann", plan.Hash));
            report = rig.Resume(plan.RunId);
        }

        Assert.Equal(UpgradeEnd.Completed, report.End);
        return (plan, report);
    }
}
