using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ksmg.Sdk.Upgrades;

/// <summary>The manifest of a saved configuration as JSON.</summary>
internal static class ManifestJson
{
    private static readonly ManifestJsonContext Indented = new(DocumentJson.Options(ManifestJsonContext.Default.Options, indented: true));

    public static byte[] ToBytes(ConfigurationManifest manifest) => JsonSerializer.SerializeToUtf8Bytes(manifest, Indented.ConfigurationManifest);

    public static ConfigurationManifest? Read(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize(json, Indented.ConfigurationManifest);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    Converters = [typeof(BuildNumberConverter), typeof(NodeRoleConverter), typeof(UpgradePolicyConverter)])]
[JsonSerializable(typeof(ConfigurationManifest))]
internal sealed partial class ManifestJsonContext : JsonSerializerContext;
