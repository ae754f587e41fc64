using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ksmg.Sdk;

/// <summary>A build is written as the product prints it.</summary>
internal sealed class BuildNumberConverter : JsonConverter<BuildNumber>
{
    public override BuildNumber Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        BuildNumber.TryParse(reader.GetString(), out BuildNumber build) ? build : throw new JsonException(Words.Get("document.no-build"));

    public override void Write(Utf8JsonWriter writer, BuildNumber value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
