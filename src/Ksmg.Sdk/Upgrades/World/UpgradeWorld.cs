namespace Ksmg.Sdk.Upgrades;

/// <summary>Everything outside that a run looks at or changes.</summary>
internal sealed record UpgradeWorld : IAsyncDisposable
{
    public required IReadOnlyDictionary<string, INodePort> Nodes { get; init; }

    public required UpgradePorts Ports { get; init; }

    /// <summary>The neighbours as they are, for their tests of themselves; <see langword="null"/>: nobody is asked.</summary>
    public UpgradePorts? Tested { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>The hard limit of every call but an upload: later than this after its intent, no request of ours arrives.</summary>
    public required TimeSpan RequestLimit { get; init; }

    /// <summary>Where each node takes mail, <c>host:port</c>; where that is not configured, the host of its web interface.</summary>
    public IReadOnlyDictionary<string, string> MailAddresses { get; init; } = new Dictionary<string, string>();

    /// <summary>The package, where the nodes need one.</summary>
    public RunPackage? Packages { get; init; }

    public AdaptersPresent Adapters =>
        new(
            Ports.LoadBalancer is not null,
            Ports.Snapshots is not null,
            Ports.Configuration is not null,
            Ports.MailProbe is not null,
            Ports.Notifiers.Count > 0)
        {
            Hooks = Ports.Hooks,
            Gates = Ports.Gates,
        };

    public ValueTask DisposeAsync() => Packages?.DisposeAsync() ?? ValueTask.CompletedTask;
}

/// <summary>Which ports are there.</summary>
internal sealed record AdaptersPresent(bool LoadBalancer, bool Snapshots, bool Configuration, bool MailProbe, bool Notifiers)
{
    /// <summary>The hooks, in the order in which they are called.</summary>
    public IReadOnlyList<IUpgradeHook> Hooks { get; init; } = [];

    /// <summary>The external gates.</summary>
    public IReadOnlyList<IUpgradeGate> Gates { get; init; } = [];

    /// <summary>The ports that steps of a plan need and that are not there, as the configuration calls them.</summary>
    public IEnumerable<string> MissingFor(UpgradePlan plan)
    {
        bool Needs(params StepId[] steps) => plan.Steps.Any(s => steps.Contains(s.Id));

        if (!LoadBalancer && Needs(StepId.LoadOff, StepId.LoadOn))
        {
            yield return nameof(LoadBalancer);
        }

        if (!Snapshots && Needs(StepId.SnapshotBefore, StepId.SnapshotDrained))
        {
            yield return nameof(Snapshots);
        }

        if (!Configuration && Needs(StepId.SaveConfiguration, StepId.RestoreConfiguration))
        {
            yield return nameof(Configuration);
        }

        if (!MailProbe && Needs(StepId.TestMessage))
        {
            yield return nameof(MailProbe);
        }

        if (Enum.GetValues<HookPoint>().Any(point => Needs(Procedure.HooksAt(point)) && !Hooks.Any(hook => hook.Points.Contains(point))))
        {
            yield return nameof(Hooks);
        }

        if (plan.Gates.Any(name => Gates.All(gate => gate.Name != name)))
        {
            yield return nameof(Gates);
        }
    }
}

/// <summary>Makes the world of one run.</summary>
internal abstract class UpgradeWorldSource
{
    /// <summary>The cluster as configured, its nodes in the order of the configuration.</summary>
    public abstract RunOwner Owner { get; }

    public abstract TimeProvider Time { get; }

    /// <param name="plan">The plan, or <see langword="null"/> to look only.</param>
    public abstract UpgradeWorld Create(UpgradePlan? plan);
}

/// <summary>The world through the typed clients.</summary>
internal sealed class ClientWorldSource(KsmgCluster cluster, UpgradePorts ports, TimeProvider time) : UpgradeWorldSource
{
    public override RunOwner Owner { get; } = new(
        cluster.Name, [.. cluster.Nodes.Select(n => new RunOwnerNode(n.Name, n.Address, n.ConfiguredClusterAddress))]);

    public override TimeProvider Time => time;

    internal static Dictionary<string, string> MailAddressesOf(KsmgCluster cluster) =>
        cluster.Nodes.ToDictionary(n => n.Name, n => n.Smtp is { Length: > 0 } smtp ? smtp : n.Address.Host, StringComparer.OrdinalIgnoreCase);

    public override UpgradeWorld Create(UpgradePlan? plan)
    {
        int uploadsAtOnce = plan is { Policy.StageUploads: StageUploads.BeforeRun }
            ? Math.Max(1, plan.Steps.Count(s => s.Id == StepId.Upload && s.Package == 0))
            : 1;
        RunPackage packages = new(plan?.PackagePath ?? string.Empty, plan?.Packages ?? [], uploadsAtOnce);
        return new UpgradeWorld
        {
            Nodes = cluster.Nodes.ToDictionary(n => n.Name, INodePort (n) => new ClientNodePort(n, packages), StringComparer.Ordinal),
            Ports = ports,
            Time = time,
            RequestLimit = cluster.RequestLimit,
            MailAddresses = MailAddressesOf(cluster),
            Packages = packages,
        };
    }
}
