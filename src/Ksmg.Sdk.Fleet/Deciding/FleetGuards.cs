using System.Globalization;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Fleet;

/// <summary>Why a cluster may not be begun or go on: each rule of a fleet, in the order in which people are told.</summary>
internal sealed class FleetGuards
{
    private readonly FleetInput _input;
    private readonly IReadOnlyList<WaveStanding> _waves;
    private readonly int _slots;
    private readonly ILookup<(string Label, string Value), FleetCluster> _stakes;
    private string? _failures;

    public FleetGuards(FleetInput input)
    {
        _input = input;
        _waves = WaveStanding.Of(input.Plan, input.State);
        _slots = input.State.Clusters.Values.Count(c => c.HasSlot);
        _stakes = input.Plan.Clusters.Where(c => input.State[c.Name].IsAtStake)
            .SelectMany(c => SharedBy(c).Select(label => (Label: label, Cluster: c)))
            .ToLookup(s => s.Label, s => s.Cluster);
    }

    /// <summary>The waves as they stand, in their order.</summary>
    public IReadOnlyList<WaveStanding> Waves => _waves;

    /// <summary>Whether one more may be worked on.</summary>
    public bool HasRoom => Full() is null;

    /// <summary>What keeps a cluster back that was not begun, or is to be begun once more.</summary>
    public FleetWait? AgainstBeginning(FleetCluster cluster) =>
        Held(cluster) ?? Paused() ?? Halted() ?? ClosedWave(cluster) ?? ClosedWindow(cluster) ?? Shared(cluster) ?? Full();

    /// <summary>What keeps a cluster back that waited for people, and that they let go on. A node in hand is finished at any hour.</summary>
    public FleetWait? AgainstGoingOn(FleetCluster cluster) => Held(cluster) ?? Paused() ?? Shared(cluster) ?? Full();

    /// <summary>What the fleet as a whole waits for people for, the gates of its waves among it.</summary>
    public FleetWait? OfFleet() =>
        Paused() ?? Halted() ?? _waves.Select(w => Gate(w.Wave)).FirstOrDefault(wait => wait is { NeedsPeople: true });

    /// <summary>The gate that people are asked at, <c>Before/WAVE</c> or <c>After/WAVE</c>.</summary>
    public (string Wave, FleetApproval At)? OpenGate()
    {
        for (int i = 0; i < _waves.Count; i++)
        {
            if (Gate(_waves[i].Wave) is { NeedsPeople: true })
            {
                return i > 0 && IsMissing(_waves[i - 1].Wave, FleetApproval.After)
                    ? (_waves[i - 1].Wave.Name, FleetApproval.After)
                    : (_waves[i].Wave.Name, FleetApproval.Before);
            }
        }

        return null;
    }

    /// <summary>Where a wave is, and what it waits for. The last one is over when its clusters are: nothing comes after it.</summary>
    public (FleetWaveState State, FleetWait? Wait) StateOf(WaveStanding wave)
    {
        if (wave.IsOver)
        {
            FleetWait? after = wave == _waves[^1] ? null : After(wave);
            return (after switch { null => FleetWaveState.Over, { NeedsPeople: true } => FleetWaveState.Gate, _ => FleetWaveState.Soak }, after);
        }

        FleetWait? before = Gate(wave.Wave);
        FleetWaveState state = before switch
        {
            null => FleetWaveState.Open,
            { NeedsPeople: true } when _waves.TakeWhile(w => w != wave).All(w => After(w) is null) => FleetWaveState.Gate,
            _ => FleetWaveState.Closed,
        };
        return (state, before ?? Halt());

        // What keeps every wave back is told of the one that would go on.
        FleetWait? Halt() => Paused() ?? Halted();
    }

    private FleetWait? Held(FleetCluster cluster) => _input.State[cluster.Name] switch
    {
        { IsOut: true } => new FleetWait(Message.Of("fleet.out"), NeedsPeople: true),
        { IsHeld: true } => new FleetWait(Message.Of("fleet.held"), NeedsPeople: true),
        _ => null,
    };

    private FleetWait? Paused() => _input.State.PauseWanted is { } why ? new FleetWait(Message.Of("fleet.paused", why), NeedsPeople: true) : null;

    /// <summary>More has failed than may.</summary>
    public FleetWait? Halted()
    {
        FleetLimits limits = _input.Plan.Limits;
        if (_waves.FirstOrDefault(w => w.Failures > limits.MaxFailuresPerWave) is { } wave)
        {
            return Halt(Message.Of("fleet.wave-failures", wave.Wave.Name, wave.Failures, limits.MaxFailuresPerWave));
        }

        int all = _waves.Sum(w => w.Failures);
        return all > limits.MaxFailures ? Halt(Message.Of("fleet.failures", all, limits.MaxFailures)) : null;
    }

    /// <summary>Who accepts failures accepts those that they looked at: as many others are something else.</summary>
    private FleetWait Halt(Message reason) => new(reason, NeedsPeople: true)
    {
        Counted = _failures ??= string.Join(FleetEntries.Between, _input.Plan.Clusters
            .Select(c => (c.Name, State: _input.State[c.Name])).Where(c => c.State is { IsFailure: true, IsAccepted: false })
            .Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Name} {c.State.Sequence}"))),
    };

    private FleetWait? ClosedWave(FleetCluster cluster) => Gate(_input.Plan.Waves.First(w => w.Name == cluster.Wave));

    private FleetWait? Gate(FleetWave wave)
    {
        FleetWait? before = _waves.TakeWhile(w => w.Wave.Name != wave.Name).Select(After).FirstOrDefault(wait => wait is not null);
        FleetWait? own = IsMissing(wave, FleetApproval.Before) ? new FleetWait(Message.Of("fleet.gate-before", wave.Name), NeedsPeople: true) : null;
        return before ?? own;
    }

    /// <summary>What has to be over or approved of a wave before the next one begins.</summary>
    private FleetWait? After(WaveStanding wave)
    {
        if (!wave.IsOver)
        {
            return new FleetWait(Message.Of("fleet.earlier-wave", wave.Wave.Name, wave.Left));
        }

        if (wave.LastAt + _input.Plan.Limits.Soak + _input.Ahead is { } until && until > _input.Now)
        {
            return new FleetWait(Message.Of("fleet.soak", wave.Wave.Name, until), until);
        }

        return IsMissing(wave.Wave, FleetApproval.After) ? new FleetWait(Message.Of("fleet.gate-after", wave.Wave.Name), NeedsPeople: true) : null;
    }

    private bool IsMissing(FleetWave wave, FleetApproval at) => wave.Approve == at && !_input.State.IsApproved(wave.Name, at);

    private FleetWait? ClosedWindow(FleetCluster cluster) => cluster.Windows.Count == 0
        ? null
        : MaintenanceHours.Next(cluster.Windows, _input.Now, cluster.NodeTime)?.From switch
        {
            null => new FleetWait(Message.Of("fleet.no-window", cluster.NodeTime), NeedsPeople: true),
            { } from when from > _input.Now => new FleetWait(Message.Of("fleet.window", from), from),
            _ => null,
        };

    /// <summary>One that was left out and taken up again may be at stake beside another one: each is let go on while the other is not worked on.</summary>
    private FleetWait? Shared(FleetCluster cluster)
    {
        bool isAtStake = _input.State[cluster.Name].IsAtStake;
        foreach ((string label, string value) in SharedBy(cluster))
        {
            if (_stakes[(label, value)].FirstOrDefault(o => o != cluster && (!isAtStake || _input.State[o.Name].HasSlot)) is { } other)
            {
                return new FleetWait(Message.Of("fleet.shared", other.Name, label, value));
            }
        }

        return null;
    }

    private IEnumerable<(string Label, string Value)> SharedBy(FleetCluster cluster)
    {
        foreach (string label in _input.Plan.Limits.NeverTogether)
        {
            if (cluster.Labels.TryGetValue(label, out string? value))
            {
                yield return (label, value);
            }
        }
    }

    private FleetWait? Full() => _slots >= _input.Plan.Limits.MaxConcurrent
        ? new FleetWait(Message.Of("fleet.full", _slots, _input.Plan.Limits.MaxConcurrent))
        : null;
}
