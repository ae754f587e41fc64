namespace Ksmg.Sdk.Upgrades;

/// <summary>The silence of a node while a run has it in hand.</summary>
public sealed record NodeSilence
{
    /// <summary>The run; together with the node it tells one silence from another.</summary>
    public required string RunId { get; init; }

    /// <summary>The cluster.</summary>
    public required string Cluster { get; init; }

    /// <summary>The node, as the cluster's configuration names it.</summary>
    public required string Node { get; init; }

    /// <summary>When it ends by itself.</summary>
    public required DateTimeOffset Until { get; init; }

    /// <summary>Why, for whoever looks at the monitoring.</summary>
    public required string Comment { get; init; }
}
