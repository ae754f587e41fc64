using System.Net;

namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// Whose run it is: a cluster by its name and its nodes. Many clusters may share a journal; a run is listed, driven, explained and
/// commanded only for the cluster it was planned for.
/// </summary>
/// <param name="Cluster">The name of the cluster.</param>
/// <param name="Nodes">Its nodes, in any order.</param>
public sealed record RunOwner(string Cluster, IReadOnlyList<RunOwnerNode> Nodes)
{
    private const string Unknown = "-";

    /// <summary>Equal when the name and all nodes are, in the same order.</summary>
    public bool Equals(RunOwner? other) => other is not null && Cluster == other.Cluster && Nodes.SequenceEqual(other.Nodes);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Cluster, Nodes.Count);

    /// <summary>The cluster and its nodes in words.</summary>
    public override string ToString() =>
        $"{Cluster} ({string.Join(", ", Nodes.Select(n => $"{n.Name} {n.Address?.ToString().TrimEnd('/') ?? n.ClusterAddress}".TrimEnd()))})";

    /// <summary>The cluster that a plan was made for.</summary>
    internal static RunOwner Of(UpgradePlan plan) =>
        new(plan.Cluster, [.. plan.Nodes.Select(n => new RunOwnerNode(n.Name, n.Address, n.ClusterAddress.Length > 0 ? n.ClusterAddress : null))]);

    /// <summary>The nodes as a journal's first record holds them: name, in-cluster address and base address of each.</summary>
    internal string NodesToText() => string.Join(", ", Nodes.Select(n => $"{n.Name} {n.ClusterAddress ?? Unknown} {n.Address?.AbsoluteUri ?? Unknown}"));

    /// <summary>Reads what <see cref="NodesToText"/> wrote; a record without it tells the name alone.</summary>
    internal static RunOwner Parse(string cluster, string? nodes) => new(
        cluster,
        [.. (nodes ?? string.Empty).Split(", ", StringSplitOptions.RemoveEmptyEntries)
            .Select(n => n.Split(' '))
            .Where(n => n.Length == 3)
            .Select(n => new RunOwnerNode(n[0], Uri.TryCreate(n[2], UriKind.Absolute, out Uri? address) ? address : null, n[1] == Unknown ? null : n[1]))]);

    /// <summary>
    /// Why a run of this cluster is none of <paramref name="other"/>; <see langword="null"/> when it is one. An address that one of them
    /// does not know is no reason: the nodes themselves are asked before the first effect.
    /// </summary>
    internal Message? WhyNotOf(RunOwner other, string run)
    {
        if (Cluster != other.Cluster)
        {
            return Message.Of("owner.cluster", run, Cluster, other.Cluster);
        }

        string[] missing = [.. Nodes.Select(n => n.Name).Except(other.Nodes.Select(n => n.Name), StringComparer.Ordinal)];
        string[] more = [.. other.Nodes.Select(n => n.Name).Except(Nodes.Select(n => n.Name), StringComparer.Ordinal)];
        if (missing.Length + more.Length > 0)
        {
            return Message.Of("owner.nodes", run, Cluster, Names(Nodes.Select(n => n.Name)), Names(missing), Names(more));
        }

        foreach (RunOwnerNode ours in Nodes)
        {
            RunOwnerNode theirs = other.Nodes.First(n => n.Name == ours.Name);
            if (IsSame(ours.Address, theirs.Address) == false)
            {
                return Message.Of("owner.address", run, Cluster, ours.Name, ours.Address, theirs.Address);
            }

            if (IsSame(ours.ClusterAddress, theirs.ClusterAddress) == false)
            {
                return Message.Of("owner.address", run, Cluster, ours.Name, ours.ClusterAddress, theirs.ClusterAddress);
            }
        }

        return null;
    }

    /// <summary>
    /// Whether the two may be one cluster: they have a node in common, whatever they are called, or bear one name and nothing tells
    /// them apart. In-cluster addresses count under one name only: private networks of different sites have the same ones.
    /// </summary>
    internal bool MayBe(RunOwner other)
    {
        (bool? Base, bool? InCluster)[] pairs =
        [
            .. Nodes.SelectMany(n => other.Nodes.Select(m => (IsSame(n.Address, m.Address), IsSame(n.ClusterAddress, m.ClusterAddress)))),
        ];
        return pairs.Any(p => p.Base == true)
            || (Cluster == other.Cluster && (pairs.Any(p => p.InCluster == true) || pairs.All(p => p is { Base: null, InCluster: null })));
    }

    /// <summary>Whether two in-cluster addresses, both known, are one.</summary>
    internal static bool IsSameAddress(string one, string other) => IsSame(one, other) == true;

    private static string Names(IEnumerable<string> names) => string.Join(", ", names.DefaultIfEmpty(Unknown));

    private static bool? IsSame(Uri? one, Uri? other) => one is null || other is null
        ? null
        : one.Port == other.Port && string.Equals(one.IdnHost, other.IdnHost, StringComparison.OrdinalIgnoreCase);

    private static bool? IsSame(string? one, string? other)
    {
        if (string.IsNullOrEmpty(one) || string.IsNullOrEmpty(other))
        {
            return null;
        }

        if (one == other)
        {
            return true;
        }

        return IPEndPoint.TryParse(one, out IPEndPoint? a) && IPEndPoint.TryParse(other, out IPEndPoint? b)
            ? a.Equals(b)
            : string.Equals(one, other, StringComparison.OrdinalIgnoreCase);
    }
}
