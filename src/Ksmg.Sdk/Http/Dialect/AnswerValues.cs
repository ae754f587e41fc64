using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Ksmg.Sdk.Http;

namespace Ksmg.Sdk;

/// <summary>What a node's words, numbers and times mean: each field of an answer as our own form of it.</summary>
internal sealed class AnswerValues
{
    private static readonly string[] TimeFormats = ["iso", "unix", "unix-ms"];

    /// <summary>Field → their word → ours.</summary>
    private readonly Dictionary<string, Dictionary<string, JsonNode>> _words = new(StringComparer.Ordinal);

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

            values._words[field] = list.ToDictionary(word => word.Key, word => word.Value!, StringComparer.Ordinal);
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
            if (_words.TryGetValue(name, out Dictionary<string, JsonNode>? words)
                && words.FirstOrDefault(word => JsonNode.DeepEquals(word.Value, value)) is { Key: { } word })
            {
                // What is written as a number is one; where texts go, in a query, the two are the same.
                bool isNumber = int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
                    && word == number.ToString(CultureInfo.InvariantCulture);
                theirs = theirs.With(name, isNumber ? JsonValue.Create(number) : word);
            }
        }

        return theirs;
    }

    /// <summary>Data in our form; members that the form does not have are left out.</summary>
    /// <exception cref="JsonException">A field cannot be understood.</exception>
    public JsonNode? Convert(JsonNode? data, JsonTypeInfo shape) => Convert(data, shape.Type, shape.Options, string.Empty);

    private JsonNode? Convert(JsonNode? value, Type type, JsonSerializerOptions options, string field)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (value is null || type == typeof(JsonElement))
        {
            return value?.DeepClone();
        }

        JsonTypeInfo shape = options.GetTypeInfo(type);
        if (shape.Kind == JsonTypeInfoKind.Object && value is JsonObject members)
        {
            JsonObject converted = [];
            foreach (JsonPropertyInfo member in shape.Properties.Where(p => p.Set is not null))
            {
                if (members.TryGetPropertyValue(member.Name, out JsonNode? inner))
                {
                    converted[member.Name] = Convert(inner, member.PropertyType, options, field.Length == 0 ? member.Name : $"{field}.{member.Name}");
                }
            }

            return converted;
        }

        if (shape.Kind == JsonTypeInfoKind.Enumerable && value is JsonArray items)
        {
            Type item = type.GetGenericArguments()[0];
            return new JsonArray([.. items.Select(inner => Convert(inner, item, options, field))]);
        }

        return value is JsonValue scalar ? Scalar(scalar, type, field) : value.DeepClone();
    }

    private JsonNode? Scalar(JsonValue value, Type type, string field)
    {
        string text = CallArguments.Text(value);
        JsonNode ours = Find(_words, field) is { } words && words.TryGetValue(text, out JsonNode? word) ? word.DeepClone() : value.DeepClone();
        if (type == typeof(DateTimeOffset))
        {
            return Time(text, field);
        }

        if (type == typeof(string))
        {
            return CallArguments.Text(ours);
        }

        if (type == typeof(bool))
        {
            return ours.GetValueKind() is JsonValueKind.True or JsonValueKind.False
                ? ours
                : throw new UnusableDataException(Words.Get("dialect.no-switch", field, text));
        }

        // Numbers as text are taken.
        return ours.GetValueKind() == JsonValueKind.String && decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal number)
            ? JsonValue.Create(number)
            : ours;
    }

    private JsonNode? Time(string text, string field)
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
