namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// The one definition of <em>well</em>: the vendor's own first step, before the update and after it. Whoever asks takes the predicates
/// that count where it stands: the preflight, the verification, the watch over finished nodes, the end of the run, a rollback. What is
/// not known is not well.
/// </summary>
internal static class NodeHealth
{
    public const string Databases = "databases";

    /// <summary>The subject of everything that says that settings do not reach a node: the state, the vendor's problem, the time.</summary>
    public const string Synchronization = "synchronization";

    /// <summary>What runs on the node: its services, databases, license and integrity.</summary>
    public static IEnumerable<Ailment> OfProduct(NodeStatus status)
    {
        if (status.Databases != DatabasesState.UpToDate)
        {
            yield return status.Databases == DatabasesState.OutOfDate
                ? Ailment.Refusal(UpgradeConsents.OldDatabases)
                : Ailment.Refusal(Databases, status.Databases);
        }

        if (OfLicense(status.License) is { } license)
        {
            yield return license;
        }

        foreach (ServiceStatus service in status.Services.Where(s => s.State != ServiceState.Running))
        {
            yield return Ailment.Refusal("service", service.Name, service.State) with { Subject = service.Name };
        }

        if (status.Integrity.State != IntegrityState.Passed)
        {
            yield return status.Integrity.State == IntegrityState.Failed
                ? Ailment.Refusal("integrity")
                : Ailment.Warning("integrity-not-checked", status.Integrity.State);
        }
    }

    /// <summary>What a node says of itself, without a look at the others.</summary>
    public static IEnumerable<Ailment> OfItself(NodeStatus status) => Listed(status.State, status.Problems, isReached: true).Concat(OfProduct(status));

    /// <summary>What the node is to the others: its state, the problems that it or its Control node lists, its settings, its clock.</summary>
    /// <param name="seen">The node.</param>
    /// <param name="cluster">All nodes.</param>
    /// <param name="policy">The policy.</param>
    /// <param name="after">Settings must have arrived later than that, by the node's own word; <see langword="null"/>: the last change of settings
    /// alone counts.</param>
    public static IEnumerable<Ailment> InCluster(NodeObservation seen, ClusterObservation cluster, UpgradePolicy policy, DateTimeOffset? after)
    {
        NodeStatus status = seen.Status!;
        List<NodeObservation> controls = [.. cluster.Controls];
        bool isSecondary = status.Role != NodeRole.Control;

        // The Control node that the node is held against; of two, each is held against the other.
        List<NodeObservation> others = controls.FindAll(n => n.Name != seen.Name);
        NodeObservation? control = others.Find(n => n.About == seen.About) ?? others.FirstOrDefault();

        // With two Control nodes, or one of another build, settings reach no Secondary node, and are not expected to.
        bool isReached = controls.Count <= 1 && (control is null || control.About == seen.About);
        foreach (Ailment listed in Listed(status.State, status.Problems, isReached).Concat(ListedByControl(seen, control, isReached)).DistinctBy(a => a.Text))
        {
            yield return listed;
        }

        if (isSecondary && isReached && !IsSynchronized(status, controls, after))
        {
            yield return Ailment.Refusal(UpgradeConsents.NotSynchronized, status.SynchronizedAt) with { Subject = Synchronization };
        }

        if (status.Clock is { } clock && control is { Status.Clock: { } controlClock }
            && ((clock - seen.At) - (controlClock - control.At)).Duration() is var difference && difference > policy.ClockSkewLimit)
        {
            yield return Ailment.Refusal("clock", difference, policy.ClockSkewLimit);
        }
    }

    /// <summary>The node does its work: it receives and has its load, where it did before the run.</summary>
    public static IEnumerable<Ailment> AtWork(PlannedNode node, NodeObservation seen)
    {
        if (node.Receiving && seen.Switches?.Receiving != true)
        {
            yield return Ailment.Refusal("not-receiving");
        }

        if (node.Load == LoadMode.Ready && seen.Load is { Mode: not LoadMode.Ready })
        {
            yield return Ailment.Refusal("out-of-load");
        }

        if (node.Load == LoadMode.Ready && seen.Load is { Healthy: false })
        {
            yield return Ailment.Refusal("unhealthy");
        }
    }

    public static Ailment Silent(NodeObservation seen) => Ailment.Refusal("node-silent", seen.Problem);

    public static Message Text(string node, IEnumerable<Ailment> ailments) => Message.Of("health.not-well", node, ailments.Select(a => a.Text));

    /// <summary>A license that scans is told or can be accepted; one that does not, or that nobody knows, never.</summary>
    private static Ailment? OfLicense(LicenseState license) =>
        license switch
        {
            _ when license == LicenseState.Active => null,
            _ when license == LicenseState.Expiring => Ailment.Warning("license-expiring"),
            _ when license == LicenseState.GracePeriod => Ailment.Warning("license-grace"),
            _ when license == LicenseState.Expired => Ailment.Refusal(UpgradeConsents.ExpiredLicense),
            _ => Ailment.Refusal("license", license),
        };

    private static IEnumerable<Ailment> Listed(NodeState state, IReadOnlyList<NodeProblem> problems, bool isReached)
    {
        bool isState(NodeProblem problem) => problem.Code == state.Value || problem.Code.Length == 0 && problems.Count == 1;
        if (state != NodeState.Available && !problems.Any(isState))
        {
            yield return Of(state, state.Value, "node-state", state.Value, isReached);
        }

        foreach (NodeProblem problem in problems)
        {
            string word = isState(problem) ? state.Value : problem.Code;
            yield return Of(state, word.Length > 0 ? word : problem.Message, "node-problem", problem.Message, isReached);
        }
    }

    /// <summary>The Nodes page of the Control node knows what the node itself may not: that it cannot be reached there.</summary>
    private static IEnumerable<Ailment> ListedByControl(NodeObservation seen, NodeObservation? control, bool isReached) =>
        control is { NodeList: { } rows, Status.EmergencyMode: false } && rows.FirstOrDefault(r => r.Address == seen.Status!.Address) is { } row
            ? Listed(string.IsNullOrEmpty(row.State.Value) ? NodeState.Available : row.State, row.Problems, isReached)
            : [];

    /// <summary>Between different builds, synchronization does not work and is not expected to.</summary>
    private static Ailment Of(NodeState state, string word, string key, string said, bool isReached)
    {
        bool isSynchronization = state == NodeState.SynchronizationFailed && word == state.Value;
        Ailment ailment = isSynchronization && !isReached ? Ailment.Warning(key, said) : Ailment.Refusal(key, said);
        return ailment with { Code = UpgradeConsents.NodeProblem, Subject = isSynchronization ? Synchronization : word };
    }

    private static bool IsSynchronized(NodeStatus status, List<NodeObservation> controls, DateTimeOffset? after)
    {
        DateTimeOffset? changed = controls.Select(c => c.Status?.SettingsChangedAt).Max();
        return status.SynchronizedAt is { } at && (changed is null || at >= changed) && (after is null || at > after);
    }
}
