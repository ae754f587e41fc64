using System.Text.Json.Serialization;

namespace Ksmg.Sdk.Upgrades;

/// <summary>Events as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(UpgradeEvent))]
internal sealed partial class UpgradeEventJson : JsonSerializerContext;
