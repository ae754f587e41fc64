namespace Ksmg.Sdk;

/// <summary>Turns what callers call a node into what the product calls it.</summary>
internal sealed class NodeDirectory(IReadOnlyList<NodeConnection> nodes)
{
    /// <summary>The in-cluster address of a node.</summary>
    /// <param name="self">The node that is asked.</param>
    /// <param name="node">A configured name, an in-cluster address, or <see langword="null"/>: the asked node itself.</param>
    /// <param name="cancellationToken">Ends the asking, where the address is not known yet.</param>
    /// <exception cref="KsmgException">There is no such node.</exception>
    public async ValueTask<string> ResolveAsync(NodeConnection self, string? node, CancellationToken cancellationToken)
    {
        if (node is null)
        {
            return await self.GetClusterAddressAsync(cancellationToken).ConfigureAwait(false);
        }

        if (Find(node) is { } known)
        {
            return await known.GetClusterAddressAsync(cancellationToken).ConfigureAwait(false);
        }

        return node.Contains(':', StringComparison.Ordinal) ? node : throw Unknown(node);
    }

    public NodeConnection? Find(string name) => nodes.FirstOrDefault(n => string.Equals(n.Name, name, StringComparison.OrdinalIgnoreCase));

    public KsmgException Unknown(string node) =>
        new(
            Words.Get("cluster.no-node", node, string.Join(", ", nodes.Select(n => n.Name))))
        { Node = node };
}
