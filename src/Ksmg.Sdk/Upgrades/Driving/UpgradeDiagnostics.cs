using System.Diagnostics;
using System.Diagnostics.Metrics;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk;

/// <summary>What upgrades measure.</summary>
internal static class UpgradeDiagnostics
{
    private static readonly Counter<long> StepOutcomes = Diagnostics.Meter.CreateCounter<long>("ksmg.upgrade.steps", "{step}", "Steps by outcome.");

    private static readonly Histogram<double> StepDurations =
        Diagnostics.Meter.CreateHistogram<double>("ksmg.upgrade.step.duration", "s", "Time from a step's intent until its effect was seen.");

    /// <summary>A span around the call that causes a step's effect.</summary>
    public static Activity? StartStep(UpgradePlan plan, PlannedStep step) => Diagnostics.Source.StartActivity("ksmg.upgrade.step")
        ?.SetTag("ksmg.run", plan.RunId).SetTag("ksmg.cluster", plan.Cluster).SetTag("ksmg.step", step.Id.ToString()).SetTag("ksmg.node", step.Node);

    /// <summary>Tells the span what became of the call, where that was no success; <see langword="null"/>: it was accepted.</summary>
    public static void CallEnded(Activity? activity, StepOutcome? outcome)
    {
        if (IsFault(outcome))
        {
            activity?.SetStatus(ActivityStatusCode.Error).SetTag(Diagnostics.ErrorType, outcome.ToString());
        }
    }

    /// <summary>Counts an outcome, and how long the effect took to be seen.</summary>
    public static void StepEnded(UpgradePlan plan, JournalRecord record, StepState before)
    {
        if (record.Entry is not { Kind: JournalEntryKind.Outcome, Outcome: { } outcome, Key: { } key })
        {
            return;
        }

        TagList tags = new()
        {
            { "ksmg.cluster", plan.Cluster },
            { "ksmg.node", record.Entry.Node },
            { "ksmg.step", key.Id.ToString() },
            { "ksmg.outcome", outcome.ToString() },
        };
        if (IsFault(outcome))
        {
            tags.Add(Diagnostics.ErrorType, outcome.ToString());
        }

        StepOutcomes.Add(1, tags);
        if (outcome == StepOutcome.Done && before.IsUndecided)
        {
            StepDurations.Record((record.At - before.IntentAt).TotalSeconds, tags);
        }
    }

    private static bool IsFault(StepOutcome? outcome) => outcome is StepOutcome.FailedNoEffect or StepOutcome.Unknown;
}
