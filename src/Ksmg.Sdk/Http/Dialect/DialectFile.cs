using System.Globalization;
using System.Text.Json;

namespace Ksmg.Sdk;

/// <summary>Reads a dialect file; comments, trailing commas and a byte-order mark are allowed.</summary>
internal static class DialectFile
{
    public const int Schema = 2;

    private const int MostBytes = 1024 * 1024;

    private static readonly string[] Maps = ["operations", "query", "headers", "form", "keep"];
    private static readonly string[] Free = ["$comment", "body", "words", "times"];

    private static readonly JsonDocumentOptions Once = new()
    {
        AllowDuplicateProperties = false,
        AllowTrailingCommas = true,
        CommentHandling = JsonCommentHandling.Skip,
        MaxDepth = 32,
    };

    /// <exception cref="FormatException">It cannot be read; the message names file, member and place.</exception>
    public static DialectDocument Load(string path)
    {
        try
        {
            byte[] bytes = Bytes(path);
            ReadOnlySpan<byte> mark = "\uFEFF"u8;
            ReadOnlyMemory<byte> json = bytes.AsSpan().StartsWith(mark) ? bytes.AsMemory(mark.Length) : bytes;

            // Parts of it are read later, where nobody would find such a mistake: a text that is none, a member that stands there twice.
            ReadTexts(json.Span);
            using (JsonDocument whole = JsonDocument.Parse(json, Once))
            {
                if (Gaps(whole.RootElement, string.Empty).FirstOrDefault() is { } place)
                {
                    throw new FormatException(Words.Get("dialect.unusable", path, $"{Printable.OneLine(place)}: {Words.Get("setting.null")}"));
                }
            }

            DialectDocument document = JsonSerializer.Deserialize(json.Span, DialectJson.Default.DialectDocument)
                ?? throw new FormatException(Words.Get("dialect.unusable", path, Words.Get("call.no-object")));
            if (document.Session?.XsrfHeaders?.FirstOrDefault(header => !RequestTemplate.IsHeader(header)) is { } odd)
            {
                throw new FormatException($"{path}: session.xsrfHeaders: {Words.Get("dialect.header", Printable.OneLine(odd))}");
            }

            return document.Schema == Schema ? document : throw new FormatException(Words.Get("dialect.schema", path, document.Schema, Schema));
        }
        catch (JsonException e)
        {
            throw new FormatException(Words.Get("dialect.unusable", path, Printable.Reason(e.Message)), e);
        }
        catch (InvalidOperationException e)
        {
            throw new FormatException(Words.Get("dialect.unusable", path, Words.Get("call.not-unicode")), e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FormatException(Words.Get("dialect.unreadable", path, e.Message), e);
        }
    }

    /// <summary>Where <c>null</c> stands in a list or a map. What is JSON of the appliance's may have it.</summary>
    private static IEnumerable<string> Gaps(JsonElement element, string place, bool isMap = false, bool mayBeNull = true) => element.ValueKind switch
    {
        JsonValueKind.Null when !mayBeNull => [place],
        JsonValueKind.Object => element.EnumerateObject().Where(member => isMap || !Free.Contains(member.Name))
            .SelectMany(member => Gaps(member.Value, $"{place}.{member.Name}".TrimStart('.'), !isMap && Maps.Contains(member.Name), mayBeNull: !isMap)),
        JsonValueKind.Array => element.EnumerateArray()
            .SelectMany((item, i) => Gaps(item, string.Create(CultureInfo.InvariantCulture, $"{place}[{i}]"), mayBeNull: false)),
        _ => [],
    };

    /// <exception cref="InvalidOperationException">One has bytes that are not UTF-8, or half a character.</exception>
    private static void ReadTexts(ReadOnlySpan<byte> json)
    {
        Utf8JsonReader reader = new(
            json, new JsonReaderOptions { AllowTrailingCommas = Once.AllowTrailingCommas, CommentHandling = Once.CommentHandling, MaxDepth = Once.MaxDepth });
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName)
            {
                _ = reader.GetString();
            }
        }
    }

    private static byte[] Bytes(string path)
    {
        using FileStream file = File.OpenRead(path);
        return file.Length <= MostBytes ? File.ReadAllBytes(path) : throw new FormatException(Words.Get("dialect.too-large", path, MostBytes));
    }
}
