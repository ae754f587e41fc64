using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ksmg.Sdk;

/// <summary>The shape of every answer: <c>{"data": …}</c> or <c>{"error": …}</c>.</summary>
internal readonly record struct Envelope
{
    private const int MaxDepth = 32;

    private static ReadOnlySpan<byte> ByteOrderMark => "\uFEFF"u8;

    /// <summary>The <c>data</c> of a good answer; empty if there is none.</summary>
    public ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>What the entry keeps of the answer, by name; <see langword="null"/>: the answer does not have it.</summary>
    public IReadOnlyDictionary<string, JsonNode?>? Kept { get; init; }

    public bool HasError { get; init; }

    public string? ErrorCode { get; init; }

    public string? ErrorMessage { get; init; }

    /// <summary>Whether the error is one that certainly changed nothing, whatever the status.</summary>
    public bool HadNoEffect { get; init; }

    /// <summary>Reads the outer object and proves that the whole text is JSON; a byte-order mark before it is no fault.</summary>
    /// <exception cref="JsonException">It is not.</exception>
    public static Envelope Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            return Read(WithoutMark(json));
        }
        catch (InvalidOperationException e)
        {
            // Names and texts with bytes that are not UTF-8, or with half a character.
            throw new JsonException(Words.Get("call.not-unicode"), e);
        }
    }

    /// <summary>The JSON of an answer that may begin with a byte-order mark.</summary>
    public static ReadOnlyMemory<byte> WithoutMark(ReadOnlyMemory<byte> json) =>
        json.Span.StartsWith(ByteOrderMark) ? json[ByteOrderMark.Length..] : json;

    private static Envelope Read(ReadOnlyMemory<byte> json)
    {
        var reader = new Utf8JsonReader(json.Span, new JsonReaderOptions { MaxDepth = MaxDepth });
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException(Words.Get("call.no-object"));
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
                (string? code, string? message) = ReadError(ref reader, json.Span);
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
        return reader.Read() ? throw new JsonException(Words.Get("call.trailing")) : result;
    }

    private static (string? Code, string? Message) ReadError(ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return (null, Text(ref reader, json));
        }

        string? code = null;
        string? message = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isCode = reader.ValueTextEquals("code"u8);
            bool isMessage = reader.ValueTextEquals("message"u8);
            reader.Read();
            string? text = Text(ref reader, json);
            code = isCode ? text : code;
            message = isMessage ? text : message;
        }

        return (code, message);
    }

    /// <summary>A value as text. A refusal stays a refusal, also where what it says cannot be read as it was meant.</summary>
    private static string? Text(ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            int start = (int)reader.TokenStartIndex;
            bool isNull = reader.TokenType == JsonTokenType.Null;
            reader.Skip();
            return isNull ? null : Encoding.UTF8.GetString(json[start..(int)reader.BytesConsumed]);
        }

        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            return Encoding.UTF8.GetString(reader.ValueSpan);
        }
    }
}
