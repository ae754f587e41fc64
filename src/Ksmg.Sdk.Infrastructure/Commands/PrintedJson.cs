using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>JSON as programs print it: shells put a byte order mark before it, write UTF-16, or print a list of one as its only entry.</summary>
internal static class PrintedJson
{
    /// <summary>Reads what was printed.</summary>
    /// <exception cref="JsonException">It is no JSON of this shape.</exception>
    public static T Read<T>(ReadOnlySpan<byte> printed, JsonTypeInfo<T> shape)
    {
        ReadOnlySpan<byte> json = Utf8(printed).Trim(" \t\r\n"u8);
        if (json.IsEmpty)
        {
            throw new JsonException(Words.Get("program.printed-nothing"));
        }

        if (json[0] == '{' && shape.Kind == JsonTypeInfoKind.Enumerable)
        {
            json = (byte[])[(byte)'[', .. json, (byte)']'];
        }

        return JsonSerializer.Deserialize(json, shape) ?? throw new JsonException("null");
    }

    private static ReadOnlySpan<byte> Utf8(ReadOnlySpan<byte> printed) => printed switch
    {
        [0xEF, 0xBB, 0xBF, .. var rest] => rest,
        [0xFF, 0xFE, .. var rest] => From(Encoding.Unicode, rest),
        [0xFE, 0xFF, .. var rest] => From(Encoding.BigEndianUnicode, rest),
        [not 0, 0, ..] => From(Encoding.Unicode, printed),
        [0, not 0, ..] => From(Encoding.BigEndianUnicode, printed),
        _ => printed,
    };

    private static byte[] From(Encoding encoding, ReadOnlySpan<byte> text) => Encoding.UTF8.GetBytes(encoding.GetString(text));
}
