using Ksmg.Sdk;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ksmg.Simulator;

/// <summary>
/// Carries out a plan on a simulated copy of the cluster it was made for, in virtual time: nodes, roles, builds, switches, load, neighbours
/// and policy are those of the plan, and it is the very plan that runs. Nothing of the real cluster is asked or changed.
/// </summary>
public sealed class UpgradeRehearsal
{
    private const string Human = "rehearsal";
    private const double MailPerSecond = 1;

    private static readonly TimeSpan FirstMail = TimeSpan.FromSeconds(5);

    /// <summary>Longer than any run whose every wait lasts to its end.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromDays(30);

    private readonly UpgradePlan _plan;
    private readonly RehearsalOptions _options;

    /// <param name="plan">A plan that is not refused and has something to do.</param>
    /// <param name="options">What the plan does not know.</param>
    /// <exception cref="ArgumentException">The plan cannot be carried out.</exception>
    public UpgradeRehearsal(UpgradePlan plan, RehearsalOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(plan);
        if (plan.IsRefused || plan.IsNothingToDo || !Upgraded(plan).Any())
        {
            throw new ArgumentException(Words.Get("rehearsal.no-plan"), nameof(plan));
        }

        _plan = plan;
        _options = options ?? new RehearsalOptions();
    }

    /// <summary>Everything that can go wrong in a rehearsal, on the node that is upgraded first.</summary>
    public IReadOnlyList<RehearsalFault> Faults => RehearsalFault.Of(FirstNode);

    /// <summary>The node that is upgraded first.</summary>
    public string FirstNode => Upgraded(_plan).First();

    /// <summary>Some of <see cref="Faults"/>, as a seed has it, each on a node of its own choice.</summary>
    /// <param name="seed">The same seed brings the same faults.</param>
    /// <param name="most">How many at most.</param>
    public IReadOnlyList<RehearsalFault> Choose(int seed, int most = 3)
    {
        Random random = new(seed);
        string[] nodes = [.. Upgraded(_plan)];
        return [.. Enumerable.Range(0, random.Next(1, most + 1)).Select(_ => Any(RehearsalFault.Of(Any(nodes)))).DistinctBy(f => f.Name)];

        T Any<T>(IReadOnlyList<T> of) => of[random.Next(of.Count)];
    }

    /// <summary>Carries the plan out once, until it ends or a human has to decide; approvals are given at once.</summary>
    /// <param name="faults">What goes wrong; none: nothing does.</param>
    public RehearsedRun Run(params IReadOnlyList<RehearsalFault> faults)
    {
        ArgumentNullException.ThrowIfNull(faults);
        VirtualTimeProvider time = new(Start());
        SimulatedCluster cluster = Copy(time);
        try
        {
            foreach (SimulatedFault fault in faults.SelectMany(f => f.Faults))
            {
                cluster.Faults.Arm(fault);
            }

            return Run(cluster, time, [.. faults.Select(f => f.Name)]);
        }
        finally
        {
            // Without sockets nothing of it has to be waited for.
            cluster.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    private RehearsedRun Run(SimulatedCluster cluster, VirtualTimeProvider time, IReadOnlyList<string> faults)
    {
        ModelWorld world = new(cluster, time, RunOwner.Of(_plan), Neighbours(cluster))
        {
            Uploads = UploadWay.Observed with { Installs = !Has(StepId.Upload) },
            UploadTime = package => TimeSpan.FromSeconds((double)package.SizeBytes / _options.UploadBytesPerSecond),
        };
        RollingUpgradeOrchestrator orchestrator = new(world, new InMemoryUpgradeJournal(time), _plan.Policy, NullLogger.Instance);
        List<Message> approvals = [];
        UpgradeRun run = null!;
        UpgradeReport report = Drive(async () =>
        {
            run = await orchestrator.StartAsync(_plan).ConfigureAwait(false);
            return await run.WaitAsync().ConfigureAwait(false);
        });
        while (run.WaitingFor is { Kind: WaitingForKind.Approval } gate && gate.Step == StepId.Gate)
        {
            approvals.Add(gate.Reason);
            report = Drive(async () =>
            {
                await run.ApproveAsync(Human, gate.PlanHash).ConfigureAwait(false);
                await run.ContinueAsync().ConfigureAwait(false);
                return await run.WaitAsync().ConfigureAwait(false);
            });
        }

        StepKey? stopped = run.WaitingFor is null ? null : report.StoppedAt;
        MailFigures mail = cluster.GetMail();
        return new RehearsedRun
        {
            Faults = faults,
            End = report.End,
            Took = time.Elapsed - FirstMail,
            Approvals = approvals,
            Reason = report.Reason,
            Step = stopped?.Id,
            Node = stopped?.Node,
            Options = run.WaitingFor?.Options ?? [],
            OutOfService = report.Nodes.Where(n => n.OutOfService is not null).ToDictionary(n => n.Name, n => n.OutOfService!.Value, StringComparer.Ordinal),
            Mail = mail with { Lost = [.. mail.Lost.Where(id => !id.Contains(RehearsalFault.TestMessages, StringComparison.Ordinal))] },
            Violations =
            [
                .. cluster.GetViolations(atEnd: run.WaitingFor is null, completed: report.End == UpgradeEnd.Completed)
                    .Where(v => v.Cause == EffectCause.Client),
            ],
        };

        UpgradeReport Drive(Func<Task<UpgradeReport>> drive) => time.Run(drive, Limit);
    }

    private SimulatedCluster Copy(VirtualTimeProvider time)
    {
        SimulatedCluster cluster = SimulatedCluster.CreateVirtual(
            new SimulatedClusterOptions
            {
                Members =
                [
                    .. _plan.Nodes.Select(n => new SimulatedNodeStart(n.Name, n.Role, n.Build, n.ClusterAddress) { Receiving = n.Receiving }),
                ],
                Build = _plan.From,
                TargetBuild = _plan.To,
                Packages =
                [
                    .. _plan.Packages.Select(p => new SimulatedPackage(p.Name, p.SizeBytes, p.Sha256, p.From, p.IsPreliminary ? p.From : p.To)),
                ],
                InstallTime = _options.InstallTime,
                RestartTime = _options.RestartTime,
                SnapshotTime = _options.SnapshotTime,
                MailFloor = Math.Max(0, _plan.Nodes.Count - _plan.Policy.MaxUnavailable),
            },
            time);
        cluster.StartMail(MailPerSecond);

        // Only once mail flows is a node without load one that somebody took out.
        time.Advance(FirstMail);
        foreach (PlannedNode node in _plan.Nodes)
        {
            cluster.World.Mail.Balancer.Set(node.Name, node.Load ?? LoadMode.Ready, SimulatedWorld.Word(EffectCause.Human));
        }

        foreach ((string node, int count) in _options.StuckMessages.Where(stuck => stuck.Value > 0))
        {
            cluster.Faults.Arm(new SimulatedFault
            {
                Fault = "queue-stuck",
                Node = node,
                Value = count.ToString(System.Globalization.CultureInfo.InvariantCulture),
            });
        }

        return cluster;
    }

    /// <summary>Where nodes are begun in maintenance windows, the night begins with the next one: the hours until then are no part of it.</summary>
    private DateTimeOffset Start() => _plan.Policy is { Windows: { Count: > 0 } windows, NodeTime: var nodeTime }
        && MaintenanceHours.Next(windows, _plan.CreatedAt, nodeTime)?.From is { } opens
        ? opens - FirstMail
        : _plan.CreatedAt;

    /// <summary>The neighbours that the plan has steps for.</summary>
    private UpgradePorts Neighbours(SimulatedCluster cluster) => new()
    {
        LoadBalancer = Has(StepId.LoadOff) || _plan.Nodes.Any(n => n.Load is not null) ? cluster.LoadBalancer : null,
        Snapshots = Has(StepId.SnapshotBefore) || Has(StepId.SnapshotDrained) ? cluster.Snapshots : null,
        Configuration = Has(StepId.SaveConfiguration) ? cluster.ConfigurationFiles : null,
        MailProbe = Has(StepId.TestMessage) ? cluster.MailProbe : null,
        Gates = [.. _plan.Gates.Select(name => new PassedOverGate(name))],
        Hooks = [.. Enum.GetValues<HookPoint>().Where(point => Has(Procedure.HooksAt(point))).Select(point => new PassedOverHook(point))],
    };

    private static IEnumerable<string> Upgraded(UpgradePlan plan) => plan.Nodes.Where(n => n.Build != plan.To).Select(n => n.Name);

    private bool Has(StepId step) => _plan.Steps.Any(s => s.Id == step);
}
