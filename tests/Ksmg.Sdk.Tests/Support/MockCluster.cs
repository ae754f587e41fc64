using Moq;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>A cluster of which only names are known: for adapters that speak with something else than the nodes' web interface.</summary>
internal static class MockCluster
{
    /// <param name="nodes">Name, SMTP address, and the host name the node tells; <see langword="null"/>: it does not answer.</param>
    public static KsmgCluster Of(params (string Name, string? Smtp, string? HostName)[] nodes)
    {
        var cluster = new Mock<KsmgCluster>();
        cluster.SetupGet(c => c.Nodes).Returns([.. nodes.Select(n => Node(n.Name, n.Smtp, n.HostName))]);
        return cluster.Object;
    }

    private static KsmgNode Node(string name, string? smtp, string? hostName)
    {
        var clients = new Mock<NodesClient>();
        var status = clients.Setup(n => n.GetStatusAsync(It.IsAny<CancellationToken>()));
        if (hostName is null)
        {
            status.ThrowsAsync(new KsmgException($"{name} does not answer.") { Node = name });
        }
        else
        {
            status.ReturnsAsync(new NodeStatus { Address = $"{name}:9045", HostName = hostName });
        }

        var node = new Mock<KsmgNode>();
        node.SetupGet(n => n.Name).Returns(name);
        node.SetupGet(n => n.Smtp).Returns(smtp);
        node.SetupGet(n => n.Nodes).Returns(clients.Object);
        return node.Object;
    }
}
