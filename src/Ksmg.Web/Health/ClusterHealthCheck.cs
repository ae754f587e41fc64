using System.Globalization;
using Ksmg.Sdk;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Ksmg.Web;

/// <summary>Whether each node answers and says that nothing is wrong with it. While one does, mail flows: that is degraded and no more.</summary>
internal sealed class ClusterHealthCheck(KsmgCluster cluster, TimeSpan period, TimeSpan limit, TimeProvider time) : SharedHealthCheck(period, limit, time)
{
    protected override async Task<HealthCheckResult> AskAsync(HealthStatus failure, CancellationToken cancellationToken)
    {
        (string Node, string? Trouble)[] nodes = await Task.WhenAll(
            cluster.Nodes.Select(async node => (node.Name, await AskAsync(node, cancellationToken).ConfigureAwait(false)))).ConfigureAwait(false);
        string[] ill = [.. nodes.Where(n => n.Trouble is not null).Select(n => $"{n.Node}: {n.Trouble}")];
        Dictionary<string, object> data = nodes.ToDictionary(n => n.Node, n => (object)(n.Trouble ?? Words.Get("health.well")), StringComparer.Ordinal);
        if (ill.Length == 0)
        {
            return HealthCheckResult.Healthy(Words.Get("health.cluster-well", cluster.Name, nodes.Length), data);
        }

        HealthStatus status = ill.Length < nodes.Length ? HealthStatus.Degraded : failure;
        return new HealthCheckResult(status, Words.Get("health.cluster-ill", cluster.Name, ill.Length, nodes.Length, string.Join(' ', ill)), data: data);
    }

    private static async Task<string?> AskAsync(KsmgNode node, CancellationToken cancellationToken)
    {
        try
        {
            NodeStatus status = await node.Nodes.GetStatusAsync(cancellationToken).ConfigureAwait(false);
            string troubles = string.Join(
                ' ', NodeHealth.OfItself(status).Where(a => a.KeepsFromBeingWell).Select(a => a.Text.ToString(CultureInfo.CurrentCulture)));
            return troubles.Length == 0 ? null : Printable.OneLine(troubles);
        }
        catch (OperationCanceledException)
        {
            return Words.Get("health.no-answer");
        }
        catch (KsmgException e)
        {
            return Printable.OneLine(e.Message);
        }
    }
}
