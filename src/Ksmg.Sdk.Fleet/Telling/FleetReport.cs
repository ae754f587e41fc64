using System.Text.Json.Serialization;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Fleet;

/// <summary>Where a fleet stands, or how it ended: made from its plan, its journal and a look at its runs.</summary>
public sealed record FleetReport
{
    /// <summary>The fleet.</summary>
    public required string FleetId { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The build it comes from.</summary>
    public required BuildNumber From { get; init; }

    /// <summary>The build it leads to.</summary>
    public required BuildNumber To { get; init; }

    /// <summary>The hash of the plan.</summary>
    public required string PlanHash { get; init; }

    /// <summary>Where it stands or how it ended.</summary>
    public required UpgradeEnd End { get; init; }

    /// <summary>Why it stands or ended there.</summary>
    [JsonConverter(typeof(SentenceConverter))]
    public required Message Reason { get; init; }

    /// <summary>The same as key and arguments, which stand in JSON beside the sentence.</summary>
    [JsonInclude]
    [JsonPropertyName("message")]
    internal Message? Data
    {
        get => Reason.Keyed;
        init => Reason = value is { HasWords: true } ? value : Reason;
    }

    /// <summary>Whether the fleet as a whole waits for people: at a gate of a wave, paused by somebody, or halted by failures.</summary>
    public bool NeedsPeople { get; init; }

    /// <summary>
    /// A hash of what it waits for people for, which <see cref="FleetRun.ApproveAsync"/> takes; <see langword="null"/>: it does not wait for them.
    /// </summary>
    public string? WaitHash { get; init; }

    /// <summary>Whether people want nothing more to be begun.</summary>
    public bool IsPaused { get; init; }

    /// <summary>The gate that it waits at, <c>Before/WAVE</c> or <c>After/WAVE</c>; <see langword="null"/>: none.</summary>
    public string? Gate { get; init; }

    /// <summary>Who drives it, in words; <see langword="null"/>: nobody.</summary>
    public string? Holder { get; init; }

    /// <summary>When it was begun.</summary>
    public required DateTimeOffset BeganAt { get; init; }

    /// <summary>When something was last written.</summary>
    public required DateTimeOffset LastAt { get; init; }

    /// <summary>The waves, in their order.</summary>
    public required IReadOnlyList<FleetWaveReport> Waves { get; init; }

    /// <summary>The clusters, in the order of the plan.</summary>
    public required IReadOnlyList<FleetClusterReport> Clusters { get; init; }

    /// <summary>The report as one JSON document.</summary>
    public string ToJson() => FleetTellingJson.Serialize(this);

    /// <summary>The report in words.</summary>
    public string ToText() => FleetReportText.Render(this);

    /// <summary>The report as one HTML file: no script, nothing loaded; instants in UTC.</summary>
    public string ToHtml() => FleetReportHtml.Render(this);

    /// <summary>
    /// The report as JUnit XML, for CI systems: a suite for the fleet and one for each wave, a case for each cluster. What has not come to its end,
    /// and what is left out, is skipped.
    /// </summary>
    public string ToJUnit() => FleetReportJUnit.Render(this);
}
