using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>What is made of the answers of one node, or of none.</summary>
public sealed class ClusterObserverTests
{
    [Theory]
    [InlineData(-1, 1, 0, null)]
    [InlineData(0, -1, 1, null)]
    [InlineData(0, 0, -1, null)]
    [InlineData(0, 0, 0, -1)]
    [InlineData(long.MaxValue, long.MaxValue, 2, null)]
    public void A_queue_is_empty_only_if_each_is(long mta, long kata, long antiSpam, int? sessions)
    {
        QueuePort port = new(new QueueSummary { Mta = mta, KataQuarantine = kata, AntiSpamQuarantine = antiSpam, SmtpSessions = sessions });
        NodeObservation seen = Look(port, Facets.Queues, times: 3);

        bool isUnusable = mta < 0 || kata < 0 || antiSpam < 0 || sessions < 0;
        Assert.Null(seen.EmptySince);
        Assert.Equal(isUnusable, seen.Queues is null);
        Assert.Equal(isUnusable ? NodeProblemKind.Unread : NodeProblemKind.None, seen.ProblemKind);
    }

    /// <summary>Nodes restart for minutes and are asked all the while.</summary>
    [Fact]
    public void Why_a_node_is_silent_is_read_and_not_thrown()
    {
        KsmgApiException refused = new("gw1 refuses the connection.") { Node = "gw1", Operation = OperationNames.GetNodeStatus, HadNoEffect = true };
        NodeObservation seen = Look(new CalledNode("gw1", []) { Status = Task.FromException<NodeStatus>(refused) }, Facets.Basic, times: 1);

        Assert.Equal(NodeProblemKind.Silent, seen.ProblemKind);
        Assert.Equal(refused.Message, seen.Problem);
        Assert.False(seen.Answers);
        Assert.Null(refused.StackTrace);
    }

    private static NodeObservation Look(INodePort port, Facets facets, int times)
    {
        VirtualTimeProvider time = new();
        UpgradeWorld world = new()
        {
            Nodes = new Dictionary<string, INodePort> { [port.Name] = port },
            Ports = new UpgradePorts(),
            Time = time,
            RequestLimit = TimeSpan.FromSeconds(8),
        };
        ClusterObserver observer = new(world, new RunClock(time), [port.Name], null, new UpgradePolicy());
        NodeObservation seen = null!;
        for (int look = 0; look < times; look++)
        {
            seen = time.Run(
                () => observer.ObserveAsync(new Dictionary<string, Facets> { [port.Name] = facets }, null, null, complete: false, CancellationToken.None),
                VirtualRig.Limit)[port.Name];
            time.Advance(TimeSpan.FromMinutes(1));
        }

        return seen;
    }

    /// <summary>A node that answers everything like a healthy one but counts its queues as it is told.</summary>
    private sealed class QueuePort(QueueSummary queues) : INodePort
    {
        public string Name => "gw1";

        public Task<NodeStatus> GetStatusAsync(CancellationToken cancellationToken) =>
            Task.FromResult(new NodeStatus { Address = "10.0.0.1:9045", Role = NodeRole.Secondary });

        public Task<AboutInfo> GetAboutAsync(CancellationToken cancellationToken) => Task.FromResult(new AboutInfo("2.0", null));

        public Task<MailFlowSwitches> GetSwitchesAsync(CancellationToken cancellationToken) => Task.FromResult(new MailFlowSwitches(true, true));

        public Task<QueueSummary?> GetQueuesAsync(CancellationToken cancellationToken) => Task.FromResult<QueueSummary?>(queues);

        public Task<UpdateStatus?> GetUpdateAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<UploadedUpdate>> ListUploadsAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<CurrentUser?> GetUserAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<Node>> ListNodesAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task SetReceivingAsync(string? clusterAddress, bool enabled, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task FlushAsync(MessageQueueKind queue, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task UploadAsync(string uploadId, PlannedPackage package, IProgress<UploadProgress> progress, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<bool> DeleteUploadAsync(string uploadId, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task StartInstallAsync(string uploadId, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task AssignControlAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task AssignSecondaryAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
