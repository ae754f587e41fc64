using System.Text.Json.Serialization;

namespace Ksmg.Sdk.Upgrades;

/// <summary>A step that comes next.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Name">Its name.</param>
/// <param name="Node">Its node; <see langword="null"/> for steps of the run.</param>
/// <param name="What">What becomes of it.</param>
/// <param name="Text">Why, in one sentence.</param>
/// <param name="Since">Since when it is its turn.</param>
/// <param name="Until">When the run stops waiting for it.</param>
public sealed record ExplainedStep(
    StepId Id,
    string Name,
    string? Node,
    ExplainedStepKind What,
    [property: JsonConverter(typeof(SentenceConverter))] Message Text,
    DateTimeOffset Since,
    DateTimeOffset? Until)
{
    /// <summary>The same as key and arguments, which stand in JSON beside the sentence that is more than what somebody else said.</summary>
    [JsonInclude]
    [JsonPropertyName("message")]
    internal Message? Data
    {
        get => Text.Keyed;
        init => Text = value is { HasWords: true } ? value : Text;
    }
}
