namespace Ksmg.Sdk;

/// <summary>The role of one node, read and assigned on that node's own session.</summary>
public class RoleClient
{
    private readonly NodeConnection _connection = null!;

    /// <summary>For test doubles.</summary>
    protected RoleClient()
    {
    }

    internal RoleClient(NodeConnection connection) => _connection = connection;

    /// <summary>The node's own view of its role.</summary>
    /// <param name="cancellationToken">Ends the asking.</param>
    /// <exception cref="KsmgApiException">The node cannot be asked or refuses.</exception>
    public virtual async Task<NodeRole> GetAsync(CancellationToken cancellationToken = default) =>
        (await _connection.GetStatusAsync(cancellationToken).ConfigureAwait(false)).ToModel().Role;

    /// <summary>Assigns this node the role Control. Never repeated by the SDK.</summary>
    /// <param name="cancellationToken">Ends the call; whether the role was assigned is then unknown.</param>
    /// <exception cref="KsmgSessionExpiredException">The session ended meanwhile; look at the role first.</exception>
    /// <exception cref="KsmgApiException">The node cannot be asked or refuses.</exception>
    public virtual Task AssignControlAsync(CancellationToken cancellationToken = default) =>
        _connection.CommandAsync(OperationNames.AssignControl, arguments: null, cancellationToken);

    /// <summary>Assigns this node the role Secondary. Never repeated by the SDK.</summary>
    /// <param name="cancellationToken">Ends the call; whether the role was assigned is then unknown.</param>
    /// <exception cref="KsmgSessionExpiredException">The session ended meanwhile; look at the role first.</exception>
    /// <exception cref="KsmgApiException">The node cannot be asked or refuses.</exception>
    public virtual Task AssignSecondaryAsync(CancellationToken cancellationToken = default) =>
        _connection.CommandAsync(OperationNames.AssignSecondary, arguments: null, cancellationToken);

    /// <summary>Whether this node sees more than one Control node.</summary>
    /// <param name="cancellationToken">Ends the asking.</param>
    /// <exception cref="KsmgApiException">The node cannot be asked or refuses.</exception>
    public virtual async Task<EmergencyState> GetEmergencyStateAsync(CancellationToken cancellationToken = default)
    {
        NodeListDto list = await _connection.SendAsync(
            OperationNames.ListNodes, NodesJson.Default.NodeListDto, cancellationToken: cancellationToken).ConfigureAwait(false);
        return new EmergencyState(list.EmergencyMode, [.. list.Nodes.Where(n => n.ToModel().Role == NodeRole.Control).Select(n => n.Address)]);
    }
}
