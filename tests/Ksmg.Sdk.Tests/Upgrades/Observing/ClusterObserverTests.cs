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
        QueueSummary queues = new() { Mta = mta, KataQuarantine = kata, AntiSpamQuarantine = antiSpam, SmtpSessions = sessions };
        NodeObservation seen = Look(new CalledNode("gw1", []) { Queues = queues }, Facets.Queues, times: 3);

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

    private static NodeObservation Look(CalledNode node, Facets facets, int times)
    {
        VirtualTimeProvider time = new();
        UpgradeWorld world = new()
        {
            Nodes = new Dictionary<string, INodePort> { [node.Name] = node },
            Ports = new UpgradePorts(),
            Time = time,
            RequestLimit = TimeSpan.FromSeconds(8),
        };
        ClusterObserver observer = new(world, new RunClock(time), [node.Name], null, new UpgradePolicy());
        NodeObservation seen = null!;
        for (int look = 0; look < times; look++)
        {
            seen = time.Run(
                () => observer.ObserveAsync(new Dictionary<string, Facets> { [node.Name] = facets }, null, null, complete: false, CancellationToken.None),
                VirtualRig.Limit)[node.Name];
            time.Advance(TimeSpan.FromMinutes(1));
        }

        return seen;
    }
}
