using System.Globalization;
using System.Text.Json.Serialization;

namespace Ksmg.Sdk.Upgrades;

/// <summary>What a run waits for, since when and until when, on what evidence, and what a human can do about it.</summary>
public sealed record UpgradeExplanation
{
    /// <summary>The run.</summary>
    public required string RunId { get; init; }

    /// <summary>When the cluster was looked at.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Where the run stands.</summary>
    public required UpgradeEnd State { get; init; }

    /// <summary>Why, in one sentence.</summary>
    [JsonConverter(typeof(SentenceConverter))]
    public required Message Reason { get; init; }

    /// <summary>The same as key and arguments, which stand in JSON beside the sentence that is more than what somebody else said.</summary>
    [JsonInclude]
    [JsonPropertyName("message")]
    internal Message? Data
    {
        get => Reason.Keyed;
        init => Reason = value is { HasWords: true } ? value : Reason;
    }

    /// <summary>Since when it stands there.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>The hash of the plan; approvals carry it.</summary>
    public required string PlanHash { get; init; }

    /// <summary>The process that drives it; <see langword="null"/> when nobody does.</summary>
    public string? Holder { get; init; }

    /// <summary>The steps that come next, and what becomes of each by what is seen now.</summary>
    public required IReadOnlyList<ExplainedStep> Steps { get; init; }

    /// <summary>What was seen of each node, in the order of the plan; empty where no node was asked.</summary>
    public IReadOnlyList<ExplainedNode> Nodes { get; init; } = [];

    /// <summary>What was seen of each node, in words.</summary>
    [JsonConverter(typeof(SentencesConverter))]
    public required IReadOnlyList<Message> Evidence { get; init; }

    /// <summary>The same as keys and arguments.</summary>
    [JsonInclude]
    [JsonPropertyName("evidenceMessages")]
    internal IReadOnlyList<Message>? EvidenceData
    {
        get => Evidence;
        init => Evidence = value ?? Evidence;
    }

    /// <summary>What a human can do now.</summary>
    public required IReadOnlyList<HumanOption> Options { get; init; }

    /// <summary>What people decided and nobody has carried out yet, the oldest first.</summary>
    public IReadOnlyList<HumanDecision> Pending { get; init; } = [];

    /// <summary>The explanation as JSON.</summary>
    public string ToJson() => ReportJson.Serialize(this);

    /// <summary>The explanation as JSON with its sentences in a language.</summary>
    internal string Speak(CultureInfo language) => ReportJson.Speak(this, language);

    /// <summary>The explanation as text.</summary>
    /// <param name="howTo">How a human takes an option where this text is shown, such as a command line; <see langword="null"/>: that is not said.</param>
    public string ToText(Func<HumanOption, string>? howTo = null) => ExplanationText.Render(this, howTo);
}
