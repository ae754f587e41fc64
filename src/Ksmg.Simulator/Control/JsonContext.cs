using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Xml;

namespace Ksmg.Simulator;

/// <summary>A duration as ISO 8601 (<c>PT30S</c>) or as .NET prints it (<c>00:00:30</c>).</summary>
internal sealed class DurationConverter : JsonConverter<TimeSpan>
{
    public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        string text = reader.GetString() ?? throw new JsonException("A duration is expected.");
        try
        {
            return text.StartsWith('P') || text.StartsWith("-P", StringComparison.Ordinal)
                ? XmlConvert.ToTimeSpan(text)
                : TimeSpan.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            throw new JsonException($"'{text}' is no duration; PT30S or 00:00:30 are.", e);
        }
    }

    public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) =>
        writer.WriteStringValue(XmlConvert.ToString(value));
}

/// <summary>Enumerations are lower-case words.</summary>
internal sealed class CauseConverter() : JsonStringEnumConverter<EffectCause>(JsonNamingPolicy.CamelCase);

/// <summary>The JSON of the control URL and of fault files.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    Converters = [typeof(DurationConverter), typeof(CauseConverter)],
    DefaultIgnoreCondition = JsonIgnoreCondition.Never,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(JsonObject))]
[JsonSerializable(typeof(ForeignTable))]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(SimulatedFault))]
[JsonSerializable(typeof(SimulatedEffect[]))]
[JsonSerializable(typeof(SimulatedRequest[]))]
[JsonSerializable(typeof(List<SimulatedViolation>))]
[JsonSerializable(typeof(MailFigures))]
[JsonSerializable(typeof(MailboxCopy[]))]
[JsonSerializable(typeof(WorldView))]
[JsonSerializable(typeof(SnapshotView[]))]
[JsonSerializable(typeof(FileView[]))]
[JsonSerializable(typeof(ActOrder))]
[JsonSerializable(typeof(MailOrder))]
[JsonSerializable(typeof(SnapshotOrder))]
internal sealed partial class JsonContext : JsonSerializerContext;
