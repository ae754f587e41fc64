namespace Ksmg.Sdk.Upgrades;

/// <summary>Estimates how long a plan will take by what runs of the same cluster took. Pure.</summary>
internal static class UpgradeEstimator
{
    /// <param name="plan">The plan.</param>
    /// <param name="past">Completed runs of the cluster, the oldest first.</param>
    public static UpgradeEstimate Estimate(UpgradePlan plan, IReadOnlyList<(UpgradePlan Plan, UpgradeReport Report)> past)
    {
        ILookup<(StepId, int?), Func<PlannedStep, TimeSpan>> samples = past
            .SelectMany(run => Samples(plan, run.Plan, run.Report))
            .ToLookup(sample => sample.Step, sample => sample.Took);
        StepEstimate[] steps = [.. plan.Steps.Select(step => Step(plan, step, samples))];
        Dictionary<StepKey, DurationRange> ends = [];
        foreach ((PlannedStep step, StepEstimate estimate) in plan.Steps.Zip(steps))
        {
            ends[step.Key] = Begin(step, ends).Plus(estimate.Took ?? DurationRange.Nothing);
        }

        return new UpgradeEstimate
        {
            Runs = [.. past.Select(run => run.Report.RunId)],
            Took = ends.Values.Aggregate(DurationRange.Nothing, DurationRange.Later),
            Nodes = [.. plan.Nodes.Where(n => plan.StepsOf(n.Name).Any(IsOfItsTurn)).Select(n => Node(plan, n.Name, steps, ends))],
            Steps = steps,
        };
    }

    private static StepEstimate Step(UpgradePlan plan, PlannedStep step, ILookup<(StepId, int?), Func<PlannedStep, TimeSpan>> samples)
    {
        TimeSpan[] measured = [.. samples[(step.Id, step.Package)].Select(took => took(step))];
        StepEstimate estimate = new() { Id = step.Id, Node = step.Node, Package = step.Package, Samples = measured.Length };
        if (step.Id == StepId.Gate)
        {
            TimeSpan soak = plan.Policy.Soak;
            return estimate with { Took = new DurationRange(soak, soak, soak), Samples = 0 };
        }

        return measured.Length == 0 ? estimate : estimate with { Took = DurationRange.Of(measured) };
    }

    /// <summary>What a run took for each step, without what it stood still meanwhile; an upload by its size.</summary>
    private static IEnumerable<((StepId, int?) Step, Func<PlannedStep, TimeSpan> Took)> Samples(UpgradePlan plan, UpgradePlan before, UpgradeReport report)
    {
        foreach (StepReport step in report.Steps.Concat(report.Nodes.SelectMany(n => n.Steps)).Where(s => s.Outcome == StepOutcome.Done && s.Took is not null))
        {
            TimeSpan took = step.Took!.Value - StoodStill(report, step);
            long size = step.Id == StepId.Upload && step.Package is { } package ? before.Packages[package].SizeBytes : 0;
            yield return ((step.Id, step.Package), next => size > 0 ? took * ((double)plan.Packages[next.Package!.Value].SizeBytes / size) : took);
        }
    }

    private static TimeSpan StoodStill(UpgradeReport report, StepReport step)
    {
        TimeSpan total = TimeSpan.Zero;
        foreach (ReportPeriod still in report.Standstills)
        {
            DateTimeOffset from = StepContext.Later(still.From, step.Since!.Value);
            DateTimeOffset until = still.Until < step.FinishedAt ? still.Until.Value : step.FinishedAt!.Value;
            total += until > from ? until - from : TimeSpan.Zero;
        }

        return total;
    }

    /// <summary>When the turn of a step comes, counted from the start of the run.</summary>
    private static DurationRange Begin(PlannedStep step, Dictionary<StepKey, DurationRange> ends) =>
        step.After.Select(k => ends.GetValueOrDefault(k, DurationRange.Nothing)).Aggregate(DurationRange.Nothing, DurationRange.Later);

    /// <summary>Snapshots and uploads before the first node is touched, and a Control node that gives up its role early, are not the turn of a node.</summary>
    private static bool IsOfItsTurn(PlannedStep step) => !step.Id.IsIn(StepGroup.Before);

    private static NodeEstimate Node(UpgradePlan plan, string node, StepEstimate[] steps, Dictionary<StepKey, DurationRange> ends)
    {
        PlannedStep[] own = [.. plan.StepsOf(node).Where(IsOfItsTurn)];
        PlannedStep first = own.FirstOrDefault(s => s.Id.IsIn(StepGroup.OutOfWork)) ?? own[0];
        DurationRange begin = Begin(first, ends);
        DurationRange end = own.Select(s => ends[s.Key]).Aggregate(DurationRange.Nothing, DurationRange.Later);
        return new NodeEstimate(
            node,
            new DurationRange(end.Shortest - begin.Shortest, end.Usual - begin.Usual, end.Longest - begin.Longest),
            steps.Count(s => s.Node == node && s.Took is null));
    }
}
