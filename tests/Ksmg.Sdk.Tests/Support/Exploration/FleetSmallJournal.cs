using System.Globalization;
using System.Text;
using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Support.Exploration;

/// <summary>Journals of a fleet, each as what it folds to: two that no later decision tells apart are one.</summary>
internal sealed class FleetSmallJournal
{
    private readonly FleetPlan _plan;
    private readonly string[] _labels;
    private readonly Interner<(FleetState State, List<JournalRecord> Records)> _journals;
    private readonly Dictionary<(int Journal, int Clock, string Entry), int> _appended = [];

    public FleetSmallJournal(FleetPlan plan)
    {
        _plan = plan;
        _labels = [.. plan.Waves.Select(w => w.Name)];
        _journals = new Interner<(FleetState State, List<JournalRecord> Records)>(j => KeyOf(j.State));
        Intern([Record(1, 0, new JournalEntry { Kind = JournalEntryKind.RunCreated })]);
    }

    public FleetState this[int journal] => _journals[journal].State;

    public int Count => _journals.Count;

    public static DateTimeOffset At(int clock) => FleetBook.Start.AddHours(clock);

    public IReadOnlyList<JournalRecord> Records(int journal) => _journals[journal].Records;

    public int Append(int journal, int clock, JournalEntry entry)
    {
        string key = $"{entry.Kind} {entry.Node} {entry.Attempt} {entry.Text?.English} {(entry.Values is null ? null : string.Join(',', entry.Values))}";
        if (!_appended.TryGetValue((journal, clock, key), out int next))
        {
            List<JournalRecord> records = _journals[journal].Records;
            next = Intern([.. records, Record(records.Count + 1, clock, entry)]);
            _appended.Add((journal, clock, key), next);
        }

        return next;
    }

    private static JournalRecord Record(long sequence, int clock, JournalEntry entry) => new(sequence, At(clock), 1, entry, string.Empty);

    private int Intern(List<JournalRecord> records) => _journals.Add((FleetState.Fold(records), records));

    /// <summary>Everything that a later decision can depend on. Of the numbers of records the order is enough, of times those of waves.</summary>
    private string KeyOf(FleetState state)
    {
        StringBuilder key = new();
        key.Append(state.State).Append(state.State == UpgradeEnd.Running ? null : state.Reason?.English).Append(state.PauseWanted is not null);
        foreach (string wave in _labels)
        {
            key.Append(state.IsApproved(wave, FleetApproval.Before)).Append(state.IsApproved(wave, FleetApproval.After));
        }

        foreach (WaveStanding wave in WaveStanding.Of(_plan, state))
        {
            key.Append(CultureInfo.InvariantCulture, $"{wave.LastAt:MMddHH}");
        }

        foreach (FleetCluster cluster in _plan.Clusters)
        {
            ClusterState c = state[cluster.Name];
            int rank = _plan.Clusters.Count(o => state[o.Name].Sequence < c.Sequence);
            key.Append(
                CultureInfo.InvariantCulture,
                $"|{c.Phase},{c.Attempt},{c.End},{c.IsHeld},{c.IsOut},{c.IsWanted},{c.IsAccepted},{c.Report?.End},{c.Seen},{rank}");
        }

        return key.ToString();
    }
}
