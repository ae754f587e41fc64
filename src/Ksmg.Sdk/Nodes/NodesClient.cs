namespace Ksmg.Sdk;

/// <summary>The <em>Nodes</em> section of one node, on that node's own session.</summary>
public class NodesClient
{
    /// <summary>For test doubles.</summary>
    protected NodesClient()
    {
    }

    /// <summary>Lists the nodes of the cluster as this node's page shows them.</summary>
    public virtual IAsyncEnumerable<Node> ListAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>One row of the list, by in-cluster address (<c>IP:port</c>) or host name.</summary>
    public virtual Task<Node> GetAsync(string node, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>What the node says about itself.</summary>
    public virtual Task<NodeStatus> GetStatusAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>The account of this session and its rights.</summary>
    public virtual Task<CurrentUser> GetCurrentUserAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>Starts an integrity check; its outcome appears in <see cref="NodeStatus.Integrity"/>.</summary>
    public virtual Task StartIntegrityCheckAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();
}
