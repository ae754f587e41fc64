using System.Text;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Support.Exploration;

/// <summary>
/// Journals as what they fold to. All records carry the same time, since time is abstract: a decision is made early (nothing is over),
/// in time (what was sent has arrived or never will) or late (every deadline is over). Journals that fold to the same are the same.
/// </summary>
internal sealed class SmallJournal
{
    public static readonly DateTimeOffset Start = new(2026, 1, 5, 8, 0, 0, TimeSpan.Zero);

    private readonly UpgradePlan _plan;
    private readonly List<(StepKey Key, StepKey? Verified)> _keys;
    private readonly Interner<(RunState Run, List<JournalRecord> Records)> _runs;
    private readonly Dictionary<(int Run, string Entry), int> _appended = [];

    public SmallJournal(UpgradePlan plan)
    {
        _plan = plan;
        _keys = [.. plan.Steps.Select(s => (s.Key, s.Id.Value is "S7" or "S8" ? new StepKey(StepId.VerifyBuild, s.Node, s.Package) : (StepKey?)null))];
        _runs = new Interner<(RunState Run, List<JournalRecord> Records)>(r => KeyOf(r.Run));
    }

    public RunState this[int run] => _runs[run].Run;

    public int Count => _runs.Count;

    public int Begin(IEnumerable<JournalEntry> entries) => Intern([.. entries.Select((e, i) => Record(i + 1, e, epoch: 1))]);

    public int Append(int run, JournalEntry entry)
    {
        string key = KeyOf(entry);
        if (!_appended.TryGetValue((run, key), out int next))
        {
            List<JournalRecord> records = _runs[run].Records;
            long epoch = records[^1].Epoch + (entry.Kind == JournalEntryKind.EpochStarted ? 1 : 0);
            next = Intern([.. records, Record(records.Count + 1, entry, epoch)]);
            _appended.Add((run, key), next);
        }

        return next;
    }

    public static string KeyOf(JournalEntry entry) =>
        $"{entry.Kind} {entry.Step} {entry.Outcome} {entry.Attempt} {(entry.Values is null ? null : string.Join(',', entry.Values))}";

    private int Intern(List<JournalRecord> records) => _runs.Add((RunState.Fold(records), records));

    private static JournalRecord Record(long sequence, JournalEntry entry, long epoch) => new(sequence, Start, epoch, entry, string.Empty);

    /// <summary>Everything that a later decision can depend on.</summary>
    private string KeyOf(RunState run)
    {
        StringBuilder key = new();
        key.Append(run.State).Append(run.PauseWanted);
        foreach ((StepKey step, StepKey? verified) in _keys)
        {
            // Only the ids of uploads are made of the number of an attempt, and nobody asks for one once the node is verified.
            StepState state = run[step];
            bool numbered = verified is { } last && !run[last].IsSettled;
            key
                .Append('|')
                .Append((int)state.Status)
                .Append(',')
                .Append(numbered ? state.Attempt : Math.Min(state.Attempt, 1))
                .Append(',')
                .Append(state.Failures);
            if (numbered || state.IsUndecided || step.Id == StepId.HandOver)
            {
                key.AppendJoin(',', state.Values).Append(state.ToldId);
            }

            if (verified is not null && state.IsUndecided)
            {
                key
                    .Append(state.IsFenced ? 'f' : '-')
                    .Append(state.IsOutwaited ? 'w' : '-')
                    .Append(state.HasArrived ? 'a' : '-')
                    .Append(state.Epoch < run.Epoch ? 'o' : '-');
            }
        }

        foreach (PlannedNode node in _plan.Nodes)
        {
            NodeStanding state = run.Node(node.Name);
            key.Append('|').Append((int)state.Goal).Append(',').Append(state.Mark);
        }

        return key.ToString();
    }
}
