namespace Ksmg.Sdk.Upgrades;

/// <summary>S0: what the vendor's procedure and the run's own promises ask for before anything is touched. Pure; used by the plan and again by the run.</summary>
internal static class Preflight
{
    /// <param name="plan">The plan.</param>
    /// <param name="cluster">What was observed.</param>
    /// <param name="isOverridden">Whether a human waived a check during the run, beside the consents of the policy.</param>
    public static IEnumerable<PlanFinding> Check(UpgradePlan plan, ClusterObservation cluster, Func<string, bool>? isOverridden = null)
    {
        bool mixed = plan.Nodes.Select(n => cluster[n.Name].Build).OfType<BuildNumber>().Distinct().Count() > 1;
        IEnumerable<PlanFinding> findings = plan.Nodes.SelectMany(n => Node(plan, n, cluster[n.Name], cluster, mixed)).Concat(Cluster(plan, cluster, mixed));
        return findings.Select(f => f.Severity == FindingSeverity.Refusal && (Waives(plan.Policy, f.Code) || isOverridden?.Invoke(f.Code) == true) ? f with { Severity = FindingSeverity.Warning } : f);
    }

    public static bool Waives(UpgradePolicy policy, string code) => policy.Accept.Contains(code, StringComparer.OrdinalIgnoreCase);

    private static IEnumerable<PlanFinding> Node(UpgradePlan plan, PlannedNode node, NodeObservation seen, ClusterObservation cluster, bool mixed)
    {
        PlanFinding Refuse(string code, params ReadOnlySpan<object?> arguments) => Finding(FindingSeverity.Refusal, code, node.Name, arguments);
        PlanFinding Warn(string code, params ReadOnlySpan<object?> arguments) => Finding(FindingSeverity.Warning, code, node.Name, arguments);

        if (!seen.Answers || seen.Status is not { } status || seen.Switches is not { } switches || seen.About is null)
        {
            yield return Refuse("node-silent", seen.Problem);
            yield break;
        }

        if (!Chain(plan).Contains(node.Build) || seen.Build is { } build && build != node.Build)
        {
            yield return Refuse("build-unexpected", seen.Build?.ToString() ?? seen.About.Version, string.Join(", ", Chain(plan)));
        }

        if (status.State != NodeState(mixed, status))
        {
            yield return Refuse("node-state", status.State);
        }

        foreach (NodeProblem problem in status.Problems)
        {
            yield return mixed && status.State == Sdk.NodeState.SynchronizationFailed ? Warn("node-problem", problem.Message) : Refuse("node-problem", problem.Message);
        }

        if (status.Role != node.Role)
        {
            yield return Refuse("role-changed", status.Role, node.Role);
        }

        if (status.Databases != DatabasesState.UpToDate)
        {
            yield return status.Databases == DatabasesState.OutOfDate ? Refuse(UpgradeConsents.OldDatabases) : Refuse("databases", status.Databases);
        }

        if (status.License != LicenseState.Active)
        {
            yield return status.License == LicenseState.Expiring ? Warn("license-expiring") : Refuse("license", status.License);
        }

        foreach (ServiceStatus service in status.Services.Where(s => s.State != ServiceState.Running))
        {
            yield return Refuse("service", service.Name, service.State);
        }

        if (status.Integrity.State != IntegrityState.Passed)
        {
            yield return status.Integrity.State == IntegrityState.Failed ? Refuse("integrity") : Warn("integrity-not-checked", status.Integrity.State);
        }

        if (status.Clock is { } clock && (clock - seen.At).Duration() > plan.Policy.ClockSkewLimit)
        {
            yield return Refuse("clock", (clock - seen.At).Duration(), plan.Policy.ClockSkewLimit);
        }

        foreach ((string mount, long bytes) in plan.Policy.RequiredFreeBytes)
        {
            DiskSpace? disk = status.Disks.FirstOrDefault(d => d.Mount == mount);
            if (disk is null || disk.FreeBytes < bytes)
            {
                yield return Refuse("disk", mount, disk?.FreeBytes, bytes);
            }
        }

        if (!switches.Sending)
        {
            yield return Refuse("sending-off");
        }

        if (node.Build != plan.To && (!switches.Receiving || seen.Load is { Mode: not LoadMode.Ready } or { Healthy: false }))
        {
            yield return Refuse(UpgradeConsents.UpgradeOutOfService);
        }

        if (node.Build == plan.To && (!switches.Receiving || seen.Load is { Mode: not LoadMode.Ready } or { Healthy: false }))
        {
            yield return Refuse("upgraded-out-of-service", plan.To);
        }

        if (status.Role == NodeRole.Secondary && !IsFresh(plan, seen, cluster) && !mixed)
        {
            yield return Refuse("not-synchronized", status.SynchronizedAt);
        }

        if (seen.User is { } user && !(user.CanEditSettings && (status.Role == NodeRole.Control || user.CanManageNodes)))
        {
            yield return Refuse("rights", user.UserName);
        }

        if (seen.User?.PasswordExpiresAt is { } expires && expires - seen.At < TimeSpan.FromDays(7))
        {
            yield return Warn("password-expires", expires);
        }

        if (seen.Update?.IsRunning == true)
        {
            yield return Refuse("installation-running");
        }

        if (seen.Rcpt is { Accepted: false } answer && switches.Receiving)
        {
            yield return Refuse("smtp-refuses", answer.Text);
        }

        if (seen.PortProblem is { } portProblem)
        {
            yield return Refuse("adapter-silent", portProblem);
        }
    }

    private static IEnumerable<PlanFinding> Cluster(UpgradePlan plan, ClusterObservation cluster, bool mixed)
    {
        if (cluster.LoadProblem is { } loadProblem)
        {
            yield return Finding(FindingSeverity.Refusal, "balancer-silent", null, loadProblem);
        }

        List<NodeObservation> controls = [.. cluster.Controls];
        if (cluster.Nodes.Values.All(n => n.Answers) && (controls.Count == 0 || controls.Count > (mixed ? 2 : 1)))
        {
            yield return Finding(FindingSeverity.Refusal, "controls", null, controls.Count, string.Join(", ", controls.Select(n => n.Name)));
        }

        foreach (IGrouping<string, PlannedNode> twice in plan.Nodes.Where(n => n.ClusterAddress.Length > 0).GroupBy(n => n.ClusterAddress).Where(g => g.Count() > 1))
        {
            yield return Finding(FindingSeverity.Refusal, "node-twice", null, string.Join(", ", twice.Select(n => n.Name)), twice.Key);
        }

        foreach (PlanFinding membership in Membership(plan, cluster))
        {
            yield return membership;
        }

        List<PlannedNode> working = [.. plan.Nodes.Where(n => cluster[n.Name].TakesMail)];
        if (plan.Nodes.Count > 1 && working.Count < 2 && !plan.IsNothingToDo)
        {
            yield return Finding(FindingSeverity.Refusal, "nobody-left", null, string.Join(", ", working.Select(n => n.Name).DefaultIfEmpty("-")));
        }

        if (plan.Nodes.Count - working.Count > plan.Policy.MaxUnavailable - 1 && plan.Nodes.Count > 1 && working.Count >= 2 && !Waives(plan.Policy, UpgradeConsents.UpgradeOutOfService))
        {
            yield return Finding(FindingSeverity.Refusal, "budget", null, string.Join(", ", plan.Nodes.Except(working).Select(n => n.Name)), plan.Policy.MaxUnavailable);
        }
    }

    /// <summary>The Control node lists the nodes of the plan and no other.</summary>
    public static IEnumerable<PlanFinding> Membership(UpgradePlan plan, ClusterObservation cluster)
    {
        foreach (NodeObservation control in cluster.Controls.Where(c => c.NodeList is not null))
        {
            List<string> unknown = [.. control.NodeList!.Select(n => n.Address).Except(plan.Nodes.Select(n => n.ClusterAddress), StringComparer.Ordinal)];
            List<string> missing = [.. plan.Nodes.Select(n => n.ClusterAddress).Except(control.NodeList!.Select(n => n.Address), StringComparer.Ordinal)];
            if (unknown.Count + missing.Count > 0)
            {
                yield return Finding(FindingSeverity.Refusal, "membership", control.Name, string.Join(", ", unknown.DefaultIfEmpty("-")), string.Join(", ", missing.DefaultIfEmpty("-")));
            }
        }
    }

    /// <summary>Between different builds, synchronization does not work and is not expected to.</summary>
    private static Sdk.NodeState NodeState(bool mixed, NodeStatus status) =>
        mixed && status.State == Sdk.NodeState.SynchronizationFailed ? status.State : Sdk.NodeState.Available;

    private static bool IsFresh(UpgradePlan plan, NodeObservation seen, ClusterObservation cluster)
    {
        DateTimeOffset? changed = cluster.Controls.Select(c => c.Status?.SettingsChangedAt).Max();
        return seen.Status!.SynchronizedAt is { } at && (changed is null || at >= changed) && seen.At - at <= plan.Policy.SynchronizationMaxAge;
    }

    /// <summary>The builds a node may run: the start of each package, and the end of the last.</summary>
    public static IEnumerable<BuildNumber> Chain(UpgradePlan plan) => plan.Packages.Select(p => p.From).Append(plan.To);

    public static PlanFinding Finding(FindingSeverity severity, string code, string? node, params ReadOnlySpan<object?> arguments) =>
        new(severity, code, node, (node is null ? string.Empty : node + ": ") + Words.Get("finding." + code, arguments));
}
