using System.Text.Json.Serialization;

namespace Ksmg.Sdk.Upgrades;

/// <summary>What a run writes down. Flat on purpose: a stranger reads it with a text tool.</summary>
internal sealed record JournalEntry
{
    /// <summary>What kind of entry it is.</summary>
    public required JournalEntryKind Kind { get; init; }

    /// <summary>The key of the step, <c>step/node/package</c>.</summary>
    public string? Step { get; init; }

    /// <summary>The same as a key; <see langword="null"/> where the entry is of no step.</summary>
    internal StepKey? Key => StepKey.TryParse(Step, out StepKey key) ? key : null;

    /// <summary>The node concerned.</summary>
    public string? Node { get; init; }

    /// <summary>Which attempt at the step, from 1.</summary>
    public int? Attempt { get; init; }

    /// <summary>The outcome of a step.</summary>
    public StepOutcome? Outcome { get; init; }

    /// <summary>When the step is to have shown its effect.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>One sentence: the reason, the evidence, the decision. It stands in English, with key and arguments as <c>message</c> beside it.</summary>
    [JsonConverter(typeof(SentenceConverter))]
    public Message? Text { get; init; }

    /// <summary>The same as key and arguments, which stand in JSON beside the sentence that is more than what somebody else said.</summary>
    [JsonInclude]
    [JsonPropertyName("message")]
    internal Message? Data
    {
        get => Text?.Keyed;
        init => Text = value is { HasWords: true } ? value : Text;
    }

    /// <summary>Prior values, expected values, evidence, ids; never a secret.</summary>
    public IReadOnlyDictionary<string, string>? Values { get; init; }
}
