using System.Text.Json.Serialization;

namespace Ksmg.Sdk;

/// <summary>What nodes say of themselves and of each other.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    Converters = [typeof(UtcTimeConverter)],
    MaxDepth = 32)]
[JsonSerializable(typeof(NodeListDto))]
[JsonSerializable(typeof(NodeStatusDto))]
[JsonSerializable(typeof(CurrentUserDto))]
internal sealed partial class NodesJson : JsonSerializerContext;
