using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Serialization;

namespace Ksmg.Sdk.Upgrades;

/// <summary>Events as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(UpgradeEvent))]
internal sealed partial class UpgradeEventJson : JsonSerializerContext
{
    private static readonly ConcurrentDictionary<CultureInfo, UpgradeEventJson> Spoken = [];

    /// <summary>Events whose sentences are in a language.</summary>
    public static UpgradeEventJson In(CultureInfo language) =>
        Spoken.GetOrAdd(language, l => new UpgradeEventJson(SentenceLanguage.In(l, Default.Options)));
}
