using System.Text.Json.Serialization;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Fleet;

/// <summary>
/// When each cluster of a plan would be worked on: what the fleet itself would decide, if every run took as long as assumed, nothing failed
/// and people approved at once.
/// </summary>
public sealed record FleetSchedule
{
    /// <summary>The plan.</summary>
    public required FleetPlan Plan { get; init; }

    /// <summary>When it would be started.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>When the last cluster would be upgraded; <see langword="null"/>: one never is.</summary>
    public DateTimeOffset? EndsAt { get; init; }

    /// <summary>How often people would be asked, gates of waves alone.</summary>
    public int Approvals { get; init; }

    /// <summary>What is worth a look before it is started.</summary>
    [JsonConverter(typeof(SentencesConverter))]
    public IReadOnlyList<Message> Findings { get; init; } = [];

    /// <summary>The clusters, in the order of the plan.</summary>
    public required IReadOnlyList<FleetScheduledCluster> Clusters { get; init; }

    /// <summary>The schedule as one JSON document.</summary>
    public string ToJson() => FleetTellingJson.Serialize(this);

    /// <summary>The schedule in words.</summary>
    public string ToText() => FleetScheduleText.Render(this);
}
