namespace Ksmg.Sdk.Upgrades;

/// <summary>A step of a plan.</summary>
public sealed record PlannedStep
{
    /// <summary>Its number as in the documentation, such as <c>S8</c>.</summary>
    public required StepId Id { get; init; }

    /// <summary>Its name, such as <c>install</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The node; <see langword="null"/> for steps of the run.</summary>
    public string? Node { get; init; }

    /// <summary>The index of the package in <see cref="UpgradePlan.Packages"/>, for steps done once per package.</summary>
    public int? Package { get; init; }

    /// <summary>The keys of the steps that must be done before.</summary>
    public required IReadOnlyList<StepKey> After
    {
        get;
        init => field = FrozenList<StepKey>.Of(value);
    }

    /// <summary>How long it may take before a human is asked.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>What identifies the step in its run.</summary>
    public StepKey Key => new(Id, Node, Package);
}
