namespace Ksmg.Sdk.Dialects;

/// <summary>What a recording tells of one operation.</summary>
public sealed record DraftedOperation
{
    /// <summary>The operation, by its name in the catalogue.</summary>
    public required string Operation { get; init; }

    /// <summary>How well it is told.</summary>
    public required DraftedState State { get; init; }

    /// <summary>The call, such as <c>PUT /api/flow</c>, with <c>{}</c> for what differs; <see langword="null"/>: there is none.</summary>
    public string? Call { get; init; }

    /// <summary>What speaks for it, for people.</summary>
    public string Why { get; init; } = string.Empty;

    /// <summary>What a person has still to do, for people.</summary>
    public required string ToDo { get; init; }
}
