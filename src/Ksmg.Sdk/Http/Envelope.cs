using System.Text.Json;

namespace Ksmg.Sdk;

/// <summary>The shape of every answer: <c>{"data": …}</c> or <c>{"error": …}</c>.</summary>
internal readonly record struct Envelope
{
    private const int MaxDepth = 32;

    /// <summary>The <c>data</c> of a good answer; empty if there is none.</summary>
    public ReadOnlyMemory<byte> Data { get; private init; }

    public bool HasError { get; private init; }

    public string? ErrorCode { get; private init; }

    public string? ErrorMessage { get; private init; }

    /// <summary>Reads the outer object and proves that the whole text is JSON.</summary>
    /// <exception cref="JsonException">It is not.</exception>
    public static Envelope Parse(ReadOnlyMemory<byte> json)
    {
        var reader = new Utf8JsonReader(json.Span, new JsonReaderOptions { MaxDepth = MaxDepth });
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("An object is expected.");
        }

        var result = new Envelope();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isData = reader.ValueTextEquals("data"u8);
            bool isError = reader.ValueTextEquals("error"u8);
            reader.Read();
            int start = (int)reader.TokenStartIndex;
            bool isNull = reader.TokenType == JsonTokenType.Null;
            if (isError && !isNull)
            {
                (string? code, string? message) = ReadError(ref reader);
                result = result with { HasError = true, ErrorCode = code, ErrorMessage = message };
                continue;
            }

            reader.Skip();
            if (isData && !isNull)
            {
                result = result with { Data = json[start..(int)reader.BytesConsumed] };
            }
        }

        // Whatever follows the object is a fault of the answer.
        return reader.Read() ? throw new JsonException("Something follows the object.") : result;
    }

    private static (string? Code, string? Message) ReadError(ref Utf8JsonReader reader)
    {
        using JsonDocument document = JsonDocument.ParseValue(ref reader);
        JsonElement error = document.RootElement;
        return error.ValueKind switch
        {
            JsonValueKind.Object => (Text(error, "code"), Text(error, "message")),
            JsonValueKind.String => (null, error.GetString()),
            _ => (null, error.GetRawText()),
        };
    }

    private static string? Text(JsonElement error, string name) =>
        error.TryGetProperty(name, out JsonElement value)
            ? value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText()
            : null;
}
