using Moq;

namespace Ksmg.Sdk.Tests;

/// <summary>That users can put doubles in place of our classes.</summary>
public sealed class ClientsMockTests
{
    [Fact]
    public async Task Every_class_of_the_wire_can_be_mocked()
    {
        var nodes = new Mock<NodesClient>();
        nodes.Setup(n => n.GetStatusAsync(It.IsAny<CancellationToken>())).ReturnsAsync(new NodeStatus { Address = "a:1" });
        var queue = new Mock<QueueClient>();
        queue.Setup(q => q.GetSummaryAsync("gw2", It.IsAny<CancellationToken>())).ReturnsAsync(
            new QueueSummary { Mta = 1, KataQuarantine = 0, AntiSpamQuarantine = 0 });
        var updates = new Mock<UpdatesClient>();
        updates.Setup(u => u.GetAboutAsync(It.IsAny<CancellationToken>())).ReturnsAsync(new AboutInfo("2.1", null));
        var role = new Mock<RoleClient>();
        role.Setup(r => r.GetAsync(It.IsAny<CancellationToken>())).ReturnsAsync(NodeRole.Control);
        var node = new Mock<KsmgNode>();
        node.SetupGet(n => n.Name).Returns("gw1");
        node.SetupGet(n => n.ClusterAddress).Returns("a:1");
        node.SetupGet(n => n.Nodes).Returns(nodes.Object);
        node.SetupGet(n => n.Queue).Returns(queue.Object);
        node.SetupGet(n => n.Updates).Returns(updates.Object);
        node.SetupGet(n => n.Role).Returns(role.Object);
        var cluster = new Mock<KsmgCluster> { CallBase = false };
        cluster.SetupGet(c => c.Nodes).Returns([node.Object]);
        cluster.Setup(c => c["gw1"]).Returns(node.Object);
        cluster.Setup(c => c.GetControlAsync(It.IsAny<CancellationToken>())).ReturnsAsync(node.Object);

        KsmgNode control = await cluster.Object.GetControlAsync();

        Assert.Equal("gw1", control.Name);
        Assert.Equal("a:1", (await control.Nodes.GetStatusAsync()).Address);
        Assert.Equal(1, (await control.Queue.GetSummaryAsync("gw2")).Total);
        Assert.Equal("2.1", (await control.Updates.GetAboutAsync()).Version);
        Assert.Equal(NodeRole.Control, await control.Role.GetAsync());
        Assert.Same(control, cluster.Object["gw1"]);
        control.ResetSession();
        node.Verify(n => n.ResetSession(), Times.Once);
        cluster.Object.Dispose();
    }

    [Fact]
    public async Task A_package_can_be_mocked()
    {
        BuildNumber from = BuildNumber.Parse("2.0.0.1", null);
        var file = new Mock<UpdatePackageFile>();
        file.SetupGet(f => f.From).Returns(from);
        file.SetupGet(f => f.SizeBytes).Returns(3);
        file.Setup(f => f.OpenRead()).Returns(() => new MemoryStream([1, 2, 3]));
        var package = new Mock<UpdatePackage> { CallBase = true };
        package.SetupGet(p => p.Files).Returns([file.Object]);

        await using (UpdatePackage mocked = package.Object)
        {
            Assert.Equal(from, mocked.From);
            Assert.Empty(mocked.Warnings);
            Assert.Equal(3, mocked.Files[0].OpenRead().Length);
        }

        package.Verify(p => p.DisposeAsync(), Times.Once);
    }
}
