using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ksmg.Sdk.Upgrades;

/// <summary>How a node was, among the values of a journal entry.</summary>
internal static class NodeFactsJson
{
    private static readonly NodeFactsJsonContext OneLine = new(DocumentJson.Options(NodeFactsJsonContext.Default.Options, indented: false));

    public static string Write(NodeFacts facts) => JsonSerializer.Serialize(facts, OneLine.NodeFacts);

    /// <summary><see langword="null"/> where nothing was written, as by an older version.</summary>
    public static NodeFacts? Read(string? json) => json is null ? null : JsonSerializer.Deserialize(json, OneLine.NodeFacts);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    Converters = [typeof(BuildNumberConverter), typeof(NodeRoleConverter)])]
[JsonSerializable(typeof(NodeFacts))]
internal sealed partial class NodeFactsJsonContext : JsonSerializerContext;
