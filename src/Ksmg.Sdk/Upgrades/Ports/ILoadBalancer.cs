namespace Ksmg.Sdk.Upgrades;

/// <summary>The load balancer in front of the cluster. Implemented by users and by Ksmg.Sdk.Infrastructure.</summary>
public interface ILoadBalancer
{
    /// <summary>The state of every server of the cluster, by node name.</summary>
    Task<IReadOnlyDictionary<string, LoadState>> GetAsync(CancellationToken cancellationToken = default);

    /// <summary>Sets what a node may get. Answers when the balancer has taken it, not when sessions have ended.</summary>
    Task SetAsync(string node, LoadMode mode, CancellationToken cancellationToken = default);

    /// <summary>Closes the sessions a node still has. Mail in transfer is then repeated by its sender.</summary>
    Task CloseSessionsAsync(string node, CancellationToken cancellationToken = default);
}
