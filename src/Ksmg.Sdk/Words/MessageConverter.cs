using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// A message as JSON: <c>{"key":"wait.soak","arguments":["gw2",{"instant":"…"}]}</c>. Texts and numbers stand as such, a duration as
/// <c>{"duration":"00:10:00"}</c>, a list of messages as an array.
/// </summary>
internal sealed class MessageConverter : JsonConverter<Message>
{
    public override Message Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using JsonDocument document = JsonDocument.ParseValue(ref reader);
        return ReadMessage(document.RootElement);
    }

    public override void Write(Utf8JsonWriter writer, Message value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WriteString("key", value.Key);
        if (value.Arguments.Count > 0)
        {
            writer.WriteStartArray("arguments");
            foreach (object argument in value.Arguments)
            {
                WriteArgument(writer, argument, options);
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    private void WriteArgument(Utf8JsonWriter writer, object argument, JsonSerializerOptions options)
    {
        switch (argument)
        {
            case long number:
                writer.WriteNumberValue(number);
                break;
            case Message message:
                Write(writer, message, options);
                break;
            case Message[] list:
                writer.WriteStartArray();
                Array.ForEach(list, message => Write(writer, message, options));
                writer.WriteEndArray();
                break;
            case TimeSpan time:
                WriteOne(writer, "duration", time.ToString("c", CultureInfo.InvariantCulture));
                break;
            case DateTimeOffset at:
                WriteOne(writer, "instant", at.ToString("O", CultureInfo.InvariantCulture));
                break;
            default:
                writer.WriteStringValue((string)argument);
                break;
        }
    }

    private static void WriteOne(Utf8JsonWriter writer, string name, string value)
    {
        writer.WriteStartObject();
        writer.WriteString(name, value);
        writer.WriteEndObject();
    }

    private static Message ReadMessage(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty("key", out JsonElement key) || key.GetString() is not { Length: > 0 } said)
        {
            throw new JsonException(Words.Get("message.expected"));
        }

        object?[] arguments = json.TryGetProperty("arguments", out JsonElement all) ? [.. all.EnumerateArray().Select(ReadArgument)] : [];
        return Message.Of(said, arguments);
    }

    private static TimeSpan ReadDuration(string? text) => TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out TimeSpan time)
        ? time
        : throw new JsonException(Words.Get("message.no-duration"));

    private static object? ReadArgument(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.String => json.GetString(),
        JsonValueKind.Number when json.TryGetInt64(out long number) => number,
        JsonValueKind.Array => json.EnumerateArray().Select(ReadMessage).ToArray(),
        JsonValueKind.Object when json.TryGetProperty("duration", out JsonElement time) => ReadDuration(time.GetString()),
        JsonValueKind.Object when json.TryGetProperty("instant", out JsonElement at) => at.GetDateTimeOffset(),
        JsonValueKind.Object => ReadMessage(json),
        _ => throw new JsonException(Words.Get("message.no-argument")),
    };
}

/// <summary>
/// The sentence of a message, which is what JSON contracts have as text: English, unless the options of the document carry a
/// <see cref="SentenceLanguage"/>. Key and arguments stand beside it.
/// </summary>
internal sealed class SentenceConverter : JsonConverter<Message>
{
    public override Message Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Message.Said(reader.GetString());

    public override void Write(Utf8JsonWriter writer, Message value, JsonSerializerOptions options) =>
        writer.WriteStringValue(SentenceLanguage.Say(value, options));
}

/// <summary>The sentences of messages.</summary>
internal sealed class SentencesConverter : JsonConverter<IReadOnlyList<Message>>
{
    public override IReadOnlyList<Message> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        List<Message> all = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            all.Add(Message.Said(reader.GetString()));
        }

        return all;
    }

    public override void Write(Utf8JsonWriter writer, IReadOnlyList<Message> value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        foreach (Message message in value)
        {
            writer.WriteStringValue(SentenceLanguage.Say(message, options));
        }

        writer.WriteEndArray();
    }
}

/// <summary>The language of the sentences of a document, among the converters of its options; it converts nothing itself.</summary>
internal sealed class SentenceLanguage(CultureInfo culture) : JsonConverterFactory
{
    private CultureInfo Culture => culture;

    /// <summary>The options of a document, and its sentences in a language.</summary>
    public static JsonSerializerOptions In(CultureInfo language, JsonSerializerOptions shape)
    {
        JsonSerializerOptions options = new(shape) { TypeInfoResolver = null };
        options.Converters.Add(new SentenceLanguage(language));
        return options;
    }

    /// <summary>A message in the language of the document.</summary>
    public static string Say(Message message, JsonSerializerOptions options) =>
        message.ToString(options.Converters.OfType<SentenceLanguage>().FirstOrDefault()?.Culture ?? CultureInfo.InvariantCulture);

    public override bool CanConvert(Type typeToConvert) => false;

    public override JsonConverter? CreateConverter(Type typeToConvert, JsonSerializerOptions options) => null;
}
