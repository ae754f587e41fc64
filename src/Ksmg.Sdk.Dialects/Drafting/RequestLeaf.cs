using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ksmg.Sdk.Dialects;

/// <summary>A value in a request: in its query, its form or its body.</summary>
/// <param name="Path">The names that lead to it.</param>
/// <param name="Value">The value.</param>
internal sealed record RequestLeaf(IReadOnlyList<string> Path, JsonValue? Value)
{
    public string Text => Value is null ? string.Empty : CallArguments.Text(Value);

    public string Name => Path[^1];

    /// <summary>Whether it can be a switch: true or false, or a word of such.</summary>
    public bool IsSwitch => Value?.GetValueKind() is JsonValueKind.True or JsonValueKind.False || Clues.Switch(Text) is not null;

    /// <summary>What it says as a switch.</summary>
    public bool IsOn => Clues.Switch(Text) is { IsOn: true };

    public bool IsNamed(string field) => Clues.NamesOf(field).Contains(Clues.Normal(Name));

    public static IEnumerable<RequestLeaf> Of(RecordedCall call) =>
        call.Query.Concat(call.Form.Where(part => part.FileName is null)).Select(part => new RequestLeaf([part.Name], JsonValue.Create(part.Value)))
            .Concat(Of(call.Body, []));

    public static IEnumerable<RequestLeaf> Of(JsonNode? node, IReadOnlyList<string> path) => node switch
    {
        JsonObject members => members.SelectMany(member => Of(member.Value, [.. path, member.Key])),
        JsonArray items => items.SelectMany(item => Of(item, path)),
        JsonValue value when path.Count > 0 => [new RequestLeaf(path, value)],
        _ => [],
    };
}
