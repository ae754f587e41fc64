using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ksmg.Sdk.Upgrades;

/// <summary>The file of a lease.</summary>
internal static class LeaseJson
{
    private static readonly LeaseJsonContext Indented = new(DocumentJson.Options(LeaseJsonContext.Default.Options, indented: true));

    public static byte[] ToBytes(LeaseFile lease) => JsonSerializer.SerializeToUtf8Bytes(lease, Indented.LeaseFile);

    public static LeaseFile Read(ReadOnlySpan<byte> json) => DocumentJson.NotNull(JsonSerializer.Deserialize(json, Indented.LeaseFile));
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(LeaseFile))]
internal sealed partial class LeaseJsonContext : JsonSerializerContext;
