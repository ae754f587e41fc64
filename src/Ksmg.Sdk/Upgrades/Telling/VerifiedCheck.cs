using System.Text.Json.Serialization;

namespace Ksmg.Sdk.Upgrades;

/// <summary>One check of a <see cref="RunVerification"/>.</summary>
/// <param name="Name">A stable word: <c>chain</c>, <c>plan</c>, <c>epochs</c>, <c>intents</c>, <c>configuration</c>.</param>
/// <param name="Seen">What was checked.</param>
/// <param name="Fault">What is wrong, with the record or the file; <see langword="null"/>: nothing.</param>
public sealed record VerifiedCheck(
    string Name,
    [property: JsonConverter(typeof(SentenceConverter))] Message Seen,
    [property: JsonConverter(typeof(SentenceConverter))] Message? Fault = null);
