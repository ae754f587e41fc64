using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Fleet;

/// <summary>What becomes of what people and workers say.</summary>
internal static class FleetCommands
{
    /// <summary>What is written; <see langword="null"/>: it is refused. And the answer.</summary>
    public static (JournalEntry? Entry, Message Answer) Judge(FleetPlan plan, FleetState state, DateTimeOffset now, FleetCommand command)
    {
        if (command.PlanHash is { } hash && hash != plan.Hash)
        {
            return (null, Message.Of("fleet.other-plan"));
        }

        if (state.IsEnded)
        {
            return (null, Message.Of("fleet.has-ended", state.State.ToString()));
        }

        if (command.Cluster is { } cluster)
        {
            return plan.Find(cluster) is null ? (null, Message.Of("fleet.no-cluster", cluster)) : OfCluster(state[cluster], command);
        }

        return command.Kind switch
        {
            FleetCommandKind.Pause when state.PauseWanted is null => Said(command, Message.Of("fleet.said-pause", command.By, Why(command))),
            FleetCommandKind.Pause => (null, Message.Of("fleet.is-paused")),
            FleetCommandKind.Approve => Approve(plan, state, now, command),
            _ => (null, Message.Of("fleet.needs-cluster")),
        };
    }

    private static (JournalEntry?, Message) OfCluster(ClusterState cluster, FleetCommand command) => (command.Kind, cluster) switch
    {
        // A worker that was late tells of an attempt that is over, or of a cluster that nobody is to work on any more.
        (FleetCommandKind.Report, { HasSlot: true }) when command.Attempt == cluster.Attempt && IsOfUse(command.End) => Said(command, Why(command)),
        (FleetCommandKind.Report, _) => (null, Message.Of("fleet.changes-nothing", command.Cluster)),
        (_, { Phase: ClusterPhase.Over, End: UpgradeEnd.Completed }) => (null, Message.Of("fleet.is-over", command.Cluster)),
        (FleetCommandKind.Hold, { IsHeld: false, IsOut: false }) => Said(command, Message.Of("fleet.said-hold", command.By, command.Cluster, Why(command))),
        (FleetCommandKind.LeaveOut, { IsOut: false }) => Said(command, Message.Of("fleet.said-out", command.By, command.Cluster, Why(command))),
        (FleetCommandKind.Release, { IsHeld: true } or { IsOut: true }) =>
            Said(command, Message.Of("fleet.said-release", command.By, command.Cluster, Why(command))),
        (FleetCommandKind.Approve, _) when command.WaitHash is { } shown && shown != FleetWaitHash.Of(cluster) =>
            (null, Message.Of("fleet.other-wait", cluster.Reason ?? Message.Of("fleet.changes-nothing", command.Cluster))),
        (FleetCommandKind.Approve, { Phase: ClusterPhase.Standing or ClusterPhase.Over, IsOut: false, IsWanted: false }) =>
            Said(command, Message.Of("fleet.said-go-on", command.By, command.Cluster, Why(command))),
        _ => (null, Message.Of("fleet.changes-nothing", command.Cluster)),
    };

    /// <summary>What the fleet waits for people for now, as it is shown to them, and no more: a pause, or else failures, or else a gate.</summary>
    private static (JournalEntry?, Message) Approve(FleetPlan plan, FleetState state, DateTimeOffset now, FleetCommand command)
    {
        FleetGuards guards = new(
            new FleetInput { Plan = plan, State = state, Now = now, Runs = new Dictionary<string, RunGlance>(), LookedAfter = state.LastSequence });
        bool isHalted = guards.Halted() is not null;
        string? gate = state.PauseWanted is null && !isHalted && guards.OpenGate() is { } open ? $"{open.At}/{open.Wave}" : null;
        if (command.Wave is { } meant && meant != gate)
        {
            return (null, Message.Of("fleet.other-gate", meant));
        }

        if (guards.OfFleet() is not { } wait)
        {
            return (null, Message.Of("fleet.nothing-to-approve"));
        }

        if (command.WaitHash is { } shown && shown != FleetWaitHash.Of(wait))
        {
            return (null, Message.Of("fleet.other-wait", wait.Reason));
        }

        IEnumerable<string> failed = state.PauseWanted is null && isHalted
            ? plan.Clusters.Select(c => c.Name).Where(name => state[name] is { IsFailure: true, IsAccepted: false })
            : [];
        return Said(command with { Wave = gate }, Message.Of("fleet.said-approve", command.By, wait.Reason, Why(command)), failed);
    }

    private static (JournalEntry?, Message) Said(FleetCommand command, Message text, IEnumerable<string>? accepted = null) =>
        (FleetEntries.Said(command, text, accepted ?? []), Message.Of("fleet.taken"));

    private static bool IsOfUse(UpgradeEnd? end) => end is UpgradeEnd.NeedsHuman or UpgradeEnd.Paused or UpgradeEnd.Completed;

    private static Message Why(FleetCommand command) => command.Reason ?? Message.Said(string.Empty);
}
