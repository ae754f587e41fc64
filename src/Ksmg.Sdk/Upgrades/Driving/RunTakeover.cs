namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// What a new driver does before it looks at the world: requests of its predecessor may still be on their way, but only those whose
/// intents are open. Those that their hard limit ends are waited out here. Uploads and installations have none: the decision fences them
/// before it decides anything else (<see cref="UpgradeDecider"/>), while people are heard.
/// </summary>
internal sealed class RunTakeover(
    UpgradeWorld world,
    RunClock clock,
    UpgradePlan plan,
    RunState run,
    RunLease lease,
    Func<JournalEntry, CancellationToken, Task> append,
    Action<PlannedStep, Message, DateTimeOffset> announce,
    Func<TimeSpan, CancellationToken, Task> rest)
{
    public async Task TakeOverAsync(CancellationToken cancellationToken)
    {
        List<PlannedStep> open =
            [.. plan.AllSteps().Where(s => !UploadStep.IsFenceable(plan, s) && run[s.Key] is { Status: StepStatus.Open } state && state.Epoch < lease.Epoch)];
        foreach (PlannedStep step in open)
        {
            await OutwaitAsync(step, cancellationToken).ConfigureAwait(false);
            JournalEntry outwaited = RunEntries.Outcome(step, run[step.Key].Attempt, StepOutcome.Unknown, Message.Of("takeover.outwaited", world.RequestLimit));
            await append(outwaited, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task OutwaitAsync(PlannedStep step, CancellationToken cancellationToken)
    {
        // Counted from the beginning of this driver: by whatever clock the intent was written, it is older.
        DateTimeOffset until = clock.Began + world.RequestLimit;
        TimeSpan left = until - clock.Now;
        if (left > TimeSpan.Zero)
        {
            announce(step, Message.Of("wait.outwait", world.RequestLimit), until);
            await rest(left, cancellationToken).ConfigureAwait(false);
        }
    }
}
