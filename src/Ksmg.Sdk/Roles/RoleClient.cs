namespace Ksmg.Sdk;

/// <summary>The role of one node, read and assigned on that node's own session.</summary>
public class RoleClient
{
    /// <summary>For test doubles.</summary>
    protected RoleClient()
    {
    }

    /// <summary>The node's own view of its role.</summary>
    public virtual Task<NodeRole> GetAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>Assigns this node the role Control. Never repeated by the SDK.</summary>
    public virtual Task AssignControlAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>Assigns this node the role Secondary. Never repeated by the SDK.</summary>
    public virtual Task AssignSecondaryAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>Whether this node sees more than one Control node.</summary>
    public virtual Task<EmergencyState> GetEmergencyStateAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();
}
