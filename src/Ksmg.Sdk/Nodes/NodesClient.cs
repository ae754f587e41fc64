using System.Runtime.CompilerServices;

namespace Ksmg.Sdk;

/// <summary>The <em>Nodes</em> section of one node, on that node's own session.</summary>
public class NodesClient
{
    private readonly NodeConnection _connection = null!;
    private readonly NodeDirectory _directory = null!;

    /// <summary>For test doubles.</summary>
    protected NodesClient()
    {
    }

    internal NodesClient(NodeConnection connection, NodeDirectory directory)
    {
        _connection = connection;
        _directory = directory;
    }

    /// <summary>Lists the nodes of the cluster as this node's page shows them.</summary>
    /// <param name="cancellationToken">Ends the listing.</param>
    /// <exception cref="KsmgApiException">The node cannot be asked or refuses.</exception>
    public virtual async IAsyncEnumerable<Node> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        NodeListDto list = await _connection.SendAsync(
            OperationNames.ListNodes, NodesJson.Default.NodeListDto, cancellationToken: cancellationToken).ConfigureAwait(false);
        foreach (NodeRowDto row in list.Nodes)
        {
            yield return row.ToModel();
        }
    }

    /// <summary>One row of the list.</summary>
    /// <param name="node">An in-cluster address (<c>IP:port</c>), a host name, or a configured name.</param>
    /// <param name="cancellationToken">Ends the asking.</param>
    /// <exception cref="KsmgException">The list has no such node; the message names those it has.</exception>
    /// <exception cref="KsmgApiException">The node cannot be asked or refuses.</exception>
    public virtual async Task<Node> GetAsync(string node, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(node);
        string wanted = _directory.Find(node) is { } configured
            ? await configured.GetClusterAddressAsync(cancellationToken).ConfigureAwait(false)
            : node;
        var seen = new List<string>();
        await foreach (Node row in ListAsync(cancellationToken).ConfigureAwait(false))
        {
            if (row.Address == wanted || string.Equals(row.HostName, node, StringComparison.OrdinalIgnoreCase))
            {
                return row;
            }

            seen.Add(row.Address);
        }

        throw new KsmgException(Words.Get("cluster.node-not-listed", _connection.Name, node, string.Join(", ", seen))) { Node = node };
    }

    /// <summary>What the node says about itself.</summary>
    /// <param name="cancellationToken">Ends the asking.</param>
    /// <exception cref="KsmgApiException">The node cannot be asked or refuses.</exception>
    public virtual async Task<NodeStatus> GetStatusAsync(CancellationToken cancellationToken = default) =>
        (await _connection.GetStatusAsync(cancellationToken).ConfigureAwait(false)).ToModel();

    /// <summary>The account of this session and its rights.</summary>
    /// <param name="cancellationToken">Ends the asking.</param>
    /// <exception cref="KsmgApiException">The node cannot be asked or refuses.</exception>
    public virtual async Task<CurrentUser> GetCurrentUserAsync(CancellationToken cancellationToken = default) =>
        (
            await _connection.SendAsync(
                OperationNames.GetCurrentUser, NodesJson.Default.CurrentUserDto, cancellationToken: cancellationToken).ConfigureAwait(false)).ToModel();

    /// <summary>Starts an integrity check; its outcome appears in <see cref="NodeStatus.Integrity"/>.</summary>
    /// <param name="cancellationToken">Ends the call; whether the check was started is then unknown.</param>
    /// <exception cref="KsmgApiException">The node cannot be asked or refuses.</exception>
    public virtual Task StartIntegrityCheckAsync(CancellationToken cancellationToken = default) =>
        _connection.CommandAsync(OperationNames.StartIntegrityCheck, arguments: null, cancellationToken);
}
