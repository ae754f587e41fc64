using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ksmg.Sdk.Upgrades;

/// <summary>The one place where plans, reports, events and journal entries become JSON.</summary>
internal static class UpgradeJson
{
    private static readonly UpgradeJsonContext Indented = new(new JsonSerializerOptions(UpgradeJsonContext.Default.Options) { WriteIndented = true, TypeInfoResolver = null });

    public static string Serialize(UpgradePlan plan) => JsonSerializer.Serialize(plan, Indented.UpgradePlan);

    /// <summary>What identifies a plan: everything in it but when it was made and which run it became.</summary>
    public static string Hash(UpgradePlan plan) => Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(
        plan with { Hash = string.Empty, RunId = string.Empty, CreatedAt = default }, UpgradeJsonContext.Default.UpgradePlan)));

    public static byte[] ToBytes(ConfigurationManifest manifest) => JsonSerializer.SerializeToUtf8Bytes(manifest, Indented.ConfigurationManifest);

    public static ConfigurationManifest? ToManifest(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize(json, UpgradeJsonContext.Default.ConfigurationManifest);

    public static string Serialize(UpgradeReport report) => JsonSerializer.Serialize(report, Indented.UpgradeReport);
}

/// <summary>A build is written as the product prints it.</summary>
internal sealed class BuildNumberConverter : JsonConverter<BuildNumber>
{
    public override BuildNumber Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        BuildNumber.TryParse(reader.GetString(), out BuildNumber build) ? build : throw new JsonException("A full build such as 2.1.0.7854 is expected.");

    public override void Write(Utf8JsonWriter writer, BuildNumber value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}

/// <summary>A role is written as its word.</summary>
internal sealed class NodeRoleConverter : JsonConverter<NodeRole>
{
    public override NodeRole Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new(reader.GetString() ?? string.Empty);

    public override void Write(Utf8JsonWriter writer, NodeRole value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    Converters = [typeof(BuildNumberConverter), typeof(NodeRoleConverter)])]
[JsonSerializable(typeof(UpgradePlan))]
[JsonSerializable(typeof(UpgradeReport))]
[JsonSerializable(typeof(ConfigurationManifest))]
[JsonSerializable(typeof(UpgradeEvent))]
[JsonSerializable(typeof(JournalRecord))]
[JsonSerializable(typeof(RunCommand))]
[JsonSerializable(typeof(RunCommandAnswer))]
internal sealed partial class UpgradeJsonContext : JsonSerializerContext;
