using System.Globalization;
using System.Security.Cryptography;

namespace Ksmg.Sdk.Upgrades;

/// <summary>What a plan is made from.</summary>
internal sealed record PlannerInput
{
    public required string RunId { get; init; }

    /// <summary>The cluster as configured, its nodes in the order of the configuration.</summary>
    public required RunOwner Owner { get; init; }

    public required string PackagePath { get; init; }

    public required IReadOnlyList<PlannedPackage> Packages { get; init; }

    public required UpgradePolicy Policy { get; init; }

    public required AdaptersPresent Adapters { get; init; }

    public required ClusterObservation Observation { get; init; }

    /// <summary>The runs that are recorded here: the traces of those that have ended are not another run's.</summary>
    public required IReadOnlyList<RunSummary> Runs { get; init; }
}

/// <summary>Makes a plan from one observation. Pure.</summary>
internal static class UpgradePlanner
{
    public static string NewRunId(DateTimeOffset now) =>
        $"{now.UtcDateTime.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture)}-{RandomNumberGenerator.GetHexString(4, lowercase: true)}";

    public static UpgradePlan Plan(PlannerInput input)
    {
        BuildNumber from = input.Packages[0].From;
        BuildNumber to = input.Packages[^1].To;
        List<PlannedNode> nodes = Order(input, from, to);
        UpgradePlan plan = new()
        {
            RunId = input.RunId,
            Cluster = input.Owner.Cluster,
            CreatedAt = input.Observation.At,
            From = from,
            To = to,
            PackagePath = input.PackagePath,
            Packages = input.Packages,
            Nodes = nodes,
            Steps = new StepBuilder(input, nodes, to).Build(),
            Policy = input.Policy,
            Gates = [.. input.Adapters.Gates.Select(gate => gate.Name)],
            Findings = [],
            Hash = string.Empty,
        };
        plan = plan with { Findings = plan.IsNothingToDo ? [] : [.. Findings(plan, input)] };
        return plan with { Hash = PlanJson.Hash(plan) };
    }

    /// <summary>
    /// Secondaries first, in the order of the configuration, the one that is to keep the Control role before the others; the Control node last.
    /// </summary>
    private static List<PlannedNode> Order(PlannerInput input, BuildNumber from, BuildNumber to)
    {
        List<PlannedNode> nodes = [.. input.Owner.Nodes.Select(n => Describe(input, n, from))];
        bool alone = nodes.Count == 1;
        bool handedOver = nodes.Any(n => n.Role == NodeRole.Control && n.Build == to);
        string? heir = alone || handedOver
            ? null
            : nodes.Where(n => n.Role != NodeRole.Control)
                .OrderBy(n => (n.Name == input.Policy.PreferredControl, n.Build == to) switch
                {
                    (true, _) => 0,
                    (_, true) => 1,
                    _ => 2,
                })
                .FirstOrDefault()?.Name;
        return [.. nodes
            .Select(n => n with
            {
                Promote = n.Name == heir,
                FormerControl = !alone && n.Role == NodeRole.Control && n.Build != to,
            })
            .OrderBy(n => (n.Build == to, n.FormerControl) switch
            {
                (true, _) => 0,
                (_, false) => 1,
                _ => 2,
            })
            .ThenBy(n => n.Promote ? 0 : 1)];
    }

    private static PlannedNode Describe(PlannerInput input, RunOwnerNode node, BuildNumber from)
    {
        NodeObservation seen = input.Observation[node.Name];
        return new PlannedNode
        {
            Name = node.Name,
            Address = node.Address,
            ClusterAddress = seen.Status?.Address ?? node.ClusterAddress ?? string.Empty,
            HostName = seen.Status?.HostName,
            Role = seen.Role ?? default,
            // One that cannot be told is refused by the preflight: the build stands here for the plan's shape alone.
            Build = BuildMatch.Resolve(seen.About, seen.Evidence, input.Packages) ?? from,
            Receiving = seen.Switches?.Receiving ?? false,
            Load = seen.Load?.Mode,
        };
    }

    private static IEnumerable<PlanFinding> Findings(UpgradePlan plan, PlannerInput input) => ActiveRun(input, plan) is { } active ? [active] :
    [
        .. PolicyRules.Check(plan.Policy, [.. input.Owner.Nodes.Select(n => n.Name)], plan.CreatedAt),
        .. Preflight.Check(plan, input.Observation with { EndedRuns = input.Runs.Where(r => r.End is not null).Select(r => r.RunId).ToHashSet() }),
        .. Adapters(plan, input),
        .. Uploads(plan, input),
        .. Namesakes(plan, input),
        .. Names(input),
    ];

    /// <summary>In the middle of a run everything else that could be found is that run's own work.</summary>
    private static PlanFinding? ActiveRun(PlannerInput input, UpgradePlan plan) =>
        input.Runs.FirstOrDefault(r => r.End is null && r.Owner?.MayBe(RunOwner.Of(plan)) == true) is { } run
            ? PlanFinding.Of(FindingSeverity.Refusal, run.Holder is null ? "run-not-ended" : "run-driven", null, run.RunId, run.Holder)
            : null;

    private static IEnumerable<PlanFinding> Adapters(UpgradePlan plan, PlannerInput input)
    {
        PlanFinding Missing(string consent) => PlanFinding.Of(
            plan.Policy.Waives(consent) ? FindingSeverity.Warning : FindingSeverity.Refusal, consent, null, consent);

        if (plan.Nodes.Count == 1)
        {
            yield return Missing(UpgradeConsents.InterruptsMail);
        }
        else if (!input.Adapters.LoadBalancer)
        {
            yield return Missing(UpgradeConsents.NoLoadBalancer);
        }

        if (plan.Nodes.Count > 2 && plan.Policy.DemoteFormerControl == DemoteFormerControl.WhenPromoted)
        {
            yield return Missing(UpgradeConsents.DemoteWhenPromoted);
        }

        if (!input.Adapters.Snapshots || plan.Policy.Snapshots == SnapshotPolicy.None)
        {
            yield return Missing(UpgradeConsents.NoSnapshots);
        }

        else
        {
            foreach (PlannedNode node in plan.Nodes.Where(n => plan.Policy.Waives(UpgradeConsents.NoSnapshotsOf(n.Name))))
            {
                yield return PlanFinding.Of(FindingSeverity.Warning, "no-snapshots-of", node.Name, UpgradeConsents.NoSnapshotsOf(node.Name));
            }
        }

        if (plan.Policy.Waives(UpgradeConsents.NewCertificate))
        {
            yield return Missing(UpgradeConsents.NewCertificate);
        }

        if (!input.Adapters.Configuration)
        {
            yield return Missing(UpgradeConsents.NoConfiguration);
        }

        if (!input.Adapters.MailProbe)
        {
            yield return Missing(UpgradeConsents.NoMailProbe);
        }

        if (!input.Adapters.Notifiers)
        {
            yield return PlanFinding.Of(FindingSeverity.Information, "nobody-told", null);
        }
    }

    /// <summary>Hooks and gates are known by their names, to people and to whoever tells repeated calls apart.</summary>
    private static IEnumerable<PlanFinding> Names(PlannerInput input) =>
        from finding in new[] { ("hook-twice", input.Adapters.Hooks.Select(hook => hook.Name)), ("gate-twice", input.Adapters.Gates.Select(gate => gate.Name)) }
        from named in finding.Item2.GroupBy(name => name, StringComparer.OrdinalIgnoreCase)
        where named.Count() > 1
        select PlanFinding.Of(FindingSeverity.Refusal, finding.Item1, null, named.Key);

    /// <summary>How packages get into the nodes, where that leaves less to prove.</summary>
    private static IEnumerable<PlanFinding> Uploads(UpgradePlan plan, PlannerInput input)
    {
        foreach (PlannedNode node in plan.Nodes.Where(n => n.Build != plan.To))
        {
            switch (input.Observation[node.Name].UploadWay)
            {
                case { Installs: true }:
                    yield return PlanFinding.Of(FindingSeverity.Warning, "upload-installs", node.Name, UpgradeOverrides.LateStart);
                    break;
                case { Untold: { } untold }:
                    yield return PlanFinding.Of(FindingSeverity.Warning, "delete-untold-yet", node.Name, untold);
                    break;
                case { Deletes: false }:
                    yield return PlanFinding.Of(FindingSeverity.Warning, "delete-untold", node.Name);
                    break;
            }
        }
    }

    /// <summary>Another cluster whose runs are kept beside ours bears our name: people cannot tell them apart.</summary>
    private static IEnumerable<PlanFinding> Namesakes(UpgradePlan plan, PlannerInput input) => input.Runs
        .Where(r => r.End is null && r.Owner is { } other && other.Cluster == plan.Cluster && !other.MayBe(RunOwner.Of(plan)))
        .Take(1)
        .Select(r => PlanFinding.Of(FindingSeverity.Warning, "namesake", null, r.RunId, r.Owner));
}

/// <summary>Lays out the steps of a run and what each comes after.</summary>
internal sealed class StepBuilder(PlannerInput input, List<PlannedNode> nodes, BuildNumber to)
{
    private readonly List<PlannedStep> steps = [];
    private readonly UpgradePolicy policy = input.Policy;

    public List<PlannedStep> Build()
    {
        List<PlannedNode> work = [.. nodes.Where(n => n.Build != to || n.Promote)];
        if (work.Count == 0 && !nodes.Any(n => n.FormerControl))
        {
            return steps;
        }

        StepKey last = AddHooks(HookPoint.BeforeRun, null, [Add(StepId.Preflight, null, [])])[0];
        List<StepKey> gate = [last];
        if (input.Adapters.Snapshots && policy.Snapshots != SnapshotPolicy.None)
        {
            gate = [.. nodes.Where(n => n.Build != to && HasSnapshots(n)).Select(n => Add(StepId.SnapshotBefore, n.Name, [last]))];
            gate = gate.Count == 0 ? [last] : gate;
        }

        if (policy.StageUploads == StageUploads.BeforeRun)
        {
            gate = [.. gate, .. work.Where(n => n.Build != to && !Installs(n)).Select(n => Add(StepId.Upload, n.Name, [last], FirstPackage(n)))];
        }

        StepKey? heirServes = null;
        foreach (PlannedNode node in work)
        {
            bool alreadyAt = node.Build == to;
            List<StepKey> before = AddHooks(HookPoint.BeforeNode, node.Name, gate);
            StepKey end = alreadyAt ? Add(StepId.Promote, node.Name, before) : Node(node, before, heirServes);
            gate = AddHooks(HookPoint.AfterNode, node.Name, [Add(StepId.Gate, node.Name, [end])]);
            if (node.Promote)
            {
                heirServes = end;
                if (policy.DemoteFormerControl == DemoteFormerControl.WhenPromoted && nodes.FirstOrDefault(n => n.FormerControl) is { } former)
                {
                    gate = [.. gate, Add(StepId.Demote, former.Name, [end])];
                }
            }
        }

        if (Keeper() is { } keeper && keeper.Name != policy.PreferredControl)
        {
            gate = [Add(StepId.HandOver, keeper.Name, gate)];
        }

        AddHooks(HookPoint.AfterRun, null, [Add(StepId.Commit, null, gate)]);
        return steps;
    }

    /// <summary>The step of a point's hooks, where there are any; answers what the next steps come after.</summary>
    private List<StepKey> AddHooks(HookPoint point, string? node, List<StepKey> after)
    {
        IUpgradeHook[] hooks = [.. input.Adapters.Hooks.Where(hook => hook.Points.Contains(point))];
        if (hooks.Length == 0)
        {
            return after;
        }

        PlannedStep step = Procedure.Plan(policy, Procedure.HooksAt(point), node, after) with
        {
            Timeout = hooks.Aggregate(TimeSpan.Zero, (sum, hook) => sum + hook.TimeLimit),
        };
        steps.Add(step);
        return [step.Key];
    }

    /// <summary>Who has the Control role when all nodes run the new build, where the policy names one that is to have it then.</summary>
    private PlannedNode? Keeper() => nodes.Any(n => n.Name == policy.PreferredControl)
        ? nodes.FirstOrDefault(n => n.Promote) ?? nodes.FirstOrDefault(n => n.Role == NodeRole.Control && n.Build == to)
        : null;

    /// <summary>Whether uploading installs: then there is no step of its own for it.</summary>
    private bool Installs(PlannedNode node) => input.Observation[node.Name].UploadWay.Installs;

    private bool HasSnapshots(PlannedNode node) => !policy.Waives(UpgradeConsents.NoSnapshotsOf(node.Name));

    /// <summary>The steps of one node, from its first touch to its return to work; answers the key of the last one.</summary>
    private StepKey Node(PlannedNode node, List<StepKey> before, StepKey? heirServes)
    {
        bool balanced = input.Adapters.LoadBalancer;
        List<StepKey> off = [Add(StepId.ReceiveOff, node.Name, balanced ? [Add(StepId.LoadOff, node.Name, before)] : before)];
        StepKey drained = Add(StepId.Drain, node.Name, off);
        List<StepKey> ready = [drained];
        if (input.Adapters.Snapshots && policy.Snapshots == SnapshotPolicy.BeforeRunAndDrained && HasSnapshots(node))
        {
            ready.Add(Add(StepId.SnapshotDrained, node.Name, [drained]));
        }

        if (input.Adapters.Configuration)
        {
            ready.Add(Add(StepId.SaveConfiguration, node.Name, off));
        }

        int first = FirstPackage(node);
        if (!Installs(node))
        {
            ready.Add(policy.StageUploads switch
            {
                StageUploads.BeforeRun => new StepKey(StepId.Upload, node.Name, first),
                StageUploads.WhileDraining => Add(StepId.Upload, node.Name, off, first),
                _ => Add(StepId.Upload, node.Name, [drained], first),
            });
        }

        if (node.FormerControl && policy.DemoteFormerControl == DemoteFormerControl.BeforeItsUpdate)
        {
            ready.Add(Add(StepId.Demote, node.Name, heirServes is { } heir ? [.. ready, heir] : [.. ready]));
        }

        StepKey verified = default;
        for (int package = first; package < input.Packages.Count; package++)
        {
            if (package > first)
            {
                ready = [Installs(node) ? verified : Add(StepId.Upload, node.Name, [verified], package)];
            }

            StepKey back = Add(StepId.WaitForNode, node.Name, [Add(StepId.Install, node.Name, ready, package)], package);
            verified = input.Packages[package].IsPreliminary ? back : Add(StepId.VerifyBuild, node.Name, [back], package);
        }

        return BackToWork(node, verified, balanced);
    }

    private int FirstPackage(PlannedNode node) => Math.Max(0, input.Packages.ToList().FindIndex(p => p.From == node.Build));

    private StepKey BackToWork(PlannedNode node, StepKey verified, bool balanced)
    {
        List<StepKey> upgraded = [verified];
        if (node.Promote)
        {
            upgraded.Add(Add(StepId.Promote, node.Name, [verified]));
        }

        if (input.Adapters.Configuration)
        {
            upgraded.Add(Add(StepId.RestoreConfiguration, node.Name, [verified]));
        }

        StepKey last = Add(StepId.ReceiveOn, node.Name, upgraded);
        if (input.Adapters.MailProbe)
        {
            last = Add(StepId.TestMessage, node.Name, [last]);
        }

        if (!node.Receiving)
        {
            // It did not receive before we came: receiving was for the test message alone.
            last = Add(StepId.ReceiveOffAgain, node.Name, [last]);
        }

        if (balanced && node.Load == LoadMode.Ready)
        {
            last = Add(StepId.LoadOn, node.Name, [last]);
        }

        return last;
    }

    private StepKey Add(StepId id, string? node, List<StepKey> after, int? package = null)
    {
        PlannedStep step = Procedure.Plan(policy, id, node, after, package);
        if (id == StepId.Install && Installs(nodes.First(n => n.Name == node)))
        {
            step = step with { Timeout = policy.UploadTimeout + policy.InstallTimeout };
        }

        steps.Add(step);
        return step.Key;
    }
}
