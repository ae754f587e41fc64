using System.Text.Json.Serialization;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>What Alertmanager is told and answers (API v2). Unknown members are ignored; missing ones and wrong types are errors.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(AlertmanagerSilenceToPost))]
[JsonSerializable(typeof(AlertmanagerSilenceId))]
[JsonSerializable(typeof(AlertmanagerSilenceSeen))]
[JsonSerializable(typeof(AlertmanagerStatus))]
internal sealed partial class AlertmanagerJson : JsonSerializerContext;

internal sealed record AlertmanagerMatcher(string Name, string Value, bool IsRegex, bool IsEqual = true);

internal sealed record AlertmanagerSilenceToPost(
    string? Id, IReadOnlyList<AlertmanagerMatcher> Matchers, DateTimeOffset StartsAt, DateTimeOffset EndsAt, string CreatedBy, string Comment);

internal sealed record AlertmanagerSilenceId([property: JsonPropertyName("silenceID")] string SilenceId);

internal sealed record AlertmanagerSilenceSeen(string Id, DateTimeOffset StartsAt, AlertmanagerSilenceState Status);

internal sealed record AlertmanagerSilenceState(string State);

internal sealed record AlertmanagerStatus(AlertmanagerVersion VersionInfo);

internal sealed record AlertmanagerVersion(string Version);
