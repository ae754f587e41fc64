namespace Ksmg.Sdk;

/// <summary>Adds nodes in code.</summary>
public static class KsmgNodeOptionsExtensions
{
    /// <summary>Adds a node.</summary>
    /// <param name="nodes">The nodes of a cluster.</param>
    /// <param name="name">The node's name.</param>
    /// <param name="address">The base address of its web interface.</param>
    /// <param name="trust">Which certificates are accepted; default: what the machine trusts.</param>
    /// <param name="smtp">Where the node takes mail, <c>host:port</c>.</param>
    /// <param name="clusterAddress">The address under which the product lists the node, <c>IP:port</c>.</param>
    public static void Add(
        this IList<KsmgNodeOptions> nodes, string name, Uri address, ServerTrust? trust = null, string? smtp = null, string? clusterAddress = null)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        nodes.Add(new KsmgNodeOptions(trust) { Name = name, Address = address, Smtp = smtp, ClusterAddress = clusterAddress });
    }
}
