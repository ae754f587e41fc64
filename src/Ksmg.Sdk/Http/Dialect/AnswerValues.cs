using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Ksmg.Sdk.Http;

namespace Ksmg.Sdk;

/// <summary>What a node's words, numbers and times mean: each field of an answer as our own form of it.</summary>
internal sealed class AnswerValues
{
    private const int InitialBytes = 1024;

    private static readonly string[] TimeFormats = ["iso", "unix", "unix-ms"];

    /// <summary>Field → their word → ours.</summary>
    private readonly Dictionary<string, Dictionary<string, JsonElement>> _words = new(StringComparer.Ordinal);

    /// <summary>Field → format; the empty field stands for all others.</summary>
    private readonly Dictionary<string, string> _times = new(StringComparer.Ordinal);

    public bool IsEmpty => _words.Count == 0 && _times.Count == 0;

    public static AnswerValues Read(CatalogueEntryOptions entry, Action<string, string> fault)
    {
        AnswerValues values = new();
        foreach ((string field, JsonNode? words) in entry.Words ?? [])
        {
            if (words is not JsonObject list || list.Any(word => word.Value is not JsonValue))
            {
                fault("words", Words.Get("dialect.words-shape", field));
                continue;
            }

            values._words[field] = list.ToDictionary(word => word.Key, word => Element(word.Value!), StringComparer.Ordinal);
        }

        switch (entry.Times)
        {
            case null:
                break;
            case JsonObject fields:
                foreach ((string field, JsonNode? format) in fields)
                {
                    values.AddTime(field, format, fault);
                }

                break;
            default:
                values.AddTime(string.Empty, entry.Times, fault);
                break;
        }

        return values;
    }

    /// <summary>Arguments whose names are fields with words, in the words of the node.</summary>
    public CallArguments Back(CallArguments arguments)
    {
        CallArguments theirs = arguments;
        foreach ((string name, JsonNode value) in arguments)
        {
            if (_words.TryGetValue(name, out Dictionary<string, JsonElement>? words)
                && words.FirstOrDefault(word => JsonElement.DeepEquals(word.Value, Element(value))) is { Key: { } word })
            {
                // What is written as a number is one; where texts go, in a query, the two are the same.
                bool isNumber = int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
                    && word == number.ToString(CultureInfo.InvariantCulture);
                theirs = theirs.With(name, isNumber ? JsonValue.Create(number) : word);
            }
        }

        return theirs;
    }

    /// <summary>A value as text: what stands in quotation marks, else as it is written.</summary>
    public static string Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();

    /// <summary>Data in our form, as JSON; members that the form does not have are left out.</summary>
    /// <exception cref="JsonException">A field cannot be understood.</exception>
    public ReadOnlyMemory<byte> Convert(JsonElement data, JsonTypeInfo shape)
    {
        ArrayBufferWriter<byte> json = new(InitialBytes);
        using (Utf8JsonWriter ours = new(json))
        {
            Convert(data, shape.Type, shape.Options, string.Empty, ours);
        }

        return json.WrittenMemory;
    }

    private void Convert(JsonElement value, Type type, JsonSerializerOptions options, string field, Utf8JsonWriter ours)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        JsonTypeInfo? shape = type == typeof(JsonElement) || value.ValueKind == JsonValueKind.Null ? null : options.GetTypeInfo(type);
        switch (value.ValueKind)
        {
            case JsonValueKind.Object when shape?.Kind == JsonTypeInfoKind.Object:
                ours.WriteStartObject();
                foreach (JsonPropertyInfo member in shape.Properties)
                {
                    if (member.Set is not null && value.TryGetProperty(member.Name, out JsonElement inner))
                    {
                        ours.WritePropertyName(member.Name);
                        Convert(inner, member.PropertyType, options, field.Length == 0 ? member.Name : $"{field}.{member.Name}", ours);
                    }
                }

                ours.WriteEndObject();
                break;
            case JsonValueKind.Array when shape?.Kind == JsonTypeInfoKind.Enumerable:
                Type item = shape.ElementType!;
                ours.WriteStartArray();
                foreach (JsonElement inner in value.EnumerateArray())
                {
                    Convert(inner, item, options, field, ours);
                }

                ours.WriteEndArray();
                break;
            case JsonValueKind.String or JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False when shape is not null:
                ConvertScalar(value, type, field, ours);
                break;
            default:
                value.WriteTo(ours);
                break;
        }
    }

    private void ConvertScalar(JsonElement value, Type type, string field, Utf8JsonWriter ours)
    {
        if (type == typeof(DateTimeOffset))
        {
            ours.WriteStringValue(Time(Text(value), field));
            return;
        }

        JsonElement known = Find(_words, field) is { } words && words.TryGetValue(Text(value), out JsonElement word) ? word : value;
        if (type == typeof(string) && known.ValueKind != JsonValueKind.String)
        {
            ours.WriteStringValue(known.GetRawText());
        }
        else if (type == typeof(bool) && known.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            throw new UnusableDataException(Words.Get("dialect.no-switch", field, Text(value)));
        }
        else if (type != typeof(string) && known.ValueKind == JsonValueKind.String
            && decimal.TryParse(known.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out decimal number))
        {
            // Numbers as text are taken.
            ours.WriteNumberValue(number);
        }
        else
        {
            known.WriteTo(ours);
        }
    }

    private string? Time(string text, string field)
    {
        string format = Find(_times, field) ?? _times.GetValueOrDefault(string.Empty, TimeFormats[0]);
        if (text is "" or "0")
        {
            return null;
        }

        if (format == TimeFormats[0])
        {
            return text;
        }

        decimal ticks = format == "unix" ? TimeSpan.TicksPerSecond : TimeSpan.TicksPerMillisecond;
        decimal most = (DateTimeOffset.MaxValue - DateTimeOffset.UnixEpoch).Ticks;
        return decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal number) && number > 0 && number <= most / ticks
            ? CallArguments.Text(DateTimeOffset.UnixEpoch.AddTicks((long)(number * ticks)))
            : throw new UnusableDataException(Words.Get("dialect.no-time", field, text, format));
    }

    private static JsonElement Element(JsonNode node) => JsonSerializer.SerializeToElement(node, KsmgJson.Default.JsonNode);

    /// <summary>What is said of a field: by its full name, else by the longest end of it.</summary>
    private static T? Find<T>(Dictionary<string, T> table, string field)
        where T : class
    {
        for (string name = field; ; name = name[(name.IndexOf('.', StringComparison.Ordinal) + 1)..])
        {
            if (table.TryGetValue(name, out T? found))
            {
                return found;
            }

            if (!name.Contains('.', StringComparison.Ordinal))
            {
                return null;
            }
        }
    }

    private void AddTime(string field, JsonNode? format, Action<string, string> fault)
    {
        if (format is JsonValue value && value.TryGetValue(out string? text) && TimeFormats.Contains(text))
        {
            _times[field] = text;
        }
        else
        {
            fault("times", Words.Get("dialect.times", format?.ToJsonString() ?? "null", string.Join(", ", TimeFormats)));
        }
    }
}
