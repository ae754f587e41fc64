using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ksmg.Sdk;

/// <summary>Everything that is read or written as JSON between a client and a node.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    MaxDepth = 32)]
[JsonSerializable(typeof(CatalogueDocument))]
[JsonSerializable(typeof(LoginDto))]
[JsonSerializable(typeof(SuccessDto))]
[JsonSerializable(typeof(EmptyDto))]
[JsonSerializable(typeof(IdDto))]
[JsonSerializable(typeof(NodeListDto))]
[JsonSerializable(typeof(NodeStatusDto))]
[JsonSerializable(typeof(CurrentUserDto))]
[JsonSerializable(typeof(QueueSummaryDto))]
[JsonSerializable(typeof(QueuePageDto))]
[JsonSerializable(typeof(FlushDto))]
[JsonSerializable(typeof(MailFlowDto))]
[JsonSerializable(typeof(SwitchDto))]
[JsonSerializable(typeof(AboutDto))]
[JsonSerializable(typeof(UploadDto))]
[JsonSerializable(typeof(UploadListDto))]
[JsonSerializable(typeof(UpdateStatusDto))]
internal sealed partial class KsmgJson : JsonSerializerContext;

/// <summary>The answer of a call that only succeeds or fails.</summary>
internal sealed record SuccessDto
{
    public bool Success { get; init; }
}

/// <summary>The body of a call without arguments.</summary>
internal sealed record EmptyDto;

/// <summary>The body of a call about one upload.</summary>
internal sealed record IdDto(string Id);
