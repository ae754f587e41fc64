namespace Ksmg.Sdk.Upgrades;

/// <summary>What was seen of the cluster at one time.</summary>
internal sealed record ClusterObservation
{
    public required DateTimeOffset At { get; init; }

    /// <summary>Every node of the plan, by name.</summary>
    public required IReadOnlyDictionary<string, NodeObservation> Nodes { get; init; }

    /// <summary>Why the load balancer could not be read; <see langword="null"/> when it was, or when there is none.</summary>
    public string? LoadProblem { get; init; }

    /// <summary>The servers of the load balancer that are not the nodes they are called after.</summary>
    public IReadOnlyList<PlanFinding> ServerFindings { get; init; } = [];

    /// <summary>Whether the load balancer was read.</summary>
    public bool IsBalanced { get; init; }

    /// <summary>What the neighbours' tests of themselves found, where those were asked for.</summary>
    public IReadOnlyList<PortSelfTest> SelfTests { get; init; } = [];

    /// <summary>Whether what fails of them is to be asked once more.</summary>
    public bool IsTestedAgain { get; init; }

    /// <summary>The runs of the cluster that have ended, where a run is planned or about to begin; <see langword="null"/>: nobody asked.</summary>
    public IReadOnlySet<string>? EndedRuns { get; init; }

    /// <summary>What the external gates said, where they were asked for this observation.</summary>
    public IReadOnlyList<GateReading> Gates { get; init; } = [];

    /// <summary>Whether every node was asked afresh for this observation, and at least who it is and whether it takes mail.</summary>
    public bool IsComplete { get; init; }

    /// <summary>Since when every node answers and none calls itself Control.</summary>
    public DateTimeOffset? NoControlSince { get; init; }

    public NodeObservation this[string node] => Nodes[node];

    /// <summary>The load balancer leads sessions to the node, and says nothing of its health or does not know it: it may serve nobody.</summary>
    public bool IsHealthUnknown(string node) =>
        Nodes[node] is { TakesMail: true } seen && (seen.Load is { Healthy: null } || IsBalanced && seen.Load is null);

    /// <summary>The nodes that call themselves Control.</summary>
    public IEnumerable<NodeObservation> Controls => Nodes.Values.Where(n => n.Role == NodeRole.Control);
}
