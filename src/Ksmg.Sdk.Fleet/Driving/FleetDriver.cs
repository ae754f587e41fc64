using System.Globalization;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Logging;

namespace Ksmg.Sdk.Fleet;

/// <summary>
/// The loop of a fleet: look at its runs, decide, write, ring for whoever drives them. It touches no node, and chooses nothing itself.
/// </summary>
/// <param name="plan">The plan.</param>
/// <param name="journal">Where the fleet lives.</param>
/// <param name="lease">The lease of the fleet.</param>
/// <param name="runs">The runs of its clusters.</param>
/// <param name="bell">Calls whoever drives a cluster.</param>
/// <param name="time">The clock.</param>
/// <param name="times">How often it looks.</param>
/// <param name="logger">Where is logged to.</param>
internal sealed class FleetDriver(
    FleetPlan plan, FleetJournal journal, RunLease lease, RunGlances runs, IDoorbell bell, TimeProvider time, FleetTimes times, ILogger logger)
{
    private readonly FleetState _state = new();
    private readonly Dictionary<string, RunGlance> _glances = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _rung = new(StringComparer.Ordinal);
    private readonly DateTimeOffset _began = time.GetUtcNow();
    private readonly long _startedAt = time.GetTimestamp();
    private long? _lookedSlowly;
    private RunVersions? _versions;

    /// <summary>The time of this driver, from what the wall clock said when it began: who sets that clock neither ends a soak nor prolongs it.</summary>
    private DateTimeOffset Now => _began + time.GetElapsedTime(_startedAt);

    /// <summary>Drives the fleet until it has ended.</summary>
    /// <param name="leavesWhenStanding">Whether it is let go of when only people can go on.</param>
    /// <param name="stop">Asks to let go.</param>
    /// <exception cref="JournalException">The store cannot be read or written, or somebody else has taken the fleet.</exception>
    public async Task DriveAsync(bool leavesWhenStanding, CancellationToken stop)
    {
        using CancellationTokenSource linked = CancellationTokenSource.CreateLinkedTokenSource(stop, lease.Lost);
        try
        {
            foreach (JournalRecord record in await journal.ReadAsync(plan.FleetId, 0, linked.Token).ConfigureAwait(false))
            {
                // Nothing that was written lies in the future, whatever the clock said that it was written by.
                _state.Apply(record.At > _began ? record with { At = _began } : record);
            }

            while (await TurnAsync(leavesWhenStanding, linked.Token).ConfigureAwait(false))
            {
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Whoever takes the fleet up looks at everything anew.
        }
        catch (OperationCanceledException) when (lease.Lost.IsCancellationRequested)
        {
            throw lease.Lose();
        }
    }

    /// <summary>One look and all that follows from it; <see langword="false"/> when the fleet is not to be driven any further.</summary>
    private async Task<bool> TurnAsync(bool leavesWhenStanding, CancellationToken cancellationToken)
    {
        // Before anything is read: what is said meanwhile ends the rest at once.
        string seen = await journal.WaitForChangeAsync(plan.FleetId, null, TimeSpan.Zero, cancellationToken).ConfigureAwait(false);
        await HearAsync(cancellationToken).ConfigureAwait(false);
        long before = _state.LastSequence;
        await LookAsync(cancellationToken).ConfigureAwait(false);
        FleetDecision decision;
        while ((decision = FleetDecider.Decide(Input(before))).Entry is { } entry)
        {
            await AppendAsync(entry, cancellationToken).ConfigureAwait(false);
        }

        FleetDiagnostics.Stands(plan.FleetId, plan.Clusters.CountBy(c => _state[c.Name].Phase));
        if (_state.IsEnded)
        {
            return false;
        }

        await RingAsync(cancellationToken).ConfigureAwait(false);
        bool isAtWork = _state.Clusters.Values.Any(c => c.HasSlot);
        if (leavesWhenStanding && !isAtWork && decision.Until is null)
        {
            return false;
        }

        await RestAsync(seen, Rest(isAtWork, decision.Until), hears: !isAtWork, cancellationToken).ConfigureAwait(false);
        return true;
    }

    private FleetInput Input(long lookedAfter) => new()
    {
        Plan = plan,
        State = _state,
        Now = time.GetUtcNow(),
        Ahead = TimeSpan.FromSeconds(Math.Round((time.GetUtcNow() - Now).TotalSeconds)),
        Runs = _glances,
        LookedAfter = lookedAfter,
    };

    /// <summary>Looks at the runs that are worked on each time, and at those that wait for people now and then.</summary>
    private async Task LookAsync(CancellationToken cancellationToken)
    {
        bool all = _lookedSlowly is not { } last || time.GetElapsedTime(last) >= times.SlowLook;
        _lookedSlowly = all ? time.GetTimestamp() : _lookedSlowly;
        RunVersions versions = await runs.WaitForAnyChangeAsync(_versions, TimeSpan.Zero, cancellationToken).ConfigureAwait(false);
        HashSet<string> changed = [.. versions.ChangedSince(_versions)];
        _versions = versions;
        Dictionary<string, string> wanted = _state.Clusters
            .Where(c => c.Value.RunId is not null && (c.Value.HasSlot || NeedsLook(c.Value)
                || c.Value.Phase == ClusterPhase.Standing && (all || changed.Contains(c.Value.RunId))))
            .ToDictionary(c => c.Value.RunId!, c => c.Key, StringComparer.Ordinal);
        if (wanted.Count == 0)
        {
            return;
        }

        IReadOnlyDictionary<string, RunGlance> seen = await runs.LookAsync(wanted.Keys, cancellationToken).ConfigureAwait(false);
        foreach ((string run, string cluster) in wanted)
        {
            if (seen.TryGetValue(run, out RunGlance? there))
            {
                _glances[cluster] = there;
            }
            else
            {
                _glances.Remove(cluster);
            }
        }
    }

    /// <summary>Whether people want a cluster to go on: how its run stands now decides how.</summary>
    private static bool NeedsLook(ClusterState cluster) => cluster.IsWanted && cluster.Phase is ClusterPhase.Standing or ClusterPhase.Over;

    private async Task HearAsync(CancellationToken cancellationToken)
    {
        foreach (FleetCommand command in await journal.ReadCommandsAsync(plan.FleetId, cancellationToken).ConfigureAwait(false))
        {
            bool before = _state.HasHeard(command.Id);
            (JournalEntry? entry, Message answer) = before
                ? (null, Message.Of("fleet.taken"))
                : FleetCommands.Judge(plan, _state, time.GetUtcNow(), command);
            if (entry is not null)
            {
                await AppendAsync(entry, cancellationToken).ConfigureAwait(false);
            }

            await journal.AnswerAsync(
                lease, command.Id, new RunCommandAnswer(before || entry is not null, answer, time.GetUtcNow()), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Rings for every cluster that is granted and that nobody drives, but not for one that rests until its window opens.</summary>
    private async Task RingAsync(CancellationToken cancellationToken)
    {
        foreach ((string cluster, ClusterState state) in _state.Clusters.Where(c => c.Value.IsGranted))
        {
            RunGlance? run = _glances.GetValueOrDefault(cluster);
            if (run is { IsDriven: true } || (_rung.TryGetValue(cluster, out long rung) && time.GetElapsedTime(rung) < times.RingAgain))
            {
                continue;
            }

            _rung[cluster] = time.GetTimestamp();
            DateTimeOffset now = time.GetUtcNow();
            if (run is null || !(await RestNote.ReadAsync(journal, plan.FleetId, state.RunId!, run.Last, cancellationToken).ConfigureAwait(false) > now))
            {
                await bell.RingAsync(plan.FleetId, cluster, now, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Rests until time is up or somebody tells the fleet something; and, where none is worked on, a run.</summary>
    private async Task RestAsync(string seen, TimeSpan rest, bool hears, CancellationToken cancellationToken)
    {
        using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task fleet = journal.WaitForChangeAsync(plan.FleetId, seen, rest, over.Token);
        Task first = await Task.WhenAny(hears ? [fleet, runs.WaitForAnyChangeAsync(_versions, rest, over.Token)] : [fleet]).ConfigureAwait(false);

        // Not CancelAsync: it would hop to another thread for nothing, and virtual time would run on meanwhile.
        over.Cancel();
        cancellationToken.ThrowIfCancellationRequested();
        await first.ConfigureAwait(false);
    }

    private TimeSpan Rest(bool isAtWork, DateTimeOffset? until)
    {
        TimeSpan rest = isAtWork ? times.Look : times.SlowLook;
        if (until - time.GetUtcNow() is not { } left || left >= rest)
        {
            return rest;
        }

        return TimeSpan.FromMilliseconds(1) + (left > TimeSpan.Zero ? left : TimeSpan.Zero);
    }

    private async Task AppendAsync(JournalEntry entry, CancellationToken cancellationToken)
    {
        JournalRecord record = await journal.AppendAsync(lease, entry, cancellationToken).ConfigureAwait(false);
        _state.Apply(record with { At = Now });
        if (entry.Node is { } cluster)
        {
            _rung.Remove(cluster);
        }

        Log.Fleet(logger, plan.FleetId, entry.Node ?? plan.Name, entry.Text?.ToString(CultureInfo.InvariantCulture) ?? string.Empty);
    }
}
