namespace Ksmg.Sdk;

/// <summary>One node of a cluster: its name, its addresses and the clients that share its session.</summary>
public class KsmgNode
{
    private readonly NodeConnection _connection = null!;

    /// <summary>For test doubles.</summary>
    protected KsmgNode()
    {
        Nodes = null!;
        Queue = null!;
        Updates = null!;
        Role = null!;
    }

    internal KsmgNode(NodeConnection connection, NodeDirectory directory, string? smtp)
    {
        _connection = connection;
        Smtp = smtp;
        Nodes = new NodesClient(connection, directory);
        Queue = new QueueClient(connection, directory);
        Updates = new UpdatesClient(connection);
        Role = new RoleClient(connection);
    }

    /// <summary>The name given in the configuration.</summary>
    public virtual string Name => _connection.Name;

    /// <summary>The base address of the web interface.</summary>
    public virtual Uri Address => _connection.Address;

    /// <summary>The address under which the product lists the node, <c>IP:port</c>: as configured, or as the node has told it.</summary>
    /// <exception cref="KsmgException">It is not configured, and the node was not asked yet: <see cref="GetClusterAddressAsync"/>.</exception>
    public virtual string ClusterAddress => _connection.ClusterAddress
        ?? throw new KsmgException(
            Words.Get("cluster.address-unknown", Name))
        { Node = Name };

    /// <summary>The in-cluster address that the configuration gives; <see langword="null"/> when it gives none.</summary>
    internal string? ConfiguredClusterAddress => _connection?.ConfiguredClusterAddress;

    /// <summary>Where the node takes mail, <c>host:port</c>, if configured.</summary>
    public virtual string? Smtp { get; }

    /// <summary>The Nodes section.</summary>
    public virtual NodesClient Nodes { get; }

    /// <summary>The Message queue section.</summary>
    public virtual QueueClient Queue { get; }

    /// <summary>The About and Install update pages.</summary>
    public virtual UpdatesClient Updates { get; }

    /// <summary>The role.</summary>
    public virtual RoleClient Role { get; }

    /// <summary><see cref="ClusterAddress"/>, asked from the node itself where it is not known.</summary>
    /// <param name="cancellationToken">Ends the asking.</param>
    /// <exception cref="KsmgApiException">The node cannot be asked or refuses.</exception>
    public virtual async Task<string> GetClusterAddressAsync(CancellationToken cancellationToken = default) =>
        await _connection.GetClusterAddressAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>
    /// What is odd about the session that stands, for people: a node that sets several cookies for its token, or one with percent escapes;
    /// <see langword="null"/> where nothing is, or no session stands.
    /// </summary>
    public virtual string? SessionOddity => _connection.SessionOddity;

    /// <summary>
    /// Drops the session with everything that hangs on it (cookies, token, build): done when the node restarts. A refused login stays
    /// remembered, so that the account is not locked.
    /// </summary>
    public virtual void ResetSession() => _connection.ResetSession();
}
