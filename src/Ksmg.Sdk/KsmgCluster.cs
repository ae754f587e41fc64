namespace Ksmg.Sdk;

/// <summary>A cluster of nodes as configured.</summary>
public class KsmgCluster
{
    /// <summary>For test doubles.</summary>
    protected KsmgCluster()
    {
    }

    /// <summary>The name of the cluster.</summary>
    public virtual string Name => throw new NotSupportedException();

    /// <summary>The nodes, in the order of the configuration.</summary>
    public virtual IReadOnlyList<KsmgNode> Nodes => throw new NotSupportedException();

    /// <summary>A node by its configured name.</summary>
    /// <exception cref="KsmgException">There is no such node; the message lists the known names.</exception>
    public virtual KsmgNode this[string name] => throw new NotSupportedException();

    /// <summary>The Control node, by asking every node itself.</summary>
    /// <exception cref="KsmgException">There is none, or more than one; the message names them, and those that did not answer.</exception>
    public virtual Task<KsmgNode> GetControlAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();
}
