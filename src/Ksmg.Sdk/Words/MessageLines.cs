using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ksmg.Sdk.Upgrades;

/// <summary>Messages among the values of a journal entry: one a line, as JSON.</summary>
internal static class MessageLines
{
    public static string Write(IEnumerable<Message> messages) =>
        string.Join('\n', messages.Select(m => JsonSerializer.Serialize(m, MessageJson.Default.Message)));

    public static IReadOnlyList<Message> Read(string? lines) =>
        lines is null ? [] : [.. lines.Split('\n').Select(line => JsonSerializer.Deserialize(line, MessageJson.Default.Message)!)];
}

[JsonSerializable(typeof(Message))]
internal sealed partial class MessageJson : JsonSerializerContext;
