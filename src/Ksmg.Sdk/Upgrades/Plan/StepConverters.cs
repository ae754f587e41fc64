using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ksmg.Sdk.Upgrades;

/// <summary>A step's number is written as such.</summary>
internal sealed class StepIdConverter : JsonConverter<StepId>
{
    public override StepId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String ? Procedure.IdOf(reader.GetString()) : throw new JsonException(Words.Get("document.no-step"));

    public override void Write(Utf8JsonWriter writer, StepId value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}

/// <summary>A step's key is written as its text.</summary>
internal sealed class StepKeyConverter : JsonConverter<StepKey>
{
    public override StepKey Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && StepKey.TryParse(reader.GetString(), out StepKey key)
            ? key
            : throw new JsonException(Words.Get("document.no-step-key"));

    public override void Write(Utf8JsonWriter writer, StepKey value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
