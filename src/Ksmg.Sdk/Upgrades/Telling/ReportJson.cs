using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ksmg.Sdk.Upgrades;

/// <summary>What is told of a run, as JSON.</summary>
internal static class ReportJson
{
    private static readonly ReportJsonContext Indented = new(DocumentJson.Options(ReportJsonContext.Default.Options, indented: true));

    private static readonly ConcurrentDictionary<CultureInfo, ReportJsonContext> Spoken = [];

    public static string Serialize(UpgradeReport report) => JsonSerializer.Serialize(report, Indented.UpgradeReport);

    public static string Speak(UpgradeReport report, CultureInfo language) => JsonSerializer.Serialize(report, In(language).UpgradeReport);

    public static string Serialize(UpgradeExplanation explanation) => JsonSerializer.Serialize(explanation, Indented.UpgradeExplanation);

    public static string Speak(UpgradeExplanation explanation, CultureInfo language) =>
        JsonSerializer.Serialize(explanation, In(language).UpgradeExplanation);

    public static string Serialize(ReportComparison comparison) => JsonSerializer.Serialize(comparison, Indented.ReportComparison);

    public static string Serialize(RunVerification verification) => JsonSerializer.Serialize(verification, Indented.RunVerification);

    public static string Serialize(UpgradeEstimate estimate) => JsonSerializer.Serialize(estimate, Indented.UpgradeEstimate);

    public static byte[] ToBytes(PublishedDecision decision) => JsonSerializer.SerializeToUtf8Bytes(decision, Indented.PublishedDecision);

    /// <summary>A decision that was published; <see langword="null"/> when it is none, as another version may have written it.</summary>
    public static PublishedDecision? ToDecision(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, Indented.PublishedDecision) is { Explanation: not null } decision ? decision : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static ReportJsonContext In(CultureInfo language) =>
        Spoken.GetOrAdd(language, l => new ReportJsonContext(SentenceLanguage.In(l, Indented.Options)));
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,

    // What is null is not written: a step of the run has no node, and one that waits for no time has no end.
    RespectRequiredConstructorParameters = false,
    Converters = [typeof(BuildNumberConverter), typeof(NodeRoleConverter), typeof(UpgradePolicyConverter)])]
[JsonSerializable(typeof(UpgradeReport))]
[JsonSerializable(typeof(UpgradeExplanation))]
[JsonSerializable(typeof(ReportComparison))]
[JsonSerializable(typeof(RunVerification))]
[JsonSerializable(typeof(UpgradeEstimate))]
[JsonSerializable(typeof(PublishedDecision))]
[JsonSerializable(typeof(UpgradePolicyOptions))]
internal sealed partial class ReportJsonContext : JsonSerializerContext;
