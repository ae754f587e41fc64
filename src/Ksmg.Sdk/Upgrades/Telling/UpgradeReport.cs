using System.Text.Json.Serialization;

namespace Ksmg.Sdk.Upgrades;

/// <summary>What a run did, or has done so far: made from its plan and its journal alone.</summary>
public sealed record UpgradeReport
{
    /// <summary>The run.</summary>
    public required string RunId { get; init; }

    /// <summary>The cluster.</summary>
    public required string Cluster { get; init; }

    /// <summary>Where it stands or how it ended.</summary>
    public required UpgradeEnd End { get; init; }

    /// <summary>One sentence: why it stands or ended there.</summary>
    [JsonConverter(typeof(EnglishConverter))]
    public required Message Reason { get; init; }

    /// <summary>The same as key and arguments, which stand in JSON beside the sentence that is more than what somebody else said.</summary>
    [JsonInclude]
    [JsonPropertyName("message")]
    internal Message? Data
    {
        get => Reason.Keyed;
        init => Reason = value is { HasWords: true } ? value : Reason;
    }

    /// <summary>The build it came from.</summary>
    public required BuildNumber From { get; init; }

    /// <summary>The build it leads to.</summary>
    public required BuildNumber To { get; init; }

    /// <summary>When it was created.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When it ended or was last written to.</summary>
    public required DateTimeOffset LastAt { get; init; }

    /// <summary>The hash of the plan.</summary>
    public required string PlanHash { get; init; }

    /// <summary>How many processes drove it.</summary>
    public long Epochs { get; init; }

    /// <summary>The nodes, in the order of the plan.</summary>
    public required IReadOnlyList<NodeReport> Nodes { get; init; }

    /// <summary>The steps of the run as a whole.</summary>
    public required IReadOnlyList<StepReport> Steps { get; init; }

    /// <summary>What humans decided on the way, with their names.</summary>
    public IReadOnlyList<HumanDecision> Decisions { get; init; } = [];

    /// <summary>What people decided and nobody has carried out yet, the oldest first.</summary>
    public IReadOnlyList<HumanDecision> Pending { get; init; } = [];

    /// <summary>The report as one JSON document.</summary>
    public string ToJson() => ReportJson.Serialize(this);

    /// <summary>The report in words.</summary>
    public string ToText() => ReportText.Render(this);
}
