namespace Ksmg.Sdk.Upgrades;

/// <summary>A step in two runs.</summary>
public sealed record ComparedStep
{
    /// <summary>Its number, such as <c>S8</c>.</summary>
    public required StepId Id { get; init; }

    /// <summary>Its node; <see langword="null"/> for steps of the run.</summary>
    public string? Node { get; init; }

    /// <summary>The index of the package, for steps done once per package.</summary>
    public int? Package { get; init; }

    /// <summary>How long it took in the one run, from its turn to its outcome; <see langword="null"/> where that run has no outcome of it.</summary>
    public TimeSpan? Left { get; init; }

    /// <summary>How long it took in the other run.</summary>
    public TimeSpan? Right { get; init; }
}
