using System.Text.Json.Serialization;

namespace Ksmg.Sdk.Upgrades;

/// <summary>Something a human decided in a run.</summary>
/// <param name="At">When it was said; the run may have taken it later.</param>
/// <param name="By">Who.</param>
/// <param name="Text">What, in one sentence.</param>
public sealed record HumanDecision(
    DateTimeOffset At,
    string By,
    [property: JsonConverter(typeof(SentenceConverter))] Message Text)
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
