using System.Text.Json.Serialization;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>What commands answer and are told. Unknown members are ignored; missing ones and wrong types are errors.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(Dictionary<string, CommandLoad>))]
[JsonSerializable(typeof(List<CommandSnapshot>))]
[JsonSerializable(typeof(CommandAnswer))]
[JsonSerializable(typeof(List<CommandCopy>))]
internal sealed partial class CommandJson : JsonSerializerContext;

internal sealed record CommandLoad(string Mode, int Sessions, bool? Healthy = null, long? SessionsTotal = null, string? Address = null);

internal sealed record CommandSnapshot(string Name, DateTimeOffset CreatedAt, bool Complete);

internal sealed record CommandAnswer(bool Accepted, string Text);

internal sealed record CommandCopy(DateTimeOffset? ReceivedAt = null, string? ViaHost = null, string? Build = null, string? Databases = null);
