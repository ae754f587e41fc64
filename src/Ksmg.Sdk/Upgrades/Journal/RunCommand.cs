namespace Ksmg.Sdk.Upgrades;

/// <summary>What a human tells a run.</summary>
public sealed record RunCommand
{
    /// <summary>Unique; letters, digits and <c>-</c>.</summary>
    public required string Id { get; init; }

    /// <summary>What is wanted.</summary>
    public required RunCommandKind Kind { get; init; }

    /// <summary>Who says so.</summary>
    public required string By { get; init; }

    /// <summary>When it was said.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The hash of the plan the human looked at; a command bound to another plan is refused.</summary>
    public string? PlanHash { get; init; }

    /// <summary>The node concerned.</summary>
    public string? Node { get; init; }

    /// <summary>Why.</summary>
    public string? Reason { get; init; }
}
