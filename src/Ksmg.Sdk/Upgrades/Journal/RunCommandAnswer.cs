using System.Text.Json.Serialization;

namespace Ksmg.Sdk.Upgrades;

/// <summary>What became of a command.</summary>
/// <param name="Accepted">Whether the run took it.</param>
/// <param name="Text">One sentence.</param>
/// <param name="At">When.</param>
public sealed record RunCommandAnswer(bool Accepted, [property: JsonConverter(typeof(SentenceConverter))] Message Text, DateTimeOffset At)
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
