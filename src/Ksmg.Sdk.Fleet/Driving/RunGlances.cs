using System.Text.Json;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Fleet;

/// <summary>Looks at many runs at once, at no more than how they stand.</summary>
internal sealed class RunGlances(IRunStore store)
{
    private const string CommandEnd = ".json";
    private const string AnswerEnd = ".answer.json";

    /// <summary>Those of some runs that there are, by id, each with its last record's number.</summary>
    /// <exception cref="JournalException">The store cannot be read.</exception>
    public async Task<IReadOnlyDictionary<string, (RunGlance Run, long Sequence)>> LookAsync(
        IReadOnlyCollection<string> runs, CancellationToken cancellationToken)
    {
        Dictionary<string, (RunGlance, long)> seen = new(StringComparer.Ordinal);
        foreach (StoredRun run in await StoreCalls.ReadAsync(Words.Get("fleet.runs"), () => FindAsync(runs, cancellationToken)).ConfigureAwait(false))
        {
            seen[run.RunId] = await GlanceAsync(run, cancellationToken).ConfigureAwait(false);
        }

        return seen;
    }

    private async Task<IReadOnlyList<StoredRun>> FindAsync(IReadOnlyCollection<string> runs, CancellationToken cancellationToken)
    {
        if (store is IManyRuns many)
        {
            return await many.FindAsync(runs, cancellationToken).ConfigureAwait(false);
        }

        List<StoredRun> found = [];
        foreach (string run in runs)
        {
            if (await store.FindAsync(run, cancellationToken).ConfigureAwait(false) is { } stored)
            {
                found.Add(stored);
            }
        }

        return found;
    }

    private async Task<(RunGlance, long)> GlanceAsync(StoredRun run, CancellationToken cancellationToken)
    {
        JournalRecord last;
        JournalRecord told;
        try
        {
            last = JournalJson.ReadRecord(run.Last.Span);
            told = await ToldAsync(run.RunId, last, cancellationToken).ConfigureAwait(false);
        }
        catch (JsonException) when (run.Damage is null)
        {
            return (new RunGlance(UpgradeEnd.NeedsHuman, Message.Of("fleet.unreadable-run", run.RunId)), 0);
        }
        catch (JsonException)
        {
            return (new RunGlance(UpgradeEnd.NeedsHuman, Message.Said(run.Damage)), 0);
        }

        UpgradeEnd state = JournalRules.EndOf(told)
            ?? (told.Entry.Kind == JournalEntryKind.State ? Enum.Parse<UpgradeEnd>(told.Entry.Values![Marks.State]) : UpgradeEnd.Running);
        RunGlance glance = new(state, told.Entry.Text, run.Lease is { IsFree: false }, Sequence: told.Sequence);
        return (
            state is UpgradeEnd.Paused or UpgradeEnd.NeedsHuman && !glance.IsDriven
                ? glance with { HasCommands = await HasCommandsAsync(run.RunId, cancellationToken).ConfigureAwait(false) }
                : glance,
            last.Sequence);
    }

    /// <summary>The record that tells how a run stands: who takes it, and may give it back at once, says nothing of that.</summary>
    private async Task<JournalRecord> ToldAsync(string run, JournalRecord last, CancellationToken cancellationToken)
    {
        JournalRecord told = last;
        while (told is { Entry.Kind: JournalEntryKind.EpochStarted, Sequence: > 1 }
            && await StoreCalls.ReadAsync(run, () => store.ReadAsync(run, told.Sequence - 2, cancellationToken)).ConfigureAwait(false) is { Length: > 0 } lines)
        {
            told = JournalJson.ReadRecord(lines.Span[..lines.Span.IndexOf((byte)'\n')]);
        }

        return told;
    }

    /// <summary>Whether something lies in its inbox that has no answer.</summary>
    private async Task<bool> HasCommandsAsync(string run, CancellationToken cancellationToken)
    {
        IReadOnlyCollection<string> names = await store.ListFilesAsync(run, JournalRules.Inbox, cancellationToken).ConfigureAwait(false);
        HashSet<string> all = [.. names];
        return all.Any(name => name.EndsWith(CommandEnd, StringComparison.Ordinal) && !name.EndsWith(AnswerEnd, StringComparison.Ordinal)
            && !all.Contains(name[..^CommandEnd.Length] + AnswerEnd));
    }
}

/// <summary>A store that finds many runs by one question.</summary>
internal interface IManyRuns
{
    /// <summary>Those of some runs that there are.</summary>
    Task<IReadOnlyList<StoredRun>> FindAsync(IReadOnlyCollection<string> runs, CancellationToken cancellationToken);
}
