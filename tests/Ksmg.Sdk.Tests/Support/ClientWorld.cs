using Ksmg.Sdk.Dialects;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>Puts something before the web interface of a node.</summary>
internal delegate HttpMessageHandler NodeFronts(string node, HttpMessageHandler behind);

/// <summary>
/// The simulated nodes through the typed clients, their sessions and their wire, without sockets: slower than <see cref="DirectWorld"/>,
/// and with everything in between. Logins and files hop to other threads, so that the virtual clock would run on meanwhile: a call is
/// waited for while the clock stands still, and the pauses between its attempts are left out.
/// </summary>
internal sealed class ClientWorld(SimulatedCluster cluster, TimeProvider time, VirtualProcess process, string? dialect = null, NodeFronts? front = null)
    : UpgradeWorldSource
{
    private readonly ClientWorldSource _inner = new(
        Connect(cluster, time, process, dialect, front), DirectWorld.PortsOf(cluster, process, withoutLoadBalancer: false), time);

    public override RunOwner Owner => _inner.Owner;

    public override TimeProvider Time => time;

    public override UpgradeWorld Create(UpgradePlan? plan)
    {
        UpgradeWorld world = _inner.Create(plan);
        return world with { Nodes = world.Nodes.ToDictionary(n => n.Key, INodePort (n) => new StandingStill(n.Value), StringComparer.Ordinal) };
    }

    /// <summary>A simulated cluster without sockets as somebody has it configured.</summary>
    public static KsmgOptions OptionsOf(SimulatedCluster cluster, string? dialect) => new()
    {
        Name = "simulated",
        Nodes = [.. cluster.Nodes.Select(n => new KsmgNodeOptions { Name = n.Name, Address = n.Url, ClusterAddress = n.ClusterAddress })],
        Credentials = new KsmgCredentials(cluster.Options.UserName, _ => ValueTask.FromResult(cluster.Options.Password)),
        Dialect = dialect,
        AnswerLanguage = dialect is null ? null : new JmesPathLanguage(),
    };

    public static KsmgCluster Connect(
        SimulatedCluster cluster, TimeProvider time, VirtualProcess process, string? dialect, NodeFronts? front = null)
    {
        KsmgOptions options = OptionsOf(cluster, dialect);
        options.RequestLimit = DirectWorld.RequestLimit;
        return new KsmgCluster(options, node => new HttpClient(Handler(node.Name!)), NullLoggerFactory.Instance, new Impatient(time));

        HttpMessageHandler Handler(string node)
        {
            MortalHandler handler = new(node, cluster, process);
            if (front is not null)
            {
                return front(node, handler);
            }

            return dialect is null ? handler : new ForeignFront(handler) { Addresses = cluster.Nodes.Select(n => n.ClusterAddress) };
        }
    }

    private sealed class MortalHandler(string node, SimulatedCluster cluster, VirtualProcess process) : DelegatingHandler(cluster.CreateHandler(node))
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            process.MustLive();
            long before = LastEffect();
            HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
            foreach (SimulatedEffect effect in cluster.GetEffects(before).Where(e => e.Cause == EffectCause.Client))
            {
                if (StepsOf(effect.Effect) is { Length: > 0 } steps)
                {
                    process.EffectCaused(effect.Effect, effect.Node!, steps);
                }
            }

            return response;
        }

        private long LastEffect() => cluster.GetEffects() is [.., var last] ? last.Seq : 0;

        private static string[] StepsOf(string effect) => effect switch
        {
            "receiving-switched" => ["S2", "S9", "S13", "S14b"],
            "upload-finished" => ["S7"],
            "upload-deleted" => ["S7", "S8", "R4b"],
            "install-started" => ["S8"],
            "role-assigned" => ["S6", "S11", "S16a"],
            _ => [],
        };
    }

    /// <summary>Pauses between attempts end at once; the limits of calls are those of the virtual clock, which stands still.</summary>
    private sealed class Impatient(TimeProvider clock) : TimeProvider
    {
        public override long TimestampFrequency => clock.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => clock.GetUtcNow();

        public override long GetTimestamp() => clock.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            dueTime >= TimeSpan.Zero && dueTime < DirectWorld.RequestLimit / 2
                ? System.CreateTimer(callback, state, TimeSpan.Zero, period)
                : clock.CreateTimer(callback, state, dueTime, period);
    }

    private sealed class StandingStill(INodePort inner) : INodePort
    {
        public string Name => inner.Name;

        public IReadOnlyDictionary<string, string> Kept => inner.Kept;

        public void Recall(IReadOnlyList<KeyValuePair<string, string>> written) => inner.Recall(written);

        public Task<NodeStatus> GetStatusAsync(CancellationToken cancellationToken) => Ended(inner.GetStatusAsync(cancellationToken));

        public Task<AboutInfo> GetAboutAsync(CancellationToken cancellationToken) => Ended(inner.GetAboutAsync(cancellationToken));

        public Task<MailFlowSwitches> GetSwitchesAsync(CancellationToken cancellationToken) => Ended(inner.GetSwitchesAsync(cancellationToken));

        public Task<QueueSummary?> GetQueuesAsync(CancellationToken cancellationToken) => Ended(inner.GetQueuesAsync(cancellationToken));

        public Task<IReadOnlyList<QueuedMessage>> ListQueueAsync(int most, CancellationToken cancellationToken) =>
            Ended(inner.ListQueueAsync(most, cancellationToken));

        public Task<UpdateStatus?> GetUpdateAsync(CancellationToken cancellationToken) => Ended(inner.GetUpdateAsync(cancellationToken));

        public Task<UploadWay> GetUploadWayAsync(CancellationToken cancellationToken) => Ended(inner.GetUploadWayAsync(cancellationToken));

        public Task<IReadOnlyList<UploadedUpdate>> ListUploadsAsync(CancellationToken cancellationToken) => Ended(inner.ListUploadsAsync(cancellationToken));

        public Task<CurrentUser?> GetUserAsync(CancellationToken cancellationToken) => Ended(inner.GetUserAsync(cancellationToken));

        public Task<IReadOnlyList<Node>> ListNodesAsync(CancellationToken cancellationToken) => Ended(inner.ListNodesAsync(cancellationToken));

        public Task SetReceivingAsync(string? clusterAddress, bool enabled, CancellationToken cancellationToken) =>
            Ended(inner.SetReceivingAsync(clusterAddress, enabled, cancellationToken));

        public Task FlushAsync(MessageQueueKind queue, CancellationToken cancellationToken) => Ended(inner.FlushAsync(queue, cancellationToken));

        public Task UploadAsync(string uploadId, PlannedPackage package, IProgress<UploadProgress> progress, CancellationToken cancellationToken) =>
            Ended(inner.UploadAsync(uploadId, package, progress, cancellationToken));

        public Task InstallByUploadAsync(string uploadId, PlannedPackage package, IProgress<UploadProgress> progress, CancellationToken cancellationToken) =>
            Ended(inner.InstallByUploadAsync(uploadId, package, progress, cancellationToken));

        public Task<bool> DeleteUploadAsync(string uploadId, CancellationToken cancellationToken) =>
            Ended(inner.DeleteUploadAsync(uploadId, cancellationToken));

        public Task StartInstallAsync(string uploadId, CancellationToken cancellationToken) => Ended(inner.StartInstallAsync(uploadId, cancellationToken));

        public Task AssignControlAsync(CancellationToken cancellationToken) => Ended(inner.AssignControlAsync(cancellationToken));

        public Task AssignSecondaryAsync(CancellationToken cancellationToken) => Ended(inner.AssignSecondaryAsync(cancellationToken));

        /// <summary>Success or failure, it is there when this returns.</summary>
        private static T Ended<T>(T call)
            where T : Task
        {
            return Task.WhenAny(call).Wait(TimeSpan.FromMinutes(1))
                ? call
                : throw new TimeoutException("A call waits for the virtual clock, which stands still.");
        }
    }
}
