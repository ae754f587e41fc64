using System.Text.Json;
using System.Text.Json.Nodes;
using Ksmg.Sdk.Http;

namespace Ksmg.Sdk;

/// <summary>
/// The ids of uploads as texts that tell how the node writes them: what it gives as a number is a number again in the calls that name it, also
/// by a process that has but the journal to go by.
/// </summary>
internal static class UploadIds
{
    /// <summary>Before a number, and before a text that begins with it.</summary>
    private const char Mark = '#';

    /// <summary>The id as a text: <c>#17</c> for a number.</summary>
    /// <exception cref="JsonException">It is neither a text nor a number.</exception>
    public static string Read(JsonElement id) => id.ValueKind switch
    {
        JsonValueKind.Number => Mark + id.GetRawText(),
        JsonValueKind.String when id.GetString() is { Length: > 0 } text => text[0] == Mark ? Mark + text : text,
        _ => throw new UnusableDataException(Words.Get("upload.no-id")),
    };

    /// <summary>The same of an id that was written down as JSON.</summary>
    public static string Parse(string json)
    {
        using JsonDocument written = JsonDocument.Parse(json);
        return Read(written.RootElement);
    }

    /// <summary>The id as the node writes it.</summary>
    public static JsonNode Write(string id) => id switch
    {
        [Mark, Mark, ..] => JsonValue.Create(id[1..]),
        [Mark, ..] => JsonNode.Parse(id.AsSpan(1).ToString())!,
        _ => JsonValue.Create(id),
    };
}
