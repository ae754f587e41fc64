namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// S0: what the vendor's procedure and the run's own promises ask for before anything is touched. Pure; used by the plan and again by the run.
/// </summary>
internal static class Preflight
{
    /// <param name="plan">The plan.</param>
    /// <param name="cluster">What was observed.</param>
    /// <param name="isOverridden">Whether a human waived a check during the run, beside the consents of the policy.</param>
    public static IEnumerable<PlanFinding> Check(UpgradePlan plan, ClusterObservation cluster, Func<string, bool>? isOverridden = null)
    {
        bool mixed = plan.Nodes.Select(n => cluster[n.Name].Build).OfType<BuildNumber>().Distinct().Count() > 1;
        IEnumerable<PlanFinding> traces = cluster.EndedRuns is { } ended ? Traces(plan, cluster, ended) : [];
        IEnumerable<PlanFinding> findings =
            plan.Nodes.SelectMany(n => Node(plan, n, cluster[n.Name], cluster)).Concat(Cluster(plan, cluster, mixed)).Concat(traces);
        bool IsWaived(PlanFinding finding) => plan.Policy.Waives(finding.Code) || isOverridden?.Invoke(finding.Code) == true;
        return findings.Select(f => f.Severity == FindingSeverity.Refusal && IsWaived(f) ? f with { Severity = FindingSeverity.Warning } : f);
    }

    /// <summary>Whether the policy, or a human during the run, accepts an ailment by its name.</summary>
    public static bool Accepts(Ailment ailment, UpgradePlan plan, Func<string, bool> enforces) => plan.Policy.Waives(ailment.Code) || !enforces(ailment.Code);

    /// <summary>What must hold of a node that is to be installed on, wherever it stands: it is well, has room, can send, and obeys us.</summary>
    public static IEnumerable<Ailment> Fitness(PlannedNode node, UpgradePlan plan, ClusterObservation cluster, RunState? run = null)
    {
        NodeObservation seen = cluster[node.Name];
        if (!seen.Answers || seen.Status is not { } status)
        {
            yield return NodeHealth.Silent(seen);
            yield break;
        }

        // How old a synchronization is, the node's own clock tells: ours may have been set.
        DateTimeOffset oldest = (status.Clock ?? seen.At) - plan.Policy.SynchronizationMaxAge;
        foreach (Ailment ailment in NodeHealth.InCluster(seen, cluster, plan.Policy, oldest).Concat(NodeHealth.OfProduct(status)))
        {
            yield return ailment;
        }

        // What our own upload takes up is taken up already.
        long uploaded = seen.Uploads?.Where(u => UploadStep.IsOfRun(u, plan)).Sum(u => u.ReceivedBytes)
            ?? plan.StepsOf(node.Name).Where(s => run?[s.Key].ToldId is not null).Sum(s => plan.Packages[s.Package!.Value].SizeBytes);
        foreach ((string mount, long bytes) in plan.Policy.RequiredFreeBytes)
        {
            DiskSpace? disk = status.Disks.FirstOrDefault(d => d.Mount == mount);
            if (disk is null || disk.FreeBytes + uploaded < bytes)
            {
                yield return Ailment.Refusal("disk", mount, disk?.FreeBytes, bytes) with { Subject = mount };
            }
        }

        if (seen.Switches is { Sending: false })
        {
            yield return Ailment.Refusal("sending-off");
        }

        if (seen.User is { } user && !(user.CanEditSettings && (status.Role == NodeRole.Control || user.CanManageNodes)))
        {
            yield return Ailment.Refusal("rights", user.UserName);
        }
    }

    /// <summary>
    /// Those of whose health nothing is known and without whom the floor, the nodes that have to serve while this one is out, is not reached.
    /// </summary>
    public static List<string> UnknownInFloor(string node, UpgradePlan plan, ClusterObservation cluster)
    {
        List<string> serving = [.. plan.Nodes.Select(n => n.Name).Where(n => n != node && cluster[n].TakesMail)];
        List<string> unknown = [.. serving.Where(cluster.IsHealthUnknown)];
        return serving.Count - unknown.Count < Math.Max(1, plan.Nodes.Count - plan.Policy.MaxUnavailable) ? unknown : [];
    }

    /// <summary>What has come up on a node since the start and is accepted by nobody: it is not touched, and nothing is installed on it.</summary>
    public static List<Ailment> Unfit(PlannedNode node, UpgradePlan plan, RunState run, ClusterObservation cluster, Func<string, bool> enforces) =>
        [.. Fitness(node, plan, cluster, run).Where(a => a.KeepsFromBeingWell && !run.WasSoAtTheStart(node.Name, a.Key) && !Accepts(a, plan, enforces))];

    private static IEnumerable<PlanFinding> Node(UpgradePlan plan, PlannedNode node, NodeObservation seen, ClusterObservation cluster)
    {
        PlanFinding Refuse(string code, params ReadOnlySpan<object?> arguments) => PlanFinding.Of(FindingSeverity.Refusal, code, node.Name, arguments);
        PlanFinding Warn(string code, params ReadOnlySpan<object?> arguments) => PlanFinding.Of(FindingSeverity.Warning, code, node.Name, arguments);

        if (!seen.Answers || seen.Status is not { } status || seen.Switches is not { } switches || seen.About is null)
        {
            yield return Refuse(
                seen.ProblemKind switch
                {
                    NodeProblemKind.Login => "node-login",
                    NodeProblemKind.Certificate => "node-certificate",
                    NodeProblemKind.Odd => "node-odd",
                    NodeProblemKind.Unread => "node-unread",
                    _ => "node-silent",
                },
                seen.Problem);
            yield break;
        }

        BuildNumber? runs = BuildMatch.Resolve(seen.About, seen.Evidence, plan.Packages);
        if (runs is null)
        {
            yield return Refuse("build-unknown", seen.About.Version, string.Join(", ", Chain(plan)));
        }
        else if (!Chain(plan).Contains(node.Build) || runs != node.Build)
        {
            yield return Refuse("build-unexpected", runs, string.Join(", ", Chain(plan)));
        }

        if (status.Role != node.Role)
        {
            yield return Refuse("role-changed", status.Role, node.Role);
        }

        foreach (Ailment ailment in Fitness(node, plan, cluster))
        {
            yield return ailment.Of(node.Name);
        }

        // Everybody else's clock is held against the Control node's, and that one against ours.
        if (status.Role == NodeRole.Control && seen.ClockSkew is { } skew && skew > plan.Policy.ClockSkewLimit)
        {
            yield return Refuse("clock", skew, plan.Policy.ClockSkewLimit);
        }

        if (node.Build != plan.To && (!switches.Receiving || seen.Load is { Mode: not LoadMode.Ready } or { Healthy: false }))
        {
            yield return Refuse(UpgradeConsents.UpgradeOutOfService);
        }

        if (node.Build == plan.To && (!switches.Receiving || seen.Load is { Mode: not LoadMode.Ready } or { Healthy: false }))
        {
            yield return Refuse("upgraded-out-of-service", plan.To);
        }

        if (seen.User is null)
        {
            yield return Warn("rights-untold");
        }

        if (seen.User?.PasswordExpiresAt is { } expires && expires - seen.WallAt < TimeSpan.FromDays(7))
        {
            yield return Warn("password-expires", expires);
        }

        if (seen.Untold.HasFlag(Facets.Queues))
        {
            yield return Refuse(UpgradeConsents.QueueUnproven, plan.Policy.DrainTimeout);
        }

        // Where uploading installs, no list proves anything.
        if (seen.UploadWay is { Lists: false, Installs: false } && node.Build != plan.To)
        {
            yield return Refuse(UpgradeConsents.UploadUnproven);
        }

        if (seen.Untold.HasFlag(Facets.Update))
        {
            yield return plan.Packages.Any(p => p.IsPreliminary) ? Refuse("preliminary-untold") : Warn("update-untold");
        }

        if (seen.Update?.IsRunning == true)
        {
            yield return Refuse("installation-running");
        }

        if (seen.Rcpt is { Accepted: false } answer && switches.Receiving)
        {
            yield return Refuse("smtp-refuses", answer.Text);
        }

        if (IsUnlisted(cluster, node.Name))
        {
            yield return Refuse("not-in-balancer");
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
            yield return PlanFinding.Of(FindingSeverity.Refusal, "balancer-silent", null, loadProblem);
        }

        foreach (PlanFinding failed in SelfTests(cluster))
        {
            yield return failed;
        }

        foreach (PlanFinding server in cluster.ServerFindings)
        {
            yield return server;
        }

        List<NodeObservation> controls = [.. cluster.Controls];
        if (cluster.Nodes.Values.All(n => n.Answers) && (controls.Count == 0 || controls.Count > (mixed ? 2 : 1)))
        {
            yield return PlanFinding.Of(FindingSeverity.Refusal, "controls", null, controls.Count, string.Join(", ", controls.Select(n => n.Name)));
        }

        IEnumerable<IGrouping<string, PlannedNode>> byAddress = plan.Nodes.Where(n => n.ClusterAddress.Length > 0).GroupBy(n => n.ClusterAddress);
        foreach (IGrouping<string, PlannedNode> twice in byAddress.Where(g => g.Count() > 1))
        {
            yield return PlanFinding.Of(FindingSeverity.Refusal, "node-twice", null, string.Join(", ", twice.Select(n => n.Name)), twice.Key);
        }

        foreach (PlanFinding membership in Membership(plan, cluster))
        {
            yield return membership;
        }

        List<PlannedNode> working = [.. plan.Nodes.Where(n => cluster[n.Name].TakesMail)];
        if (plan.Nodes.Count > 1 && working.Count < 2 && !plan.IsNothingToDo)
        {
            yield return new PlanFinding(FindingSeverity.Refusal, "nobody-left", null, working is [var last]
                ? Message.Of("finding.nobody-left", last.Name)
                : Message.Of("finding.nobody-works"));
        }

        string[] unknown =
        [
            .. plan.Nodes.Where(n => n.InService && n.Build != plan.To).SelectMany(n => UnknownInFloor(n.Name, plan, cluster))
                .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal),
        ];
        // One that the load balancer does not know at all is refused by name.
        if (unknown.Any(name => cluster[name].Load is not null))
        {
            yield return PlanFinding.Of(FindingSeverity.Refusal, UpgradeConsents.UnknownHealth, null, string.Join(", ", unknown));
        }

        bool tooFew = plan.Nodes.Count - working.Count > plan.Policy.MaxUnavailable - 1 && working.Count >= 2;
        if (tooFew && !plan.Policy.Waives(UpgradeConsents.UpgradeOutOfService))
        {
            string idle = string.Join(", ", plan.Nodes.Except(working).Select(n => n.Name));
            yield return PlanFinding.Of(FindingSeverity.Refusal, "budget", null, idle, plan.Policy.MaxUnavailable);
        }
    }

    /// <summary>
    /// What fails of the neighbours' tests of themselves, a finding for what is alike. What was seen directly as well is told as that alone.
    /// Whom no run depends on stops none.
    /// </summary>
    private static IEnumerable<PlanFinding> SelfTests(ClusterObservation cluster)
    {
        HashSet<string?> told = [cluster.LoadProblem, .. cluster.Nodes.Values.SelectMany(n => new[] { n.PortProblem, n.Rcpt?.Text, n.Problem })];
        told.UnionWith(cluster.ServerFindings.Select(f => f.Text.Shown));
        foreach (PortSelfTest test in cluster.SelfTests)
        {
            string consent = UpgradeConsents.FailedSelfTestOf(test.Port);
            bool isNeeded = UpgradeOverrides.SelfTests.Contains(consent);
            foreach (IGrouping<(string Text, string? Remedy), SelfTestResult> alike in
                test.Results.Where(r => r.Fails && !told.Contains(r.Text) && !IsUnlisted(cluster, r.Subject)).GroupBy(r => (r.Text, r.Remedy)))
            {
                Message text = Message.Of(
                    isNeeded ? "finding.self-test" : "finding.self-test-unneeded",
                    test.Port,
                    string.Join(", ", alike.Select(r => r.Subject)),
                    alike.Key.Text.TrimEnd('.'),
                    alike.Key.Remedy,
                    consent);
                yield return new PlanFinding(isNeeded ? FindingSeverity.Refusal : FindingSeverity.Warning, consent, null, text);
            }
        }
    }

    private static bool IsUnlisted(ClusterObservation cluster, string node) =>
        cluster.IsBalanced && cluster.Nodes.TryGetValue(node, out NodeObservation? seen) && seen.Load is null;

    /// <summary>The Control node lists the nodes of the plan and no other.</summary>
    public static IEnumerable<PlanFinding> Membership(UpgradePlan plan, ClusterObservation cluster)
    {
        foreach (NodeObservation control in cluster.Controls.Where(c => c.NodeList is not null))
        {
            List<string> unknown = [.. control.NodeList!.Select(n => n.Address).Except(plan.Nodes.Select(n => n.ClusterAddress), StringComparer.Ordinal)];
            List<string> missing = [.. plan.Nodes.Select(n => n.ClusterAddress).Except(control.NodeList!.Select(n => n.Address), StringComparer.Ordinal)];
            if (unknown.Count + missing.Count > 0)
            {
                string surplus = string.Join(", ", unknown.DefaultIfEmpty("-"));
                yield return PlanFinding.Of(FindingSeverity.Refusal, "membership", control.Name, surplus, string.Join(", ", missing.DefaultIfEmpty("-")));
            }
        }
    }

    /// <summary>What a run that has not ended left in the world: its snapshots of nodes that still run the old build, and its uploads.</summary>
    private static IEnumerable<PlanFinding> Traces(UpgradePlan plan, ClusterObservation cluster, IReadOnlySet<string> ended)
    {
        foreach (PlannedNode node in plan.Nodes)
        {
            List<(string Key, string Name, string Run)> traces = [];
            foreach (NodeSnapshot snapshot in cluster[node.Name].Snapshots ?? [])
            {
                string[] parts = snapshot.Name.Split('.', 4);
                if (parts.Length == 4 && parts[0] == "ksmg-upgrade" && parts[3].StartsWith(node.Build + ".", StringComparison.Ordinal))
                {
                    traces.Add(("foreign-run", snapshot.Name, parts[1]));
                }
            }

            traces.AddRange(
                from upload in cluster[node.Name].Uploads ?? []
                let run = UploadStep.RunOf(upload.Id)
                where run is not null
                select ("foreign-upload", upload.Id, run));
            foreach ((string key, string name, string run) in traces.Where(t => t.Run != plan.RunId && !ended.Contains(t.Run)))
            {
                yield return PlanFinding.Of(FindingSeverity.Refusal, key, node.Name, name, run) with { Code = UpgradeConsents.ForeignRun };
            }
        }
    }

    /// <summary>The builds a node may run: the start of each package, and the end of the last.</summary>
    public static IEnumerable<BuildNumber> Chain(UpgradePlan plan) => plan.Packages.Select(p => p.From).Append(plan.To);
}
