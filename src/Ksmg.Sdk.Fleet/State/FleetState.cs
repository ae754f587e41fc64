using System.Globalization;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Fleet;

/// <summary>Everything a fleet knows of itself: a pure fold over its journal.</summary>
internal sealed class FleetState
{
    private readonly Dictionary<string, ClusterState> _clusters = new(StringComparer.Ordinal);
    private readonly HashSet<(string Wave, FleetApproval At)> _approved = [];
    private readonly HashSet<string> _heard = new(StringComparer.Ordinal);

    public long LastSequence { get; private set; }

    /// <summary>How the fleet stands.</summary>
    public UpgradeEnd State { get; private set; } = UpgradeEnd.Running;

    public Message? Reason { get; private set; }

    public DateTimeOffset BeganAt { get; private set; }

    /// <summary>When something was last written.</summary>
    public DateTimeOffset LastAt { get; private set; }

    /// <summary>People want nothing more to be begun.</summary>
    public Message? PauseWanted { get; private set; }

    public bool IsEnded => State is not (UpgradeEnd.Running or UpgradeEnd.Paused or UpgradeEnd.NeedsHuman);

    public ClusterState this[string cluster] => _clusters.GetValueOrDefault(cluster, ClusterState.New);

    /// <summary>The clusters that something is known of.</summary>
    public IReadOnlyDictionary<string, ClusterState> Clusters => _clusters;

    public static FleetState Fold(IEnumerable<JournalRecord> records)
    {
        FleetState state = new();
        foreach (JournalRecord record in records)
        {
            state.Apply(record);
        }

        return state;
    }

    public bool IsApproved(string wave, FleetApproval at) => _approved.Contains((wave, at));

    /// <summary>Whether a command, by its id, was taken: its answer may have got lost in a crash.</summary>
    public bool HasHeard(string command) => _heard.Contains(command);

    public void Apply(JournalRecord record)
    {
        JournalEntry entry = record.Entry;
        LastSequence = record.Sequence;
        LastAt = record.At;
        switch (entry.Kind)
        {
            case JournalEntryKind.RunCreated:
                BeganAt = record.At;
                break;
            case JournalEntryKind.Intent or JournalEntryKind.Outcome when entry.Node is { } cluster:
                _clusters[cluster] = Moved(this[cluster], record);
                (State, Reason) = (UpgradeEnd.Running, null);
                break;
            case JournalEntryKind.Command:
                Hear(entry);
                (State, Reason) = (UpgradeEnd.Running, null);
                break;
            case JournalEntryKind.State or JournalEntryKind.RunEnded:
                string key = entry.Kind == JournalEntryKind.State ? Marks.State : FleetEntries.End;
                State = Enum.Parse<UpgradeEnd>(entry.Values![key]);
                Reason = entry.Text;
                break;
        }
    }

    private static ClusterState Moved(ClusterState cluster, JournalRecord record)
    {
        JournalEntry entry = record.Entry;
        ClusterState moved = cluster with
        {
            Phase = Enum.Parse<ClusterPhase>(entry.Values![FleetEntries.Act]),
            End = entry.Values.TryGetValue(FleetEntries.End, out string? end) ? Enum.Parse<UpgradeEnd>(end) : null,
            Reason = entry.Text,
            Since = record.At,
            Sequence = record.Sequence,
        };
        return entry.Kind != JournalEntryKind.Intent
            ? moved
            : moved with
            {
                Attempt = entry.Attempt!.Value,
                RunId = entry.Values[FleetEntries.Run],
                BeganAt = entry.Attempt == cluster.Attempt ? cluster.BeganAt : record.At,
                Seen = entry.Values.TryGetValue(FleetEntries.Seen, out string? seen) ? long.Parse(seen, CultureInfo.InvariantCulture) : null,
                IsWanted = false,
                IsAccepted = false,
                Report = null,
            };
    }

    private void Hear(JournalEntry entry)
    {
        _heard.Add(entry.Values![FleetEntries.CommandId]);
        foreach (string failed in entry.Values.GetValueOrDefault(FleetEntries.Accepted)?.Split(FleetEntries.Between) ?? [])
        {
            _clusters[failed] = this[failed] with { IsAccepted = true };
        }

        FleetCommandKind kind = Enum.Parse<FleetCommandKind>(entry.Values[FleetEntries.Command]);
        if (entry.Node is { } cluster)
        {
            _clusters[cluster] = Told(this[cluster], kind, entry);
        }
        else if (kind == FleetCommandKind.Pause)
        {
            PauseWanted = entry.Text;
        }
        else if (kind == FleetCommandKind.Approve)
        {
            PauseWanted = null;
            if (entry.Values.GetValueOrDefault(FleetEntries.Wave)?.Split('/', 2) is [var at, var wave])
            {
                _approved.Add((wave, Enum.Parse<FleetApproval>(at)));
            }
        }
    }

    private static ClusterState Told(ClusterState cluster, FleetCommandKind kind, JournalEntry entry) => kind switch
    {
        FleetCommandKind.Hold => cluster with { IsHeld = true, IsWanted = false },
        FleetCommandKind.Release => cluster with { IsHeld = false, IsOut = false },
        FleetCommandKind.LeaveOut => cluster with { IsOut = true, IsWanted = false },
        FleetCommandKind.Approve => cluster with { IsWanted = true, IsAccepted = true },
        FleetCommandKind.Report => cluster with { Report = new ClusterReport(Enum.Parse<UpgradeEnd>(entry.Values![FleetEntries.End]), entry.Text!) },
        _ => cluster,
    };
}
