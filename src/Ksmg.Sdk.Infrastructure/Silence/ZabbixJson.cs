using System.Text.Json.Serialization;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>What Zabbix answers (JSON-RPC 2.0; numbers come as texts). Unknown members are ignored; missing ones and wrong types are errors.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    NumberHandling = JsonNumberHandling.AllowReadingFromString,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ZabbixAnswer<string>))]
[JsonSerializable(typeof(ZabbixAnswer<List<ZabbixHost>>))]
[JsonSerializable(typeof(ZabbixAnswer<List<ZabbixMaintenance>>))]
[JsonSerializable(typeof(ZabbixAnswer<ZabbixMaintenances>))]
internal sealed partial class ZabbixJson : JsonSerializerContext;

internal sealed record ZabbixAnswer<T>(T? Result = default, ZabbixError? Error = null);

internal sealed record ZabbixError(string? Message = null, string? Data = null);

internal sealed record ZabbixHost([property: JsonPropertyName("hostid")] string HostId, string Host);

internal sealed record ZabbixMaintenance(
    [property: JsonPropertyName("maintenanceid")] string MaintenanceId, [property: JsonPropertyName("active_since")] long ActiveSince);

internal sealed record ZabbixMaintenances([property: JsonPropertyName("maintenanceids")] IReadOnlyList<string> MaintenanceIds);
