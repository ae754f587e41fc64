using Ksmg.Sdk.Http;

namespace Ksmg.Sdk;

/// <summary>What several clients ask of a node.</summary>
internal static class NodeCalls
{
    public static async ValueTask<string> GetClusterAddressAsync(this NodeConnection node, CancellationToken cancellationToken) =>
        node.ClusterAddress ??= (await node.GetStatusAsync(cancellationToken).ConfigureAwait(false)).Address;

    public static async Task<NodeStatusDto> GetStatusAsync(this NodeConnection node, CancellationToken cancellationToken)
    {
        NodeStatusDto status = await node.SendAsync(
            OperationNames.GetNodeStatus, NodesJson.Default.NodeStatusDto, cancellationToken: cancellationToken).ConfigureAwait(false);
        node.ClusterAddress ??= status.Address;
        return status;
    }
}
