namespace Ksmg.Sdk;

/// <summary>One node of a cluster: its name, its addresses and the clients that share its session.</summary>
public class KsmgNode
{
    /// <summary>For test doubles.</summary>
    protected KsmgNode()
    {
    }

    /// <summary>The name given in the configuration.</summary>
    public virtual string Name => throw new NotSupportedException();

    /// <summary>The base address of the web interface.</summary>
    public virtual Uri Address => throw new NotSupportedException();

    /// <summary>The address under which the product lists the node, <c>IP:port</c>.</summary>
    public virtual string ClusterAddress => throw new NotSupportedException();

    /// <summary>Where the node takes mail, <c>host:port</c>, if configured.</summary>
    public virtual string? Smtp => throw new NotSupportedException();

    /// <summary>The Nodes section.</summary>
    public virtual NodesClient Nodes => throw new NotSupportedException();

    /// <summary>The Message queue section.</summary>
    public virtual QueueClient Queue => throw new NotSupportedException();

    /// <summary>The About and Install update pages.</summary>
    public virtual UpdatesClient Updates => throw new NotSupportedException();

    /// <summary>The role.</summary>
    public virtual RoleClient Role => throw new NotSupportedException();

    /// <summary>Drops the session and everything known of the node: done when it restarts.</summary>
    public virtual void ResetSession() => throw new NotSupportedException();
}
