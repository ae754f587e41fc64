using System.Text.Json.Serialization;

namespace Ksmg.Sdk.Upgrades;

/// <summary>What became of a step.</summary>
public sealed record StepReport
{
    /// <summary>Its number, such as <c>S8</c>.</summary>
    public required StepId Id { get; init; }

    /// <summary>Its name, such as <c>install</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The index of the package, for steps done once per package.</summary>
    public int? Package { get; init; }

    /// <summary>What became of it; <see langword="null"/> while open or not begun.</summary>
    public StepOutcome? Outcome { get; init; }

    /// <summary>How often it was tried.</summary>
    public int Attempts { get; init; }

    /// <summary>When what it comes after was done: from then on it was waited for, whether anything had to be caused or not.</summary>
    public DateTimeOffset? ReadyAt { get; init; }

    /// <summary>When it was begun.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When its outcome was written.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>Since when it was on: its turn, or the first attempt at it.</summary>
    internal DateTimeOffset? Since => ReadyAt ?? StartedAt;

    /// <summary>How long it took, from its turn to its outcome; <see langword="null"/> while it has none.</summary>
    internal TimeSpan? Took => FinishedAt - Since;

    /// <summary>What was seen.</summary>
    [JsonConverter(typeof(SentenceConverter))]
    public Message? Evidence { get; init; }

    /// <summary>The same as key and arguments, which stand in JSON beside the sentence that is more than what somebody else said.</summary>
    [JsonInclude]
    [JsonPropertyName("message")]
    internal Message? Data
    {
        get => Evidence?.Keyed;
        init => Evidence = value is { HasWords: true } ? value : Evidence;
    }
}
