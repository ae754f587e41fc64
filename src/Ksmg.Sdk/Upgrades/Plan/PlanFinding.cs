using System.Text.Json.Serialization;

namespace Ksmg.Sdk.Upgrades;

/// <summary>Something found while planning.</summary>
/// <param name="Severity">How bad it is.</param>
/// <param name="Code">A stable word, such as <c>databases-out-of-date</c>.</param>
/// <param name="Node">The node concerned, if one is.</param>
/// <param name="Text">What was found and what to do.</param>
public sealed record PlanFinding(
    FindingSeverity Severity,
    string Code,

    // Written even when it is null: what the constructor asks for has to be there when the plan is read back.
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Node,
    [property: JsonConverter(typeof(SentenceConverter))] Message Text)
{
    /// <summary>The same as key and arguments, which stand in JSON beside the sentence that is more than what somebody else said.</summary>
    [JsonInclude]
    [JsonPropertyName("message")]
    internal Message? Data
    {
        get => Text.Keyed;
        init => Text = value is { HasWords: true } ? value : Text;
    }

    internal static PlanFinding Of(FindingSeverity severity, string code, string? node, params ReadOnlySpan<object?> arguments) =>
        new(severity, code, node, About(node, Message.Of("finding." + code, arguments)));

    /// <summary>What is said of a node names it.</summary>
    internal static Message About(string? node, Message text) => node is null ? text : Message.Of("about-node", node, text);
}
