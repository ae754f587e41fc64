using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ksmg.Sdk.Upgrades;

/// <summary>What journals hold, as JSON.</summary>
internal static class JournalJson
{
    private static readonly JournalJsonContext Indented = Create(indented: true);
    private static readonly JournalJsonContext OneLine = Create(indented: false);

    public static byte[] ToBytes(JournalRecord record) => JsonSerializer.SerializeToUtf8Bytes(record, OneLine.JournalRecord);

    public static byte[] ToBytes(RunCommand command) => JsonSerializer.SerializeToUtf8Bytes(command, Indented.RunCommand);

    public static byte[] ToBytes(RunCommandAnswer answer) => JsonSerializer.SerializeToUtf8Bytes(answer, Indented.RunCommandAnswer);

    public static JournalRecord ReadRecord(ReadOnlySpan<byte> json) => DocumentJson.NotNull(JsonSerializer.Deserialize(json, OneLine.JournalRecord));

    public static RunCommand ReadCommand(ReadOnlySpan<byte> json) => DocumentJson.NotNull(JsonSerializer.Deserialize(json, OneLine.RunCommand));

    public static RunCommandAnswer ReadAnswer(ReadOnlySpan<byte> json) => DocumentJson.NotNull(JsonSerializer.Deserialize(json, OneLine.RunCommandAnswer));

    private static JournalJsonContext Create(bool indented) => new(DocumentJson.Options(JournalJsonContext.Default.Options, indented));
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    Converters = [typeof(BuildNumberConverter), typeof(NodeRoleConverter), typeof(UpgradePolicyConverter)])]
[JsonSerializable(typeof(JournalRecord))]
[JsonSerializable(typeof(RunCommand))]
[JsonSerializable(typeof(RunCommandAnswer))]
internal sealed partial class JournalJsonContext : JsonSerializerContext;
