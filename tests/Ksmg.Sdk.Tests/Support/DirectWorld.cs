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
        Nodes = cluster.World.Nodes.ToDictionary(n => n.Name, INodePort (n) => new DirectNode(n, time, process, Uploads), StringComparer.Ordinal),
        Ports = With(PortsOf(cluster, process, WithoutLoadBalancer) with { BuildEvidence = BuildEvidence }),
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

    private sealed class DirectNode(SimulatedNode node, TimeProvider time, VirtualProcess process, UploadWay uploads) : INodePort
    {
        public string Name => node.Name;

        public Task<NodeStatus> GetStatusAsync(CancellationToken cancellationToken) => ReadAsync("get-node-status", n => n.GetStatus(), cancellationToken);

        public Task<AboutInfo> GetAboutAsync(CancellationToken cancellationToken) => ReadAsync("get-about", n => n.GetAbout(), cancellationToken);

        public Task<MailFlowSwitches> GetSwitchesAsync(CancellationToken cancellationToken) =>
            ReadAsync("get-mail-flow", n => n.GetSwitches(null), cancellationToken);

        public Task<QueueSummary?> GetQueuesAsync(CancellationToken cancellationToken) =>
            ReadAsync<QueueSummary?>("get-queue-summary", n => n.GetQueueSummary(null), cancellationToken);

        public Task<IReadOnlyList<QueuedMessage>> ListQueueAsync(int most, CancellationToken cancellationToken) =>
            ReadAsync<IReadOnlyList<QueuedMessage>>("list-queue", n => [.. n.ListQueue(null, null).Take(most)], cancellationToken);

        public Task<UpdateStatus?> GetUpdateAsync(CancellationToken cancellationToken) =>
            ReadAsync<UpdateStatus?>("get-update-status", n => n.GetUpdateStatus(), cancellationToken);

        public Task<UploadWay> GetUploadWayAsync(CancellationToken cancellationToken) => Task.FromResult(uploads);

        public Task<IReadOnlyList<UploadedUpdate>> ListUploadsAsync(CancellationToken cancellationToken) =>
            ReadAsync("list-updates", n => n.ListUploads(), cancellationToken);

        public Task<CurrentUser?> GetUserAsync(CancellationToken cancellationToken) =>
            ReadAsync<CurrentUser?>("get-current-user", n => n.GetCurrentUser(), cancellationToken);

        public Task<IReadOnlyList<Node>> ListNodesAsync(CancellationToken cancellationToken) =>
            ReadAsync("list-nodes", n => n.ListNodes().Nodes, cancellationToken);

        public Task SetReceivingAsync(string? clusterAddress, bool enabled, CancellationToken cancellationToken) =>
            EffectAsync("set-receiving", n => n.SetReceiving(clusterAddress, enabled, Caller.Client), cancellationToken);

        public Task FlushAsync(MessageQueueKind queue, CancellationToken cancellationToken) =>
            EffectAsync("flush-queue", n => n.FlushQueue(null, queue, Caller.Client), cancellationToken);

        public Task UploadAsync(string uploadId, PlannedPackage package, IProgress<UploadProgress> progress, CancellationToken cancellationToken) =>
            BringAsync(uploadId, package, _ => { }, cancellationToken);

        public Task InstallByUploadAsync(
            string uploadId, PlannedPackage package, IProgress<UploadProgress> progress, CancellationToken cancellationToken) =>
            BringAsync(uploadId, package, id => node.StartUpdate(id, Caller.Client), cancellationToken);

        private async Task BringAsync(string uploadId, PlannedPackage package, Action<string> whole, CancellationToken cancellationToken)
        {
            string id = uploadId;
            await EffectAsync("upload-update", n => id = n.BeginUpload(uploadId, package.Name, package.SizeBytes, 0, Caller.Client).Id, cancellationToken);
            for (int tenth = 0; tenth < 10; tenth++)
            {
                await DelayAsync(TimeSpan.FromMilliseconds(300), cancellationToken);
                await EffectAsync(
                    "upload-bytes",
                    n => n.ReceiveUpload(id, (package.SizeBytes * (tenth + 1) / 10) - (package.SizeBytes * tenth / 10)),
                    cancellationToken);
            }

            await EffectAsync(
                "upload-end",
                n =>
                {
                    n.CompleteUpload(id, package.Sha256, Caller.Client);
                    whole(id);
                },
                cancellationToken);
        }

        /// <summary>Unlike Task.Delay, a cancellation goes on inline: another thread would let virtual time run ahead.</summary>
        private async Task DelayAsync(TimeSpan pause, CancellationToken cancellationToken)
        {
            TaskCompletionSource over = new();
            await using ITimer timer = time.CreateTimer(_ => over.TrySetResult(), null, pause, Timeout.InfiniteTimeSpan);
            await using CancellationTokenRegistration cancelled = cancellationToken.Register(() => over.TrySetCanceled(cancellationToken));
            await over.Task;
        }

        public async Task<bool> DeleteUploadAsync(string uploadId, CancellationToken cancellationToken)
        {
            if (!uploads.Deletes)
            {
                throw new KsmgMissingOperationException("There is no such call.") { Node = Name, Operation = OperationNames.DeleteUpdate };
            }

            try
            {
                await EffectAsync("delete-update", n => n.DeleteUpload(uploadId, Caller.Client), cancellationToken);
                return true;
            }
            catch (KsmgApiException e) when (e.Code == "notFound")
            {
                return false;
            }
        }

        public Task StartInstallAsync(string uploadId, CancellationToken cancellationToken) =>
            EffectAsync("start-update", n => n.StartUpdate(uploadId, Caller.Client), cancellationToken);

        public Task AssignControlAsync(CancellationToken cancellationToken) =>
            EffectAsync("assign-control", n => n.AssignControl(Caller.Client), cancellationToken);

        public Task AssignSecondaryAsync(CancellationToken cancellationToken) =>
            EffectAsync("assign-secondary", n => n.AssignSecondary(Caller.Client), cancellationToken);

        private async Task<T> ReadAsync<T>(string operation, Func<SimulatedNode, T> act, CancellationToken cancellationToken)
        {
            process.MustLive();
            try
            {
                return await node.CallAsync(operation, Caller.Client, act, cancellationToken);
            }
            catch (Exception e) when (e is ApiRefusal or NodeConnectionException)
            {
                throw Translate(operation, e);
            }
        }

        private async Task EffectAsync(string operation, Action<SimulatedNode> act, CancellationToken cancellationToken)
        {
            process.MustLive();
            try
            {
                await node.CallAsync(operation, Caller.Client, act, cancellationToken);
            }
            catch (Exception e) when (e is ApiRefusal or NodeConnectionException)
            {
                throw Translate(operation, e);
            }

            process.EffectCaused(operation, Name, StepsOf(operation));
        }

        private string[] StepsOf(string operation) => operation switch
        {
            "set-receiving" => ["S2", "S9", "S13", "S14b"],
            "flush-queue" => ["S3"],
            "upload-update" or "upload-bytes" or "upload-end" => uploads.Installs ? ["S8"] : ["S7"],
            "delete-update" => ["S7", "S8", "R4b"],
            "start-update" => ["S8"],
            "assign-control" => ["S11"],
            "assign-secondary" => ["S6"],
            _ => throw new ArgumentOutOfRangeException(nameof(operation), operation, "No step causes it."),
        };

        private KsmgApiException Translate(string operation, Exception exception) => exception switch
        {
            ApiRefusal refusal => new KsmgApiException($"{Name}: {operation}: {refusal.Message}", refusal)
            {
                Node = Name,
                Operation = operation,
                Code = refusal.Code,
                HadNoEffect = refusal.Status < 500,
            },
            NodeConnectionException lost =>
                new KsmgApiException($"{Name}: {lost.Message}", lost) { Node = Name, Operation = operation, HadNoEffect = !lost.Connected },
            _ => throw new InvalidOperationException("Only refusals and lost connections are translated.", exception),
        };
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
