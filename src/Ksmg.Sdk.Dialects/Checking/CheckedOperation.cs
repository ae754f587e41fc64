using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Dialects;

/// <summary>What became of one operation when a node was asked, and how its answer was understood.</summary>
public sealed record CheckedOperation
{
    /// <summary>The name of the node.</summary>
    public required string Node { get; init; }

    /// <summary>The operation, by its name in the catalogue.</summary>
    public required string Operation { get; init; }

    /// <summary>Whether the answer was understood, and all its words known. What would change the node is not tried.</summary>
    public required SelfTestOutcome Outcome { get; init; }

    /// <summary>The call as the catalogue has it, with placeholders.</summary>
    public string? Call { get; init; }

    /// <summary>What was found, for people.</summary>
    public required string Text { get; init; }

    /// <summary>What the node answered: cut, without secrets and addresses of people.</summary>
    public string? Raw { get; init; }

    /// <summary>What the entry makes of it, as JSON in our form: cut like <see cref="Raw"/>.</summary>
    public string? Mapped { get; init; }

    /// <summary>Fields that the operation cannot do without and that came out null.</summary>
    public IReadOnlyList<string> MissingFields { get; init; } = [];

    /// <summary>Fields that came out null and may.</summary>
    public IReadOnlyList<string> UntoldFields { get; init; } = [];

    /// <summary>Words that are none of ours, as <c>field: word</c>: they never count as good.</summary>
    public IReadOnlyList<string> UnknownWords { get; init; } = [];
}
