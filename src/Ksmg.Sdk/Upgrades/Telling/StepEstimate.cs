namespace Ksmg.Sdk.Upgrades;

/// <summary>How long a step will take.</summary>
public sealed record StepEstimate
{
    /// <summary>Its number, such as <c>S8</c>.</summary>
    public required StepId Id { get; init; }

    /// <summary>The node; <see langword="null"/> for steps of the run.</summary>
    public string? Node { get; init; }

    /// <summary>The index of the package, for steps done once per package.</summary>
    public int? Package { get; init; }

    /// <summary>How long; <see langword="null"/> where no run of the cluster is there to go by.</summary>
    public DurationRange? Took { get; init; }

    /// <summary>How many times it was measured. The watch over a finished node is as long as the policy says, and needs none.</summary>
    public int Samples { get; init; }
}
