using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ksmg.Sdk;

/// <summary>Dialect files, as people write them.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    AllowTrailingCommas = true,
    ReadCommentHandling = JsonCommentHandling.Skip,
    RespectNullableAnnotations = true,
    MaxDepth = 32)]
[JsonSerializable(typeof(DialectDocument))]
internal sealed partial class DialectJson : JsonSerializerContext;
