using System.Text.Json.Serialization;

namespace Ksmg.Sdk;

/// <summary>What a node says of its queues, and is told about its mail flow.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    Converters = [typeof(UtcTimeConverter)],
    MaxDepth = 32)]
[JsonSerializable(typeof(QueueSummaryDto))]
[JsonSerializable(typeof(QueuePageDto))]
[JsonSerializable(typeof(MailFlowDto))]
internal sealed partial class QueueJson : JsonSerializerContext;
