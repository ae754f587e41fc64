using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Fleet;

/// <summary>How long a cluster took in the past.</summary>
/// <param name="Took">Mostly.</param>
/// <param name="Runs">In how many runs.</param>
internal sealed record PastTime(TimeSpan Took, int Runs);

/// <summary>
/// Runs a fleet through its own decider in thought: whatever decides when it is real decides here. Runs take as long as assumed, none fails,
/// and people approve at once.
/// </summary>
internal sealed class FleetScheduler
{
    private const string Thought = "-";

    private readonly FleetPlan _plan;
    private readonly IReadOnlyDictionary<string, PastTime> _past;
    private readonly FleetState _state = new();
    private readonly Dictionary<string, RunGlance> _runs = new(StringComparer.Ordinal);
    private readonly PriorityQueue<string, DateTimeOffset> _ends = new();
    private readonly Dictionary<string, FleetScheduledCluster> _clusters = new(StringComparer.Ordinal);
    private DateTimeOffset _now;
    private int _approvals;

    private FleetScheduler(FleetPlan plan, DateTimeOffset now, IReadOnlyDictionary<string, PastTime> past)
    {
        _plan = plan;
        _now = now;
        _past = past;
    }

    /// <param name="plan">The plan.</param>
    /// <param name="now">When it is started.</param>
    /// <param name="past">How long clusters took, by their names, where that is known.</param>
    public static FleetSchedule Schedule(FleetPlan plan, DateTimeOffset now, IReadOnlyDictionary<string, PastTime> past)
    {
        FleetScheduler scheduler = new(plan, now, past);
        scheduler.Run();
        FleetScheduledCluster[] clusters =
        [
            .. plan.Clusters.Select(c => scheduler._clusters.GetValueOrDefault(c.Name)
                ?? new FleetScheduledCluster(c.Name, c.Wave, null, null, scheduler.Assume(c), scheduler.RunsOf(c), scheduler._approvals)),
        ];
        return new FleetSchedule
        {
            Plan = plan,
            At = now,
            EndsAt = clusters.Any(c => c.EndsAt is null) ? null : clusters.Max(c => c.EndsAt),
            Approvals = scheduler._approvals,
            Findings = [.. Findings(plan, clusters)],
            Clusters = clusters,
        };
    }

    private static IEnumerable<Message> Findings(FleetPlan plan, FleetScheduledCluster[] clusters)
    {
        foreach (FleetWave wave in plan.Waves.Where(w => plan.Clusters.All(c => c.Wave != w.Name)))
        {
            yield return Message.Of("fleet-plan.empty-wave", wave.Name);
        }

        foreach (string label in plan.Limits.NeverTogether.Where(l => plan.Clusters.All(c => !c.Labels.ContainsKey(l))))
        {
            yield return Message.Of("fleet-plan.no-label", label);
        }

        foreach (FleetScheduledCluster cluster in clusters.Where(c => c.BeginsAt is null))
        {
            yield return Message.Of("fleet-plan.never", cluster.Name);
        }
    }

    private void Run()
    {
        Append(new JournalEntry { Kind = JournalEntryKind.RunCreated });
        while (!_state.IsEnded)
        {
            FleetDecision decision = FleetDecider.Decide(Input());
            if (decision.Entry is { } entry)
            {
                Append(entry);
                if (entry.Kind == JournalEntryKind.Intent)
                {
                    Begin(_plan.Find(entry.Node!)!);
                }
            }
            else if (!PassTime(decision.Until) && !Approve())
            {
                return;
            }
        }
    }

    private void Begin(FleetCluster cluster)
    {
        TimeSpan assumed = Assume(cluster);
        DateTimeOffset end = _now;
        for (int node = 0; node < cluster.Owner.Nodes.Count; node++)
        {
            // The rule of the run itself: a node is begun only where its time is left in a window.
            DateTimeOffset? from = cluster.Windows.Count == 0 ? end : MaintenanceHours.Next(cluster.Windows, end, cluster.NodeTime)?.From;
            end = (from ?? end) + (assumed / cluster.Owner.Nodes.Count);
        }

        _runs[cluster.Name] = new RunGlance(UpgradeEnd.Running, IsDriven: true);
        _ends.Enqueue(cluster.Name, end);
        _clusters[cluster.Name] = new FleetScheduledCluster(cluster.Name, cluster.Wave, _now, end, assumed, RunsOf(cluster), _approvals);
    }

    /// <summary>To the next end of a run, or to where something else passes by itself.</summary>
    private bool PassTime(DateTimeOffset? until)
    {
        if (_ends.TryPeek(out string? cluster, out DateTimeOffset end) && (until is null || end <= until))
        {
            _ends.Dequeue();
            _now = StepContext.Later(_now, end);
            _runs[cluster] = new RunGlance(UpgradeEnd.Completed);
            return true;
        }

        bool passes = until > _now;
        _now = passes ? until!.Value : _now;
        return passes;
    }

    /// <summary>What only people can end is ended by them, where it can be.</summary>
    private bool Approve()
    {
        FleetCommand command = new() { Id = Guid.NewGuid().ToString("N"), Kind = FleetCommandKind.Approve, By = Thought, At = _now };
        if (FleetCommands.Judge(_plan, _state, _now, command).Entry is not { } entry)
        {
            return false;
        }

        _approvals++;
        Append(entry);
        return true;
    }

    private void Append(JournalEntry entry) => _state.Apply(new JournalRecord(_state.LastSequence + 1, _now, 1, entry, Thought));

    private FleetInput Input() => new() { Plan = _plan, State = _state, Now = _now, Runs = _runs, LookedAfter = _state.LastSequence };

    private TimeSpan Assume(FleetCluster cluster) => _past.GetValueOrDefault(cluster.Name)?.Took ?? cluster.NodeTime * cluster.Owner.Nodes.Count;

    private int RunsOf(FleetCluster cluster) => _past.GetValueOrDefault(cluster.Name)?.Runs ?? 0;
}
