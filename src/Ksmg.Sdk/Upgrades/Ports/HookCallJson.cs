using System.Text.Json.Serialization;

namespace Ksmg.Sdk.Upgrades;

/// <summary>Calls of hooks as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    Converters = [typeof(BuildNumberConverter)])]
[JsonSerializable(typeof(HookCall))]
internal sealed partial class HookCallJson : JsonSerializerContext;
