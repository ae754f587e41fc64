using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>
/// The simulator's model as the orchestrator's world, without sockets and sessions: for runs by the thousand in virtual time. Failures
/// come as the typed clients report them.
/// </summary>
internal sealed class DirectWorld(SimulatedCluster cluster, TimeProvider time, VirtualProcess process) : UpgradeWorldSource
{
    public static readonly TimeSpan RequestLimit = TimeSpan.FromSeconds(8);

    /// <summary>Ports the run goes without.</summary>
    public bool WithoutLoadBalancer { get; init; }

    public IBuildEvidence? BuildEvidence { get; init; }

    /// <summary>What is called around the work of a run.</summary>
    public IReadOnlyList<IUpgradeHook> Hooks { get; init; } = [];

    /// <summary>What has to be green before a node is begun.</summary>
    public IReadOnlyList<IUpgradeGate> Gates { get; init; } = [];

    /// <summary>How packages get into the nodes.</summary>
    public UploadWay Uploads { get; init; } = UploadWay.Observed;

    /// <summary>The cluster as somebody has it configured.</summary>
    public RunOwner As { get; init; } = new("direct", [.. cluster.World.Nodes.Select(n => new RunOwnerNode(n.Name))]);

    /// <summary>The neighbours as somebody has them configured.</summary>
    public Func<UpgradePorts, UpgradePorts> With { get; init; } = ports => ports;

    public override RunOwner Owner => As;

    public override TimeProvider Time => time;

    public override UpgradeWorld Create(UpgradePlan? plan) => new()
    {
        Nodes = cluster.World.Nodes.ToDictionary(n => n.Name, INodePort (n) => NodeOf(n), StringComparer.Ordinal),
        Ports = With(PortsOf(cluster, process, WithoutLoadBalancer) with
        {
            BuildEvidence = BuildEvidence,
            Gates = Gates,
            Hooks = [.. Hooks.Select(hook => new MortalHook(hook, process))],
        }),
        Time = time,
        RequestLimit = RequestLimit,
    };

    /// <summary>The neighbours of the cluster as a process sees them.</summary>
    public static UpgradePorts PortsOf(SimulatedCluster cluster, VirtualProcess process, bool withoutLoadBalancer) => new()
    {
        LoadBalancer = withoutLoadBalancer ? null : new MortalBalancer(cluster.LoadBalancer, process),
        Snapshots = new MortalSnapshots(cluster.Snapshots, process),
        Configuration = new MortalFiles(cluster.ConfigurationFiles, process),
        MailProbe = new MortalProbe(cluster.MailProbe, process),
    };

    private ModelNodePort NodeOf(SimulatedNode node) => new(node, time)
    {
        UploadTime = _ => TimeSpan.FromSeconds(3),
        Uploads = Uploads,
        Calling = process.MustLive,
        Caused = operation => process.EffectCaused(operation, node.Name, StepsOf(operation)),
    };

    private string[] StepsOf(string operation) => operation switch
    {
        "set-receiving" => ["S2", "S9", "S13", "S14b"],
        "flush-queue" => ["S3"],
        "upload-update" or "upload-bytes" or "upload-end" => Uploads.Installs ? ["S8"] : ["S7"],
        "delete-update" => ["S7", "S8", "R4b"],
        "start-update" => ["S8"],
        "assign-control" => ["S11", "S16a"],
        "assign-secondary" => ["S6", "S16a"],
        _ => throw new ArgumentOutOfRangeException(nameof(operation), operation, "No step causes it."),
    };

    private sealed class MortalHook(IUpgradeHook inner, VirtualProcess process) : IUpgradeHook
    {
        public string Name => inner.Name;

        public IReadOnlyList<HookPoint> Points => inner.Points;

        public TimeSpan TimeLimit => inner.TimeLimit;

        public async Task<HookResult> RunAsync(HookCall call, CancellationToken cancellationToken = default)
        {
            process.MustLive();
            HookResult result = await inner.RunAsync(call, cancellationToken);
            process.EffectCaused("hook", call.Node ?? "-", "H1", "H2", "H3", "H4");
            return result;
        }
    }

    private sealed class MortalBalancer(ILoadBalancer inner, VirtualProcess process) : ILoadBalancer
    {
        public Task<IReadOnlyDictionary<string, LoadState>> GetAsync(CancellationToken cancellationToken = default)
        {
            process.MustLive();
            return inner.GetAsync(cancellationToken);
        }

        public async Task SetAsync(string node, LoadMode mode, CancellationToken cancellationToken = default)
        {
            process.MustLive();
            await inner.SetAsync(node, mode, cancellationToken);
            process.EffectCaused($"load {mode}", node, mode == LoadMode.Ready ? "S15" : "S1");
        }

        public async Task CloseSessionsAsync(string node, CancellationToken cancellationToken = default)
        {
            process.MustLive();
            await inner.CloseSessionsAsync(node, cancellationToken);
            process.EffectCaused("close-sessions", node, "S1");
        }
    }

    private sealed class MortalSnapshots(ISnapshotProvider inner, VirtualProcess process) : ISnapshotProvider
    {
        public Task<IReadOnlyList<NodeSnapshot>> ListAsync(string node, CancellationToken cancellationToken = default)
        {
            process.MustLive();
            return inner.ListAsync(node, cancellationToken);
        }

        public async Task CreateAsync(string node, string name, CancellationToken cancellationToken = default)
        {
            process.MustLive();
            await inner.CreateAsync(node, name, cancellationToken);
            process.EffectCaused("snapshot", node, "S4a", "S4b");
        }

        public async Task RevertAsync(string node, string name, CancellationToken cancellationToken = default)
        {
            process.MustLive();
            await inner.RevertAsync(node, name, cancellationToken);
            process.EffectCaused("revert", node, "R4");
        }
    }

    private sealed class MortalFiles(IConfigurationFiles inner, VirtualProcess process) : IConfigurationFiles
    {
        public Task<IReadOnlyList<ConfigurationFile>> ListAsync(string node, CancellationToken cancellationToken = default)
        {
            process.MustLive();
            return inner.ListAsync(node, cancellationToken);
        }

        public Task<ReadOnlyMemory<byte>> ReadAsync(string node, string path, CancellationToken cancellationToken = default)
        {
            process.MustLive();
            return inner.ReadAsync(node, path, cancellationToken);
        }

        public async Task WriteAsync(string node, ConfigurationFile file, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
        {
            process.MustLive();
            await inner.WriteAsync(node, file, content, cancellationToken);
            process.EffectCaused("config", node, "S12");
        }

        public Task<string?> GetPristineSha256Async(string node, string path, BuildNumber build, CancellationToken cancellationToken = default) =>
            inner.GetPristineSha256Async(node, path, build, cancellationToken);

        public Task<ReadOnlyMemory<byte>?> ReadPristineAsync(string node, string path, BuildNumber build, CancellationToken cancellationToken = default) =>
            inner.ReadPristineAsync(node, path, build, cancellationToken);
    }

    private sealed class MortalProbe(IMailProbe inner, VirtualProcess process) : IMailProbe
    {
        public Task<ProbeAnswer> AskAsync(string node, CancellationToken cancellationToken = default)
        {
            process.MustLive();
            return inner.AskAsync(node, cancellationToken);
        }

        public async Task<ProbeAnswer> SendAsync(string node, string messageId, CancellationToken cancellationToken = default)
        {
            process.MustLive();
            ProbeAnswer answer = await inner.SendAsync(node, messageId, cancellationToken);
            process.EffectCaused("probe", node, "S14");
            return answer;
        }

        public Task<IReadOnlyList<ProbeCopy>> FindAsync(string messageId, CancellationToken cancellationToken = default)
        {
            process.MustLive();
            return inner.FindAsync(messageId, cancellationToken);
        }
    }
}
