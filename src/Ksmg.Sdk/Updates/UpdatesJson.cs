using System.Text.Json.Serialization;

namespace Ksmg.Sdk;

/// <summary>What a node says of updates, and is told.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    Converters = [typeof(UtcTimeConverter)],
    MaxDepth = 32)]
[JsonSerializable(typeof(UploadDto))]
[JsonSerializable(typeof(UnlistedUploadDto))]
[JsonSerializable(typeof(UploadListDto))]
[JsonSerializable(typeof(UpdateStatusDto))]
internal sealed partial class UpdatesJson : JsonSerializerContext;
