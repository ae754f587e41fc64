namespace Ksmg.Sdk.Upgrades;

/// <summary>What the journal of a run tells whoever explains it.</summary>
/// <param name="Position">Where the run stands.</param>
/// <param name="Holder">Who drives it.</param>
/// <param name="Commands">What people said and nobody has answered.</param>
/// <param name="Told">What its driver told of it lately; <see langword="null"/> when nobody drives it, or its driver told nothing that still holds.</param>
internal sealed record RunReading(Position Position, string? Holder, IReadOnlyList<RunCommand> Commands, UpgradeExplanation? Told)
{
    public static async Task<RunReading> ReadAsync(UpgradeJournal journal, string runId, RunClock clock, CancellationToken cancellationToken)
    {
        UpgradePlan plan = await journal.GetPlanAsync(runId, cancellationToken).ConfigureAwait(false);
        RunState run = RunState.Fold(
            (await journal.ReadAsync(runId, 0, cancellationToken).ConfigureAwait(false)).Select(r => r with { At = clock.Former(r.At) }));
        string? holder = (await journal.FindAsync(runId, cancellationToken).ConfigureAwait(false)).Holder;
        IReadOnlyList<RunCommand> commands = await journal.ReadCommandsAsync(runId, cancellationToken).ConfigureAwait(false);
        Position position = new(plan, run, clock.Wall);
        UpgradeExplanation? told = holder is not null
            && await journal.ReadPublishedAsync(runId, cancellationToken).ConfigureAwait(false) is { } json
            && ReportJson.ToDecision(json.Span) is { } published
            ? RunExplainer.Explain(published, position, holder, commands, clock.Wall)
            : null;
        return new RunReading(position, holder, commands, told);
    }
}
