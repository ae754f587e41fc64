using Ksmg.Sdk.Tests.Contract;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Processes;

/// <summary>
/// Kills by progress, never by the clock alone: some time after a new record of the journal. It strikes at most once after each kind of
/// record of a step, so that every run comes to its end.
/// </summary>
internal sealed class Killer(string runs, Random random, int mostKills = int.MaxValue, double chance = 0.4)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    /// <summary>Uploads, installations and role changes: the first intent of each is followed by a kill in any case.</summary>
    private static readonly string[] Sure = ["S6", "S7", "S8", "S11"];

    private readonly FileUpgradeJournal _journal = new(runs);
    private readonly HashSet<string> _struck = new(StringComparer.Ordinal);

    /// <summary>Steps that take so long that a kill soon after the intent hits them in the middle.</summary>
    public static IReadOnlyList<string> Long { get; } = ["S7", "S8"];

    public int Kills { get; private set; }

    /// <summary>How often a step was hit while its intent was open, or between its records.</summary>
    public Dictionary<string, int> Hits { get; } = new(StringComparer.Ordinal);

    /// <summary>Where the last kill struck.</summary>
    public string Place { get; private set; } = string.Empty;

    /// <summary>Kills the process somewhere on its way; <see langword="false"/> when it has ended by itself.</summary>
    public async Task<bool> KillAsync(string run, CliProcess driver)
    {
        using PeriodicTimer timer = new(Pause);
        long seen = (await _journal.ReadAsync(run))[^1].Sequence;
        while (!driver.HasExited && Kills < mostKills)
        {
            foreach (JournalRecord record in await _journal.ReadAsync(run, seen))
            {
                seen = record.Sequence;
                if (!Strikes(record.Entry))
                {
                    continue;
                }

                string step = Step(record.Entry.Step!);
                await Task.Delay(Long.Contains(step) ? random.Next(400) : Sure.Contains(step) ? 0 : random.Next(60));
                driver.Kill();
                if (await driver.WaitAsync() != CliProcess.Killed)
                {
                    return false;
                }

                await NotePlaceAsync(run);
                return true;
            }

            await timer.WaitForNextTickAsync();
        }

        await driver.WaitAsync();
        return false;
    }

    private bool Strikes(JournalEntry entry) =>
        entry is { Kind: JournalEntryKind.Intent or JournalEntryKind.Outcome, Step: { } step }
        && ((entry.Kind == JournalEntryKind.Intent && Sure.Contains(Step(step))) || random.NextDouble() < chance)
        && _struck.Add($"{entry.Kind} {step}");

    private async Task NotePlaceAsync(string run)
    {
        IReadOnlyList<JournalRecord> journal = await _journal.ReadAsync(run);
        JournalRecord last = journal[^1];
        string[] open = [.. RunState.Fold(journal).Undecided.Where(s => s.Value.Status == StepStatus.Open).Select(s => s.Key.ToString())];
        foreach (string place in open.Length > 0 ? open.Select(key => $"{Step(key)} open") : [$"after {Step(last.Entry.Step ?? "-/")}"])
        {
            Hits[place] = Hits.GetValueOrDefault(place) + 1;
        }

        Place =
            $"kill {++Kills}: record {last.Sequence}, {last.Entry.Kind} {last.Entry.Step} {last.Entry.Outcome}, open: {(open.Length > 0 ? string.Join(", ", open) : "nothing")}";
    }

    private static string Step(string key) => key[..key.IndexOf('/', StringComparison.Ordinal)];
}
