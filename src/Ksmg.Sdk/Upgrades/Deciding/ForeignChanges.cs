namespace Ksmg.Sdk.Upgrades;

/// <summary>What somebody else changed, of a node or of the cluster.</summary>
internal sealed record ForeignChange(string? Node, Message Text);

/// <summary>
/// What somebody else changed since the run began: roles, builds, switches, load, membership, and, while nodes run different builds and do not
/// synchronize, settings. What the run expects follows from its plan and its journal; a step whose outcome is open expects nothing.
/// </summary>
internal static class ForeignChanges
{
    public static IEnumerable<ForeignChange> Find(DeciderInput i)
    {
        if (!i.Run[new StepKey(StepId.Preflight)].IsSettled || !i.Cluster.IsComplete)
        {
            return [];
        }

        bool mixed = IsMixed(i);
        IReadOnlyList<string?> handedOver = HandedOver(i);
        return i.Plan.Nodes
            .Where(n => i.Cluster[n.Name] is { Answers: true, Status: not null, Switches: not null })
            .Where(n => i.Run.Node(n.Name).Mark is not (NodeOutcome.Parked or NodeOutcome.RolledBack))
            .SelectMany(n => Of(i, n, mixed, handedOver.Contains(n.Name)).Select(text => new ForeignChange(n.Name, text)))
            .Concat(i.Run.Changed.Where(n => i.Cluster[n].Status is null).Select(n => new ForeignChange(n, Message.Of("foreign.unseen", n))))
            .Concat(Preflight.Membership(i.Plan, i.Cluster).Select(f => new ForeignChange(null, f.Text)));
    }

    private static IEnumerable<Message> Of(DeciderInput i, PlannedNode node, bool mixed, bool handedOver)
    {
        bool inHand = node == i.Position.InHand;

        // Who has the role after a handover is looked at by that and by the end of the run.
        return
        [
            .. handedOver ? [] : Role(i, node),
            .. inHand ? [] : Build(i, node),
            .. Switches(i, node, inHand),
            .. mixed ? Settings(i, node) : [],
        ];
    }

    private static IEnumerable<Message> Role(DeciderInput i, PlannedNode node)
    {
        NodeObservation seen = i.Cluster[node.Name];
        List<StepState> changes = [.. i.Plan.StepsOf(node.Name).Where(s => s.Id == StepId.Demote || s.Id == StepId.Promote).Select(s => i.Run[s.Key])];
        bool isDue = changes.Exists(c => !c.IsSettled);
        NodeRole changed = node.FormerControl ? NodeRole.Secondary : NodeRole.Control;
        NodeRole expected = changes.Exists(c => c.IsSettled) ? changed : node.Role;

        // A role that the plan gives anyway may be given by a human: the step then finds it done.
        if (seen.Role is { } role && role != expected && !isDue)
        {
            yield return Message.Of("foreign.role", node.Name, role, expected);
        }
    }

    /// <summary>The nodes that give the Control role, or get it, once more when all are upgraded, and they are.</summary>
    private static IReadOnlyList<string?> HandedOver(DeciderInput i) =>
    [
        .. i.Plan.Steps
            .Where(s => s.Id == StepId.HandOver && (i.Run.IsSettled(s.Key) || i.Position.IsReached(s)))
            .SelectMany(s => new[] { s.Node, i.Plan.Policy.PreferredControl }),
    ];

    /// <summary>The node in hand is left out: its installation finds the new build there, or another one in its way.</summary>
    private static IEnumerable<Message> Build(DeciderInput i, PlannedNode node)
    {
        List<PlannedStep> installs = [.. i.Plan.StepsOf(node.Name).Where(s => s.Id == StepId.Install)];
        if (installs.Exists(s => i.Run[s.Key].IsUndecided))
        {
            yield break;
        }

        PlannedPackage? last = installs.Where(s => i.Run[s.Key].IsSettled).Select(s => i.Plan.Packages[s.Package!.Value]).LastOrDefault(p => !p.IsPreliminary);
        BuildNumber expected = last?.To ?? node.Build;
        NodeObservation seen = i.Cluster[node.Name];
        if (BuildMatch.IsNot(seen.About, expected))
        {
            yield return Message.Of("foreign.build", node.Name, seen.Build?.ToString() ?? seen.About!.Version, expected);
        }
    }

    private static IEnumerable<Message> Switches(DeciderInput i, PlannedNode node, bool inHand)
    {
        NodeObservation seen = i.Cluster[node.Name];
        if (!seen.Switches!.Sending)
        {
            yield return Message.Of("foreign.sending", node.Name);
        }

        // A finished node that does not do its work is the finished-node check's.
        bool untouched = !inHand && i.Plan.StepsOf(node.Name).Where(s => s.Id.IsIn(StepGroup.OutOfWork)).All(s => i.Run[s.Key].Status == StepStatus.NotBegun);
        if (untouched && seen.Switches.Receiving != node.Receiving)
        {
            yield return Message.Of("foreign.receiving", node.Name, node.Receiving ? "off" : "on");
        }

        if (untouched && node.Load is { } load && seen.Load is { } now && now.Mode != load)
        {
            yield return Message.Of("foreign.load", node.Name, now.Mode, load);
        }
    }

    /// <summary>Nodes run different builds, and settings do not reach all of them.</summary>
    private static bool IsMixed(DeciderInput i)
    {
        List<StepState> installs = [.. i.Plan.StepsOf(StepId.Install).Select(s => i.Run[s.Key])];
        return installs.Exists(s => s.Attempt > 0) && installs.Exists(s => !s.IsSettled);
    }

    private static IEnumerable<Message> Settings(DeciderInput i, PlannedNode node)
    {
        NodeStatus status = i.Cluster[node.Name].Status!;
        if (status.Role == NodeRole.Control && i.Run.SettingsOf(node.Name) is { } known
            && status.SettingsChangedAt is { } changed && changed.ToString("O") != known)
        {
            yield return Message.Of("foreign.settings", node.Name, changed);
        }
    }
}
