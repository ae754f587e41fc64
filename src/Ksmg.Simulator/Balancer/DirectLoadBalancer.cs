using Ksmg.Sdk;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Simulator;

/// <summary>The orchestrator's port straight on the model, with the same faults; every call completes at once.</summary>
internal sealed class DirectLoadBalancer(SimulatedBalancer balancer, IReadOnlyList<string> nodes) : ILoadBalancer
{
    public Task<IReadOnlyDictionary<string, LoadState>> GetAsync(CancellationToken cancellationToken = default) =>
        Answer<IReadOnlyDictionary<string, LoadState>>(() => nodes.ToDictionary(n => n, balancer.ShownStateOf), cancellationToken);

    public Task SetAsync(string node, LoadMode mode, CancellationToken cancellationToken = default) => Answer(
        () =>
        {
            balancer.SetByClient(node, mode);
            return balancer.ShownStateOf(node).Mode == mode
                ? mode
                : throw new KsmgException("The simulated balancer did not do what it was told.") { Node = node };
        },
        cancellationToken);

    public Task CloseSessionsAsync(string node, CancellationToken cancellationToken = default) => Answer(
        () =>
        {
            balancer.CloseSessions(node);
            return node;
        },
        cancellationToken);

    private Task<T> Answer<T>(Func<T> answer, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<T>(cancellationToken);
        }

        try
        {
            return balancer.Fault switch
            {
                BalancerFault.Down or BalancerFault.ApiRefused => throw new KsmgException("The simulated balancer refuses connections."),
                BalancerFault.ApiGarbled => throw new KsmgException("The simulated balancer answers rubbish."),
                BalancerFault.ApiSilent => throw new KsmgException("The simulated balancer does not answer."),
                _ => Task.FromResult(answer()),
            };
        }
        catch (KsmgException e)
        {
            return Task.FromException<T>(e);
        }
    }
}
