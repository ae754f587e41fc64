using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Ksmg.Sdk.Upgrades;

/// <summary>The one place where plans, reports, events and what journals hold become JSON.</summary>
internal static class UpgradeJson
{
    // People read these files with text tools, and no browser ever interprets them: letters stay letters.
    private static readonly UpgradeJsonContext Indented = Create(indented: true);
    private static readonly UpgradeJsonContext OneLine = Create(indented: false);

    public static string Serialize(UpgradePlan plan) => Encoding.UTF8.GetString(ToBytes(plan));

    /// <summary>What identifies a plan: everything in it but when it was made and which run it became.</summary>
    public static string Hash(UpgradePlan plan) => PlanDocument.Hash(ToDocument(plan));

    public static byte[] ToBytes(ConfigurationManifest manifest) => JsonSerializer.SerializeToUtf8Bytes(manifest, Indented.ConfigurationManifest);

    public static ConfigurationManifest? ToManifest(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize(json, OneLine.ConfigurationManifest);

    public static string Serialize(UpgradeReport report) => JsonSerializer.Serialize(report, Indented.UpgradeReport);

    public static string Serialize(UpgradeExplanation explanation) => JsonSerializer.Serialize(explanation, Indented.UpgradeExplanation);

    public static byte[] ToBytes(UpgradePlan plan) => PlanDocument.Write(ToDocument(plan));

    public static byte[] ToBytes(JournalRecord record) => JsonSerializer.SerializeToUtf8Bytes(record, OneLine.JournalRecord);

    public static byte[] ToBytes(RunCommand command) => JsonSerializer.SerializeToUtf8Bytes(command, Indented.RunCommand);

    public static byte[] ToBytes(RunCommandAnswer answer) => JsonSerializer.SerializeToUtf8Bytes(answer, Indented.RunCommandAnswer);

    public static byte[] ToBytes(LeaseFile lease) => JsonSerializer.SerializeToUtf8Bytes(lease, Indented.LeaseFile);

    /// <summary>A plan, whatever it holds.</summary>
    /// <exception cref="JsonException">It is no plan.</exception>
    public static UpgradePlan ReadPlan(ReadOnlySpan<byte> json)
    {
        try
        {
            return NotNull(JsonSerializer.Deserialize(json, OneLine.UpgradePlan));
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            throw new JsonException(e.Message, e);
        }
    }

    /// <summary>A plan, if it is the one that was hashed and this version makes the same of it.</summary>
    /// <exception cref="UpgradeException">It is not; the message says what differs.</exception>
    public static UpgradePlan ReadWholePlan(string json)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(json);
        if (PlanDocument.Fault(bytes) is { } fault)
        {
            throw new UpgradeException(fault);
        }

        try
        {
            UpgradePlan plan = ReadPlan(bytes);
            return plan.IsAsHashed ? plan : throw new UpgradeException(Words.Get("plan-file.other-version"));
        }
        catch (JsonException e)
        {
            throw new UpgradeException(Words.Get("plan-file.no-plan", Words.OneLine(e.Message)), e);
        }
    }

    public static JournalRecord ReadRecord(ReadOnlySpan<byte> json) => NotNull(JsonSerializer.Deserialize(json, OneLine.JournalRecord));

    public static RunCommand ReadCommand(ReadOnlySpan<byte> json) => NotNull(JsonSerializer.Deserialize(json, OneLine.RunCommand));

    public static RunCommandAnswer ReadAnswer(ReadOnlySpan<byte> json) => NotNull(JsonSerializer.Deserialize(json, OneLine.RunCommandAnswer));

    public static LeaseFile ReadLease(ReadOnlySpan<byte> json) => NotNull(JsonSerializer.Deserialize(json, OneLine.LeaseFile));

    private static JsonObject ToDocument(UpgradePlan plan) => JsonSerializer.SerializeToNode(plan, OneLine.UpgradePlan)!.AsObject();

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

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    Converters = [typeof(BuildNumberConverter), typeof(NodeRoleConverter), typeof(UpgradePolicyConverter)])]
[JsonSerializable(typeof(UpgradePlan))]
[JsonSerializable(typeof(UpgradePolicyOptions))]
[JsonSerializable(typeof(UpgradeReport))]
[JsonSerializable(typeof(UpgradeExplanation))]
[JsonSerializable(typeof(ConfigurationManifest))]
[JsonSerializable(typeof(UpgradeEvent))]
[JsonSerializable(typeof(JournalRecord))]
[JsonSerializable(typeof(RunCommand))]
[JsonSerializable(typeof(RunCommandAnswer))]
[JsonSerializable(typeof(LeaseFile))]
internal sealed partial class UpgradeJsonContext : JsonSerializerContext;
