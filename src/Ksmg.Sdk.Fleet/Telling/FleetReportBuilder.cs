using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Fleet;

/// <summary>Makes the report of a fleet of what is known of it. Pure; what clusters wait for is what the decider says.</summary>
internal static class FleetReportBuilder
{
    /// <param name="input">All that is known.</param>
    /// <param name="idle">Why clusters that may be worked on are not.</param>
    /// <param name="holder">Who drives the fleet.</param>
    public static FleetReport Build(FleetInput input, IReadOnlyDictionary<string, Message>? idle = null, string? holder = null)
    {
        FleetPlan plan = input.Plan;
        FleetState state = input.State;
        FleetGuards guards = new(input);
        FleetWait? wait = state.IsEnded ? null : guards.OfFleet();
        FleetClusterReport[] clusters = [.. plan.Clusters.Select(c => Cluster(input, guards, c, idle?.GetValueOrDefault(c.Name)))];
        int over = clusters.Count(c => c.Phase == ClusterPhase.Over);
        int working = clusters.Count(c => c.Phase is ClusterPhase.Working or ClusterPhase.Leaving);
        return new FleetReport
        {
            FleetId = plan.FleetId,
            Name = plan.Name,
            From = plan.From,
            To = plan.To,
            PlanHash = plan.Hash,
            End = state.State,
            Reason = state.Reason ?? wait?.Reason ?? Message.Of("fleet-report.running", working, over, clusters.Length),
            NeedsPeople = wait is { NeedsPeople: true },
            WaitHash = wait is { NeedsPeople: true } ? FleetWaitHash.Of(wait) : null,
            IsPaused = !state.IsEnded && state.PauseWanted is not null,
            Gate = !state.IsEnded && guards.OpenGate() is { } open ? $"{open.At}/{open.Wave}" : null,
            Holder = holder,
            BeganAt = state.BeganAt,
            LastAt = state.LastAt,
            Waves = [.. guards.Waves.Select(w => Wave(input, guards, w, [.. clusters.Where(c => c.Wave == w.Wave.Name)]))],
            Clusters = clusters,
        };
    }

    private static FleetWaveReport Wave(FleetInput input, FleetGuards guards, WaveStanding wave, FleetClusterReport[] clusters)
    {
        (FleetWaveState state, FleetWait? wait) = input.State.IsEnded ? (FleetWaveState.Over, null) : guards.StateOf(wave);
        return Counts(wave, clusters) with { State = state, Reason = wait?.Reason, Until = wait?.Until };
    }

    private static FleetWaveReport Counts(WaveStanding wave, FleetClusterReport[] clusters) => new(
        wave.Wave.Name,
        wave.Wave.Approve,
        clusters.Length,
        clusters.Count(c => c is { Phase: ClusterPhase.Waiting, IsOut: false }),
        clusters.Count(c => c.Phase is ClusterPhase.Working or ClusterPhase.Leaving),
        clusters.Count(c => c is { Phase: ClusterPhase.Standing, IsOut: false }),
        clusters.Count(c => c is { Phase: ClusterPhase.Over, IsOut: false }),
        wave.Failures,
        clusters.Count(c => c.IsOut && c.Phase is not (ClusterPhase.Working or ClusterPhase.Leaving)),
        wave.IsOver);

    private static FleetClusterReport Cluster(FleetInput input, FleetGuards guards, FleetCluster cluster, Message? idle)
    {
        ClusterState state = input.State[cluster.Name];
        FleetWait? wait = input.State.IsEnded ? null : FleetDecider.Wait(input, guards, cluster);
        return new FleetClusterReport
        {
            Name = cluster.Name,
            Wave = cluster.Wave,
            Labels = cluster.Labels,
            Phase = state.Phase,
            End = state.End,
            Reason = wait?.Reason ?? idle ?? (state.IsOut ? Message.Of("fleet.out") : state.Reason),
            BeganAt = state.BeganAt,
            Since = state.Attempt > 0 ? state.Since : null,
            Until = wait?.Until,
            WaitHash = FleetWaitHash.Of(state),
            NeedsPeople = !state.IsOut && state.Phase == ClusterPhase.Standing && wait is { NeedsPeople: true },
            RunId = state.RunId,
            Holder = state.HasSlot ? input.Runs.GetValueOrDefault(cluster.Name)?.Holder : null,
            IsIdle = idle is not null,
            IsHeld = state.IsHeld,
            IsOut = state.IsOut,
        };
    }
}
