using System.Globalization;
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

    /// <summary>The step that the run stands at, or that it did not come beyond; <see langword="null"/> when nothing was left to do.</summary>
    public StepKey? StoppedAt { get; init; }

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

    /// <summary>When nobody drove the run, or it waited for a human.</summary>
    public IReadOnlyList<ReportPeriod> Standstills { get; init; } = [];

    /// <summary>How many nodes were in service, from one change to the next.</summary>
    public IReadOnlyList<ServingNodes> Serving { get; init; } = [];

    /// <summary>How many nodes the policy keeps in service: none of a cluster of one.</summary>
    public int ServingFloor { get; init; }

    /// <summary>The fewest nodes that were in service at a time; <see langword="null"/> where that is not known.</summary>
    internal int? FewestServing => Serving.Count == 0 ? null : Serving.Min(s => s.Count);

    /// <summary>The nodes, in the order of the plan.</summary>
    public required IReadOnlyList<NodeReport> Nodes { get; init; }

    /// <summary>The steps of the run as a whole.</summary>
    public required IReadOnlyList<StepReport> Steps { get; init; }

    /// <summary>What humans decided on the way, with their names.</summary>
    public IReadOnlyList<HumanDecision> Decisions { get; init; } = [];

    /// <summary>What people decided and nobody has carried out yet, the oldest first.</summary>
    public IReadOnlyList<HumanDecision> Pending { get; init; } = [];

    /// <summary>
    /// What is known of updates on this way: nothing of the run itself, and so empty unless whoever shows the report sets it, by
    /// <see cref="Sdk.KnownDefects.For"/>.
    /// </summary>
    public IReadOnlyList<KnownDefect> KnownDefects { get; init; } = [];

    /// <summary>The report as one JSON document.</summary>
    public string ToJson() => ReportJson.Serialize(this);

    /// <summary>The report as JSON with its sentences in a language.</summary>
    internal string Speak(CultureInfo language) => ReportJson.Speak(this, language);

    /// <summary>The report in words.</summary>
    public string ToText() => ReportText.Render(this);

    /// <summary>The report as one HTML file that loads nothing and runs nothing: for a browser, a printer, an archive.</summary>
    public string ToHtml() => ReportHtml.Render(this);

    /// <summary>
    /// The report as JUnit XML: a suite for the run and one for each node, a case for each step. What went wrong is a failure, what nobody
    /// knows an error, what was not done is skipped.
    /// </summary>
    public string ToJUnit() => ReportJUnit.Render(this);

    /// <summary>This run held against another one, step by step.</summary>
    /// <param name="other">The other one, mostly of the same cluster.</param>
    public ReportComparison CompareWith(UpgradeReport other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return ReportComparison.Between(this, other);
    }
}
