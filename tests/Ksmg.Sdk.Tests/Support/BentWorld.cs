using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>A world that shows itself differently from how it is.</summary>
internal sealed class BentWorld(UpgradeWorldSource inner, Func<UpgradeWorld, UpgradeWorld> bend) : UpgradeWorldSource
{
    public override RunOwner Owner => inner.Owner;

    public override TimeProvider Time => inner.Time;

    /// <summary>Every node shows a version of the test's choice.</summary>
    public static Func<UpgradeWorld, UpgradeWorld> Showing(Func<string, AboutInfo, AboutInfo> show) =>
        world => world with { Nodes = world.Nodes.ToDictionary(n => n.Key, INodePort (n) => new ShownNode(n.Value, show), StringComparer.Ordinal) };

    /// <summary>The load balancer tells addresses of the test's choice, and the nodes take mail at <c>10.0.0.N:25</c>.</summary>
    public static Func<UpgradeWorld, UpgradeWorld> Leading(Func<string, string?> address) => world =>
        Balancing((node, state) => state with { Address = address(node) })(world) with
        {
            MailAddresses = world.Nodes.Keys.ToDictionary(name => name, name => $"10.0.0.{name[2..]}:25", StringComparer.Ordinal),
        };

    /// <summary>The load balancer, where there is one, tells of each node what the test makes of it; <see langword="null"/>: nothing.</summary>
    public static Func<UpgradeWorld, UpgradeWorld> Balancing(Func<string, LoadState, LoadState?> show) => world => world with
    {
        Ports = world.Ports with { LoadBalancer = world.Ports.LoadBalancer is { } balancer ? new ShownBalancer(balancer, show) : null },
    };

    public override UpgradeWorld Create(UpgradePlan? plan) => bend(inner.Create(plan));

    private sealed class ShownBalancer(ILoadBalancer inner, Func<string, LoadState, LoadState?> show) : ILoadBalancer
    {
        public async Task<IReadOnlyDictionary<string, LoadState>> GetAsync(CancellationToken cancellationToken = default) =>
            (await inner.GetAsync(cancellationToken)).Select(s => (Node: s.Key, State: show(s.Key, s.Value))).Where(s => s.State is not null)
                .ToDictionary(s => s.Node, s => s.State!, StringComparer.Ordinal);

        public Task SetAsync(string node, LoadMode mode, CancellationToken cancellationToken = default) => inner.SetAsync(node, mode, cancellationToken);

        public Task CloseSessionsAsync(string node, CancellationToken cancellationToken = default) => inner.CloseSessionsAsync(node, cancellationToken);
    }

    private sealed class ShownNode(INodePort inner, Func<string, AboutInfo, AboutInfo> show) : INodePort
    {
        public string Name => inner.Name;

        public Task<NodeStatus> GetStatusAsync(CancellationToken cancellationToken) => inner.GetStatusAsync(cancellationToken);

        public async Task<AboutInfo> GetAboutAsync(CancellationToken cancellationToken) => show(Name, await inner.GetAboutAsync(cancellationToken));

        public Task<MailFlowSwitches> GetSwitchesAsync(CancellationToken cancellationToken) => inner.GetSwitchesAsync(cancellationToken);

        public Task<QueueSummary?> GetQueuesAsync(CancellationToken cancellationToken) => inner.GetQueuesAsync(cancellationToken);

        public Task<IReadOnlyList<QueuedMessage>> ListQueueAsync(int most, CancellationToken cancellationToken) =>
            inner.ListQueueAsync(most, cancellationToken);

        public Task<UpdateStatus?> GetUpdateAsync(CancellationToken cancellationToken) => inner.GetUpdateAsync(cancellationToken);

        public Task<IReadOnlyList<UploadedUpdate>> ListUploadsAsync(CancellationToken cancellationToken) => inner.ListUploadsAsync(cancellationToken);

        public Task<CurrentUser?> GetUserAsync(CancellationToken cancellationToken) => inner.GetUserAsync(cancellationToken);

        public Task<IReadOnlyList<Node>> ListNodesAsync(CancellationToken cancellationToken) => inner.ListNodesAsync(cancellationToken);

        public Task SetReceivingAsync(string? clusterAddress, bool enabled, CancellationToken cancellationToken) =>
            inner.SetReceivingAsync(clusterAddress, enabled, cancellationToken);

        public Task FlushAsync(MessageQueueKind queue, CancellationToken cancellationToken) => inner.FlushAsync(queue, cancellationToken);

        public Task UploadAsync(string uploadId, PlannedPackage package, IProgress<UploadProgress> progress, CancellationToken cancellationToken) =>
            inner.UploadAsync(uploadId, package, progress, cancellationToken);

        public Task<bool> DeleteUploadAsync(string uploadId, CancellationToken cancellationToken) => inner.DeleteUploadAsync(uploadId, cancellationToken);

        public Task StartInstallAsync(string uploadId, CancellationToken cancellationToken) => inner.StartInstallAsync(uploadId, cancellationToken);

        public Task AssignControlAsync(CancellationToken cancellationToken) => inner.AssignControlAsync(cancellationToken);

        public Task AssignSecondaryAsync(CancellationToken cancellationToken) => inner.AssignSecondaryAsync(cancellationToken);
    }
}
