using System.Text.Json;

namespace Ksmg.Sdk;

/// <summary>Reads a dialect file; comments, trailing commas and a byte-order mark are allowed.</summary>
internal static class DialectFile
{
    public const int Schema = 2;

    private const int MostBytes = 1024 * 1024;

    /// <exception cref="FormatException">It cannot be read; the message names file, member and place.</exception>
    public static DialectDocument Load(string path)
    {
        try
        {
            byte[] bytes = Bytes(path);
            ReadOnlySpan<byte> mark = "\uFEFF"u8;
            ReadOnlySpan<byte> json = bytes.AsSpan().StartsWith(mark) ? bytes.AsSpan(mark.Length) : bytes;
            DialectDocument document = JsonSerializer.Deserialize(json, DialectJson.Default.DialectDocument)
                ?? throw new FormatException(Words.Get("dialect.unusable", path, Words.Get("call.no-object")));
            return document.Schema == Schema ? document : throw new FormatException(Words.Get("dialect.schema", path, document.Schema, Schema));
        }
        catch (JsonException e)
        {
            throw new FormatException(Words.Get("dialect.unusable", path, Words.OneLine(e.Message)), e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FormatException(Words.Get("dialect.unreadable", path, e.Message), e);
        }
    }

    private static byte[] Bytes(string path)
    {
        using FileStream file = File.OpenRead(path);
        return file.Length <= MostBytes ? File.ReadAllBytes(path) : throw new FormatException(Words.Get("dialect.too-large", path, MostBytes));
    }
}
