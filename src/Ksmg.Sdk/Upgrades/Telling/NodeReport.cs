using System.Text.Json.Serialization;

namespace Ksmg.Sdk.Upgrades;

/// <summary>What became of a node.</summary>
public sealed record NodeReport
{
    /// <summary>The configured name.</summary>
    public required string Name { get; init; }

    /// <summary>How the node stands.</summary>
    public required NodeOutcome Outcome { get; init; }

    /// <summary>Its role when the plan was made.</summary>
    public required NodeRole RoleBefore { get; init; }

    /// <summary>Its role as last observed, where it was.</summary>
    public NodeRole? RoleAfter { get; init; }

    /// <summary>Its build when the plan was made.</summary>
    public required BuildNumber BuildBefore { get; init; }

    /// <summary>Its build as last verified by the run.</summary>
    public required BuildNumber BuildAfter { get; init; }

    /// <summary>How long it was out of work.</summary>
    public TimeSpan? OutOfService { get; init; }

    /// <summary>When it was out of work.</summary>
    public IReadOnlyList<ReportPeriod> Gaps { get; init; } = [];

    /// <summary>How the run found it, or, while it had not looked, how the plan did.</summary>
    public NodeFacts? Before { get; init; }

    /// <summary>How the end of the run found it; <see langword="null"/> while it has not looked.</summary>
    public NodeFacts? After { get; init; }

    /// <summary>What is different at the end of the run from before it.</summary>
    [JsonConverter(typeof(SentencesConverter))]
    public IReadOnlyList<Message> Changes { get; init; } = [];

    /// <summary>The same as keys and arguments.</summary>
    [JsonInclude]
    [JsonPropertyName("changeMessages")]
    internal IReadOnlyList<Message>? ChangesData
    {
        get => Changes;
        init => Changes = value ?? Changes;
    }

    /// <summary>What was wrong with it at the end and was not at the start, with the node's own words.</summary>
    [JsonConverter(typeof(SentencesConverter))]
    public IReadOnlyList<Message> Problems { get; init; } = [];

    /// <summary>The same as keys and arguments.</summary>
    [JsonInclude]
    [JsonPropertyName("problemMessages")]
    internal IReadOnlyList<Message>? ProblemsData
    {
        get => Problems;
        init => Problems = value ?? Problems;
    }

    /// <summary>What was wrong with it at the end as it was at the start, where somebody had accepted it.</summary>
    [JsonConverter(typeof(SentencesConverter))]
    public IReadOnlyList<Message> KnownProblems { get; init; } = [];

    /// <summary>The same as keys and arguments.</summary>
    [JsonInclude]
    [JsonPropertyName("knownProblemMessages")]
    internal IReadOnlyList<Message>? KnownProblemsData
    {
        get => KnownProblems;
        init => KnownProblems = value ?? KnownProblems;
    }

    /// <summary>Its steps.</summary>
    public required IReadOnlyList<StepReport> Steps { get; init; }
}
