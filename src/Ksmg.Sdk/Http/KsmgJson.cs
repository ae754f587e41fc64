using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Ksmg.Sdk;

/// <summary>What every conversation with a node needs; each resource has a context of its own.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    MaxDepth = 32)]
[JsonSerializable(typeof(JsonNode))]
[JsonSerializable(typeof(SuccessDto))]
[JsonSerializable(typeof(AboutDto))]
internal sealed partial class KsmgJson : JsonSerializerContext;

/// <summary>The answer of a call that only succeeds or fails.</summary>
internal sealed record SuccessDto
{
    public bool Success { get; init; }
}
