using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ksmg.Sdk.Dialects;

/// <summary>A value in a request: in its path, its query, its form or its body.</summary>
/// <param name="Path">The names that lead to it.</param>
/// <param name="Value">The value.</param>
internal sealed record RequestLeaf(IReadOnlyList<string> Path, JsonValue? Value)
{
    /// <summary>Which part of the path it is; <see langword="null"/>: it stands elsewhere.</summary>
    public int? Segment { get; init; }

    public string Text => Value is null ? string.Empty : CallArguments.Text(Value);

    public string Name => Path[^1];

    /// <summary>Where it stands, for people.</summary>
    public string Label => Segment is null ? Name : "path";

    /// <summary>Whether it can be a switch: true or false, or a word of such.</summary>
    public bool IsSwitch => Value?.GetValueKind() is JsonValueKind.True or JsonValueKind.False || Clues.Switch(Text) is not null;

    /// <summary>What it says as a switch.</summary>
    public bool IsOn => Clues.Switch(Text) is { IsOn: true };

    public bool IsNamed(string field) => Clues.NamesOf(field).Contains(Clues.Normal(Name));

    public bool IsAt(RequestLeaf other) => Segment == other.Segment && (Segment is not null || Path.SequenceEqual(other.Path));

    /// <summary>What stands at the same place of another call.</summary>
    public string? In(RecordedCall other) => Segment is { } at
        ? other.Segments.ElementAtOrDefault(at)
        : Of(other).FirstOrDefault(leaf => leaf.Path.SequenceEqual(Path))?.Text;

    public static RequestLeaf OfPath(RecordedCall call, int segment) =>
        new([segment > 0 ? call.Segments[segment - 1] : string.Empty, "id"], JsonValue.Create(call.Segments[segment])) { Segment = segment };

    public static IEnumerable<RequestLeaf> OfAll(RecordedCall call) => call.Segments.Select((_, i) => OfPath(call, i)).Concat(Of(call));

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
