using System.Text.Json;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Fleet;

/// <summary>Looks at many runs at once, at no more than how they stand.</summary>
internal sealed class RunGlances(IRunStore store, TimeProvider time)
{
    private const string CommandEnd = ".json";
    private const string AnswerEnd = ".answer.json";

    private readonly IRunStoreChanges _changes = store as IRunStoreChanges ?? PolledRuns.Of(store, time);

    /// <inheritdoc cref="IRunStoreChanges.WaitForAnyChangeAsync"/>
    public Task<RunVersions> WaitForAnyChangeAsync(RunVersions? seen, TimeSpan atMost, CancellationToken cancellationToken) =>
        StoreCalls.ReadAsync(Words.Get("fleet.runs"), () => _changes.WaitForAnyChangeAsync(seen, atMost, cancellationToken));

    /// <summary>Those of some runs that there are, by id.</summary>
    /// <exception cref="JournalException">The store cannot be read.</exception>
    public Task<IReadOnlyDictionary<string, RunGlance>> LookAsync(IReadOnlyCollection<string> runs, CancellationToken cancellationToken) =>
        StoreCalls.ReadAsync(Words.Get("fleet.runs"), () => LookAtAsync(runs, cancellationToken));

    private async Task<IReadOnlyDictionary<string, RunGlance>> LookAtAsync(IReadOnlyCollection<string> runs, CancellationToken cancellationToken)
    {
        Dictionary<string, RunGlance> seen = new(StringComparer.Ordinal);
        foreach (StoredRun run in await FindAsync(runs, cancellationToken).ConfigureAwait(false))
        {
            seen[run.RunId] = await GlanceAsync(run, cancellationToken).ConfigureAwait(false);
        }

        // Asked after the look: what is said between the two is seen at the next one.
        string[] standing = [.. seen.Where(s => s.Value.Stands).Select(s => s.Key)];
        foreach (string told in standing.Length == 0 ? [] : await ToldAsync(standing, cancellationToken).ConfigureAwait(false))
        {
            seen[told] = seen[told] with { HasCommands = true };
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

    private async Task<RunGlance> GlanceAsync(StoredRun run, CancellationToken cancellationToken)
    {
        try
        {
            if (run.Damage is null)
            {
                JournalRecord last = JournalJson.ReadRecord(run.Last.Span);
                JournalRecord told = await FindTellingAsync(run.RunId, last, cancellationToken).ConfigureAwait(false);
                UpgradeEnd state = JournalRules.EndOf(told)
                    ?? (told.Entry.Kind == JournalEntryKind.State ? Enum.Parse<UpgradeEnd>(told.Entry.Values![Marks.State]) : UpgradeEnd.Running);
                return new RunGlance(state, told.Entry.Text, run.Lease is { IsFree: false }, Sequence: told.Sequence)
                {
                    Last = last.Sequence,
                    Holder = run.Lease is { IsFree: false } lease ? LeaseTaking.Describe(lease) : null,
                };
            }
        }
        catch (JsonException)
        {
            // It is told as what cannot be read, below.
        }

        return new RunGlance(UpgradeEnd.NeedsHuman, Message.Of("fleet.unreadable-run", run.RunId, run.Damage));
    }

    /// <summary>
    /// The record that tells how a run stands. Who takes it, and may give it back at once, says nothing of that; and what becomes of a node is
    /// written after the halt that it brings.
    /// </summary>
    private async Task<JournalRecord> FindTellingAsync(string run, JournalRecord last, CancellationToken cancellationToken)
    {
        JournalRecord told = last;
        while (told.Sequence > 1 && IsSilent(told.Entry)
            && await store.ReadAsync(run, told.Sequence - 2, cancellationToken).ConfigureAwait(false) is { Length: > 0 } lines)
        {
            told = JournalJson.ReadRecord(lines.Span[..lines.Span.IndexOf((byte)'\n')]);
        }

        return told;
    }

    private static bool IsSilent(JournalEntry entry) =>
        entry.Kind == JournalEntryKind.EpochStarted || entry.Step?.StartsWith(Marks.NodePrefix, StringComparison.Ordinal) == true;

    /// <summary>Those in whose inbox something lies that has no answer.</summary>
    private async Task<IReadOnlyCollection<string>> ToldAsync(IReadOnlyCollection<string> runs, CancellationToken cancellationToken)
    {
        if (store is IManyRuns many)
        {
            return await many.FindToldAsync(runs, cancellationToken).ConfigureAwait(false);
        }

        List<string> told = [];
        foreach (string run in runs)
        {
            HashSet<string> names = [.. await store.ListFilesAsync(run, JournalRules.Inbox, cancellationToken).ConfigureAwait(false)];
            if (names.Any(name => name.EndsWith(CommandEnd, StringComparison.Ordinal) && !name.EndsWith(AnswerEnd, StringComparison.Ordinal)
                && !names.Contains(name[..^CommandEnd.Length] + AnswerEnd)))
            {
                told.Add(run);
            }
        }

        return told;
    }
}
