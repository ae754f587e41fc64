using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Fleet;

/// <summary>
/// What comes next in a fleet: a pure function, and the only place that chooses. A cluster is worked on only while the fleet's journal
/// grants it. One whose run stands loses the grant first, and its place only when the run was looked at after that and still stands:
/// whoever had looked at the grant before has taken the run by then, and is seen.
/// </summary>
internal static class FleetDecider
{
    public static FleetDecision Decide(FleetInput input)
    {
        if (input.State.IsEnded)
        {
            return new FleetDecision(null);
        }

        FleetGuards guards = new(input);
        FleetCluster[] open = [.. input.Plan.Clusters.Where(c => IsOpen(input.State[c.Name]))];

        // Nothing is begun without a place: the windows of thousands need not be looked up for that.
        IEnumerable<FleetCluster> next = guards.HasRoom
            ? open.Where(c => IsAskedFor(input, c)).Concat(open.Where(c => input.State[c.Name].Phase == ClusterPhase.Waiting))
            : [];
        JournalEntry? entry = open.Select(c => Follow(input, guards, c)).FirstOrDefault(e => e is not null)
            ?? next.Where(c => WhyNot(input, guards, c) is null).Select(c => Grant(input, c)).FirstOrDefault();
        return entry is null ? Rest(input, guards, open) : new FleetDecision(entry);
    }

    /// <summary>What a cluster waits for; <see langword="null"/>: for nothing, or it is worked on or over.</summary>
    public static FleetWait? Wait(FleetInput input, FleetGuards guards, FleetCluster cluster)
    {
        ClusterState state = input.State[cluster.Name];
        return state.Phase switch
        {
            ClusterPhase.Standing when !IsAskedFor(input, cluster) => new FleetWait(state.Reason!, NeedsPeople: true),
            ClusterPhase.Waiting or ClusterPhase.Standing => WhyNot(input, guards, cluster),
            ClusterPhase.Over when state.IsWanted => WhyNot(input, guards, cluster),
            _ => null,
        };
    }

    private static FleetWait? WhyNot(FleetInput input, FleetGuards guards, FleetCluster cluster) =>
        input.State[cluster.Name].Phase == ClusterPhase.Standing ? guards.AgainstGoingOn(cluster) : guards.AgainstBeginning(cluster);

    private static bool IsOpen(ClusterState state) =>
        state.Phase == ClusterPhase.Over ? state is { IsWanted: true, IsOut: false } : !state.IsOut || state.HasSlot;

    /// <summary>Whether people want a cluster to go on that stands or has ended: they told the fleet or its run.</summary>
    private static bool IsAskedFor(FleetInput input, FleetCluster cluster) => input.State[cluster.Name] switch
    {
        { Phase: ClusterPhase.Standing, IsWanted: true } => true,
        { Phase: ClusterPhase.Over, IsWanted: true } => true,
        { Phase: ClusterPhase.Standing } => input.Runs.GetValueOrDefault(cluster.Name) is { HasCommands: true, IsEnded: false },
        _ => false,
    };

    /// <summary>What its run tells of a cluster that was begun.</summary>
    private static JournalEntry? Follow(FleetInput input, FleetGuards guards, FleetCluster cluster)
    {
        ClusterState state = input.State[cluster.Name];
        RunGlance? run = input.Runs.GetValueOrDefault(cluster.Name);
        if (state.Phase is ClusterPhase.Waiting or ClusterPhase.Over || input.LookedAfter < state.Sequence)
        {
            // What was seen before a cluster came to where it is may be the run of the attempt before, or one that somebody has taken since.
            return null;
        }

        if (run is { IsEnded: true })
        {
            return Leave(cluster, ClusterPhase.Over, run.State, run.Reason);
        }

        return state.Phase switch
        {
            ClusterPhase.Working when state.Report is { } report => Leave(cluster, ClusterPhase.Leaving, report.End, report.Reason),
            ClusterPhase.Working when run is { Stands: true } && !(run.Sequence <= state.Seen) => Leave(cluster, ClusterPhase.Leaving, run.State, run.Reason),
            ClusterPhase.Leaving => Left(input, cluster, run),
            ClusterPhase.Standing when run is { IsDriven: true, IsWaiting: false } && guards.AgainstGoingOn(cluster) is null =>
                Grant(input, cluster, Message.Of("fleet.by-hand")),
            _ => null,
        };
    }

    /// <summary>The grant is withdrawn, and the run was looked at since. Whoever has taken it and does nothing yet may or may not have seen that.</summary>
    private static JournalEntry? Left(FleetInput input, FleetCluster cluster, RunGlance? run)
    {
        ClusterState state = input.State[cluster.Name];
        if (run is { IsDriven: true, IsWaiting: true })
        {
            return null;
        }

        if (run is { IsDriven: true } || state.Report is null && run is not { IsWaiting: true })
        {
            return Grant(input, cluster, Message.Of("fleet.goes-on"));
        }

        if (state.Report is { End: UpgradeEnd.Completed } nothing && run is null)
        {
            return Leave(cluster, ClusterPhase.Over, nothing.End, nothing.Reason);
        }

        return Leave(cluster, ClusterPhase.Standing, state.End!.Value, state.Reason);
    }

    private static JournalEntry Grant(FleetInput input, FleetCluster cluster)
    {
        ClusterState state = input.State[cluster.Name];
        if (state.Phase == ClusterPhase.Standing)
        {
            return Grant(input, cluster, Message.Of("fleet.goes-on"), input.Runs.GetValueOrDefault(cluster.Name)?.Sequence);
        }

        int attempt = state.Attempt + 1;
        Message reason = attempt == 1 ? Message.Of("fleet.begun", cluster.Wave) : Message.Of("fleet.goes-on");
        return FleetEntries.Grant(cluster.Name, attempt, input.Plan.RunIdOf(cluster.Name, attempt), reason);
    }

    private static JournalEntry Grant(FleetInput input, FleetCluster cluster, Message reason, long? seen = null)
    {
        ClusterState state = input.State[cluster.Name];
        return FleetEntries.Grant(cluster.Name, state.Attempt, state.RunId!, reason, seen);
    }

    private static JournalEntry Leave(FleetCluster cluster, ClusterPhase phase, UpgradeEnd end, Message? reason) =>
        FleetEntries.Leave(cluster.Name, phase, end, reason ?? Message.Of("fleet.stands"));

    /// <summary>Nothing is to be written but, once, how the fleet stands.</summary>
    private static FleetDecision Rest(FleetInput input, FleetGuards guards, FleetCluster[] open)
    {
        if (open.Length == 0)
        {
            return new FleetDecision(End(input));
        }

        FleetWait[] waits = [.. open.Select(c => Wait(input, guards, c)).OfType<FleetWait>()];
        DateTimeOffset? until = waits.Min(w => w.Until);
        if (until is not null || input.State.Clusters.Values.Any(c => c.HasSlot))
        {
            return new FleetDecision(null, until);
        }

        bool isWanting = guards.Halted() is not null || open.Any(c => input.State[c.Name] is { IsFailure: true });
        FleetWait why = guards.OfFleet() ?? waits.FirstOrDefault(w => w.NeedsPeople) ?? waits[0];
        UpgradeEnd stands = isWanting ? UpgradeEnd.NeedsHuman : UpgradeEnd.Paused;
        Message reason = Message.Of("fleet.waits", open.Length, why.Reason);
        return new FleetDecision(input.State.State == stands && input.State.Reason == reason ? null : FleetEntries.State(stands, reason));
    }

    private static JournalEntry End(FleetInput input)
    {
        ClusterState[] all = [.. input.Plan.Clusters.Select(c => input.State[c.Name])];
        int whole = all.Count(c => c is { IsOut: false, End: UpgradeEnd.Completed });
        bool isUpgraded = all.All(c => c is { IsOut: false, End: UpgradeEnd.Completed or UpgradeEnd.CompletedWithProblems });
        UpgradeEnd end = (whole == all.Length, isUpgraded) switch
        {
            (true, _) => UpgradeEnd.Completed,
            (_, true) => UpgradeEnd.CompletedWithProblems,
            _ => UpgradeEnd.CompletedWithExceptions,
        };
        return FleetEntries.Ended(end, Message.Of("fleet.ended", input.Plan.Name, all.Length, whole, input.Plan.To));
    }
}
