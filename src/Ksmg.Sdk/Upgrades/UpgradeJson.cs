using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ksmg.Sdk.Upgrades;

/// <summary>The one place where plans, reports, events and what journals hold become JSON.</summary>
internal static class UpgradeJson
{
    // People read these files with text tools, and no browser ever interprets them: letters stay letters.
    private static readonly UpgradeJsonContext Indented = Create(indented: true);
    private static readonly UpgradeJsonContext OneLine = Create(indented: false);

    public static string Serialize(UpgradePlan plan) => JsonSerializer.Serialize(plan, Indented.UpgradePlan);

    /// <summary>What identifies a plan: everything in it but when it was made and which run it became.</summary>
    public static string Hash(UpgradePlan plan) => Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(
        plan with { Hash = string.Empty, RunId = string.Empty, CreatedAt = default }, OneLine.UpgradePlan)));

    public static byte[] ToBytes(ConfigurationManifest manifest) => JsonSerializer.SerializeToUtf8Bytes(manifest, Indented.ConfigurationManifest);

    public static ConfigurationManifest? ToManifest(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize(json, OneLine.ConfigurationManifest);

    public static string Serialize(UpgradeReport report) => JsonSerializer.Serialize(report, Indented.UpgradeReport);

    public static string Serialize(UpgradeExplanation explanation) => JsonSerializer.Serialize(explanation, Indented.UpgradeExplanation);

    public static byte[] ToBytes(UpgradePlan plan) => JsonSerializer.SerializeToUtf8Bytes(plan, Indented.UpgradePlan);

    public static byte[] ToBytes(JournalRecord record) => JsonSerializer.SerializeToUtf8Bytes(record, OneLine.JournalRecord);

    public static byte[] ToBytes(RunCommand command) => JsonSerializer.SerializeToUtf8Bytes(command, Indented.RunCommand);

    public static byte[] ToBytes(RunCommandAnswer answer) => JsonSerializer.SerializeToUtf8Bytes(answer, Indented.RunCommandAnswer);

    public static byte[] ToBytes(LeaseFile lease) => JsonSerializer.SerializeToUtf8Bytes(lease, Indented.LeaseFile);

    public static UpgradePlan ReadPlan(ReadOnlySpan<byte> json) => NotNull(JsonSerializer.Deserialize(json, OneLine.UpgradePlan));

    public static JournalRecord ReadRecord(ReadOnlySpan<byte> json) => NotNull(JsonSerializer.Deserialize(json, OneLine.JournalRecord));

    public static RunCommand ReadCommand(ReadOnlySpan<byte> json) => NotNull(JsonSerializer.Deserialize(json, OneLine.RunCommand));

    public static RunCommandAnswer ReadAnswer(ReadOnlySpan<byte> json) => NotNull(JsonSerializer.Deserialize(json, OneLine.RunCommandAnswer));

    public static LeaseFile ReadLease(ReadOnlySpan<byte> json) => NotNull(JsonSerializer.Deserialize(json, OneLine.LeaseFile));

    private static T NotNull<T>(T? value)
        where T : class => value ?? throw new JsonException("A JSON object is expected, not null.");

    private static UpgradeJsonContext Create(bool indented) => new(new JsonSerializerOptions(UpgradeJsonContext.Default.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = indented,
        NewLine = "\n",
        TypeInfoResolver = null,
    });
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
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    Converters = [typeof(BuildNumberConverter), typeof(NodeRoleConverter)])]
[JsonSerializable(typeof(UpgradePlan))]
[JsonSerializable(typeof(UpgradeReport))]
[JsonSerializable(typeof(UpgradeExplanation))]
[JsonSerializable(typeof(ConfigurationManifest))]
[JsonSerializable(typeof(UpgradeEvent))]
[JsonSerializable(typeof(JournalRecord))]
[JsonSerializable(typeof(RunCommand))]
[JsonSerializable(typeof(RunCommandAnswer))]
[JsonSerializable(typeof(LeaseFile))]
internal sealed partial class UpgradeJsonContext : JsonSerializerContext;
