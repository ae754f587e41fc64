using Ksmg.Sdk.Upgrades;

namespace Ksmg.Web;

/// <summary>The mail of a cluster at a moment, as far as its nodes and its balancer tell.</summary>
/// <param name="At">When the cluster was looked at.</param>
/// <param name="Nodes">What each node held.</param>
internal sealed record Sample(DateTimeOffset At, IReadOnlyList<NodeSample> Nodes)
{
    /// <summary>What an explanation shows; <see langword="null"/> when no node was asked.</summary>
    public static Sample? Of(UpgradeExplanation explanation) => explanation.Nodes.Count == 0 ? null : new Sample(
        explanation.At,
        [.. explanation.Nodes.Select(n => new NodeSample(n.Name, n.Queues?.Total, n.Load?.Sessions ?? n.Queues?.SmtpSessions))]);
}

/// <summary>The mail of a node at a moment.</summary>
/// <param name="Name">The node.</param>
/// <param name="Queued">Messages in all its queues.</param>
/// <param name="Sessions">Sessions that bring it mail: the balancer's, otherwise its own.</param>
internal sealed record NodeSample(string Name, long? Queued, int? Sessions);
