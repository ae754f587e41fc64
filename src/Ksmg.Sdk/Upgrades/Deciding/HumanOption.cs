using System.Text.Json.Serialization;

namespace Ksmg.Sdk.Upgrades;

/// <summary>Something a human can do about a run, as data: a host says how it is done with it.</summary>
/// <param name="Kind">What.</param>
/// <param name="Text">What it brings about.</param>
/// <param name="Node">The node; <see langword="null"/> where none is concerned, and with a rollback of all nodes.</param>
/// <param name="Check">With <see cref="HumanOptionKind.Override"/>: the check, one of <see cref="UpgradeOverrides"/>.</param>
/// <param name="Until">With <see cref="HumanOptionKind.Override"/>: until when, as a proposal.</param>
public sealed record HumanOption(
    HumanOptionKind Kind,
    [property: JsonConverter(typeof(SentenceConverter))] Message Text,
    string? Node = null,
    string? Check = null,
    DateTimeOffset? Until = null)
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
