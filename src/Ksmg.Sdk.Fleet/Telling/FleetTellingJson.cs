using System.Text.Json;
using System.Text.Json.Serialization;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Fleet;

/// <summary>What is told of a fleet, as JSON.</summary>
internal static class FleetTellingJson
{
    private static readonly FleetTellingJsonContext Indented = new(DocumentJson.Options(FleetTellingJsonContext.Default.Options, indented: true));

    public static string Serialize(FleetReport report) => JsonSerializer.Serialize(report, Indented.FleetReport);

    public static string Serialize(FleetSchedule schedule) => JsonSerializer.Serialize(schedule, Indented.FleetSchedule);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    Converters = [typeof(BuildNumberConverter)])]
[JsonSerializable(typeof(FleetReport))]
[JsonSerializable(typeof(FleetSchedule))]
internal sealed partial class FleetTellingJsonContext : JsonSerializerContext;
