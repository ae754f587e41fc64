using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Ksmg.Sdk.Upgrades;

/// <summary>How the documents of a run are written; each kind has a context of its own.</summary>
internal static class DocumentJson
{
    /// <param name="shape">The options of a context.</param>
    /// <param name="indented">Whether people are to read it.</param>
    public static JsonSerializerOptions Options(JsonSerializerOptions shape, bool indented) => new(shape)
    {
        // People read these files with text tools, and no browser ever interprets them: letters stay letters.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = indented,
        NewLine = "\n",
        TypeInfoResolver = null,
    };

    public static T NotNull<T>(T? value)
        where T : class => value ?? throw new JsonException(Words.Get("document.null"));
}

/// <summary>A policy is read through its options: what an older version did not write keeps its default.</summary>
internal sealed class UpgradePolicyConverter : JsonConverter<UpgradePolicy>
{
    public override UpgradePolicy? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        JsonSerializer.Deserialize(ref reader, Settings(options))?.ToPolicy();

    public override void Write(Utf8JsonWriter writer, UpgradePolicy value, JsonSerializerOptions options) =>
        JsonSerializer.Serialize(writer, new UpgradePolicyOptions(value), Settings(options));

    private static JsonTypeInfo<UpgradePolicyOptions> Settings(JsonSerializerOptions options) =>
        (JsonTypeInfo<UpgradePolicyOptions>)options.GetTypeInfo(typeof(UpgradePolicyOptions));
}

/// <summary>A role is written as its word.</summary>
internal sealed class NodeRoleConverter : JsonConverter<NodeRole>
{
    public override NodeRole Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new(reader.GetString() ?? string.Empty);

    public override void Write(Utf8JsonWriter writer, NodeRole value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
