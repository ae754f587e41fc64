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
    public static Func<UpgradeWorld, UpgradeWorld> Leading(Func<string, string?> address) => world => world with
    {
        Ports = world.Ports with { LoadBalancer = new LeadingBalancer(world.Ports.LoadBalancer!, address) },
        MailAddresses = world.Nodes.Keys.ToDictionary(name => name, name => $"10.0.0.{name[2..]}:25", StringComparer.Ordinal),
    };

    public override UpgradeWorld Create(UpgradePlan? plan) => bend(inner.Create(plan));

    private sealed class LeadingBalancer(ILoadBalancer inner, Func<string, string?> address) : ILoadBalancer
    {
        public async Task<IReadOnlyDictionary<string, LoadState>> GetAsync(CancellationToken cancellationToken = default) =>
            (await inner.GetAsync(cancellationToken)).ToDictionary(s => s.Key, s => s.Value with { Address = address(s.Key) }, StringComparer.Ordinal);

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
