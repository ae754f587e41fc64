using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Support.Exploration;

/// <summary>A plan with the journal of its fleet, written by hand: what is decided about it, and what becomes of it.</summary>
internal sealed class FleetBook
{
    public static readonly DateTimeOffset Start = new(2026, 1, 5, 8, 0, 0, TimeSpan.Zero);

    private readonly List<JournalRecord> _records = [];
    private readonly Dictionary<string, RunGlance> _runs = new(StringComparer.Ordinal);
    private int _said;

    public FleetBook(FleetPlan plan)
    {
        Plan = plan;
        Append(new JournalEntry { Kind = JournalEntryKind.RunCreated });
    }

    public FleetPlan Plan { get; }

    public DateTimeOffset Now { get; set; } = Start;

    /// <summary>The last record that the runs were looked at after; none: they are looked at now.</summary>
    public long? LookedAfter { get; set; }

    public FleetState State => FleetState.Fold(_records);

    /// <summary>What was written last, in words.</summary>
    public string? Last => _records[^1].Entry.Text?.English;

    /// <summary>What was answered last.</summary>
    public Message? Answer { get; private set; }

    public FleetInput Input => new() { Plan = Plan, State = State, Now = Now, Runs = _runs, LookedAfter = LookedAfter ?? State.LastSequence };

    /// <summary>A plan of clusters as <c>wave/cluster</c>.</summary>
    public static FleetPlan PlanOf(
        FleetLimits limits, string[] clusters, Func<FleetCluster, FleetCluster>? shape = null, params FleetWave[] waves)
    {
        FleetCluster[] all =
        [
            .. clusters.Select(c => c.Split('/')).Select(c => new FleetCluster
            {
                Wave = c[0],
                Owner = new RunOwner(c[1], [new RunOwnerNode("gw1")]),
            }),
        ];
        return new FleetPlan
        {
            FleetId = "f",
            Name = "f",
            CreatedAt = Start,
            From = BuildNumber.Parse("2.0.1.6960"),
            To = BuildNumber.Parse("2.1.0.7854"),
            PackagePath = "update.zip",
            Packages = [],
            Waves = waves.Length > 0 ? waves : [.. all.Select(c => c.Wave).Distinct().Select(w => new FleetWave(w))],
            Clusters = [.. all.Select(c => shape?.Invoke(c) ?? c)],
            Limits = limits,
            Hash = "h",
        };
    }

    public void Append(JournalEntry entry) => _records.Add(new JournalRecord(_records.Count + 1, Now, 1, entry, string.Empty));

    /// <summary>How the run of a cluster is seen from now on; <see langword="null"/>: there is none.</summary>
    public void See(string cluster, RunGlance? run)
    {
        if (run is null)
        {
            _runs.Remove(cluster);
        }
        else
        {
            _runs[cluster] = run;
        }
    }

    /// <summary>The run of a cluster has come to how it is, and the fleet's journal says all that follows.</summary>
    public string[] Run(string cluster, UpgradeEnd state)
    {
        See(cluster, new RunGlance(state, Message.Said(cluster), Sequence: _records.Count));
        return Settle();
    }

    /// <summary>Writes all that is decided, and says what: <c>cluster phase</c>, or how the fleet stands.</summary>
    public string[] Settle()
    {
        List<string> written = [];
        while (FleetDecider.Decide(Input).Entry is { } entry)
        {
            Append(entry);
            written.Add(entry.Node is { } cluster
                ? $"{cluster} {entry.Values![FleetEntries.Act]}"
                : entry.Values!.GetValueOrDefault(FleetEntries.End) ?? entry.Values![Marks.State]);
            Assert.True(written.Count < 100, string.Join('\n', written));
        }

        return [.. written];
    }

    /// <summary>Until when nothing passes by itself.</summary>
    public DateTimeOffset? Until => FleetDecider.Decide(Input).Until;

    /// <summary>Somebody says something; the key of the answer.</summary>
    public string Say(FleetCommandKind kind, string? cluster = null, Func<FleetCommand, FleetCommand>? shape = null)
    {
        FleetCommand command = new() { Id = $"{++_said}", Kind = kind, By = "anna", At = Now, Cluster = cluster, Reason = Message.Said("why") };
        (JournalEntry? entry, Message answer) = FleetCommands.Judge(Plan, State, Now, shape?.Invoke(command) ?? command);
        if (entry is not null)
        {
            Append(entry);
        }

        Answer = answer;
        return answer.Key;
    }

    /// <summary>A worker says what a run does not tell.</summary>
    public string Report(string cluster, UpgradeEnd? end, int attempt = 1) =>
        Say(FleetCommandKind.Report, cluster, c => c with { End = end, Attempt = attempt });

    /// <summary>The key of what a cluster waits for.</summary>
    public string? WaitOf(string cluster) => Wait(cluster)?.Reason.Key;

    /// <summary>What a cluster waits for; <see langword="null"/>: nothing.</summary>
    public FleetWait? Wait(string cluster)
    {
        FleetInput input = Input;
        return FleetDecider.Wait(input, new FleetGuards(input), Plan.Find(cluster)!);
    }
}
