using System.Text.Json.Serialization;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Fleet;

/// <summary>A wave as it stands: how many of its clusters are where.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Approve">Where it waits for people.</param>
/// <param name="Clusters">How many it has.</param>
/// <param name="Waiting">How many were not begun.</param>
/// <param name="Working">How many are worked on.</param>
/// <param name="Standing">How many wait for people.</param>
/// <param name="Over">How many have come to their end.</param>
/// <param name="Failures">How many failed or cannot go on without people, and were not accepted so.</param>
/// <param name="Out">How many the fleet goes on without.</param>
/// <param name="IsOver">Whether the next wave may begin as far as this one is concerned.</param>
public sealed record FleetWaveReport(
    string Name, FleetApproval Approve, int Clusters, int Waiting, int Working, int Standing, int Over, int Failures, int Out, bool IsOver)
{
    /// <summary>Where it is.</summary>
    public FleetWaveState State { get; init; }

    /// <summary>What it waits for; <see langword="null"/>: for nothing but its clusters.</summary>
    [JsonConverter(typeof(SentenceConverter))]
    public Message? Reason { get; init; }

    /// <summary>The same as key and arguments, which stand in JSON beside the sentence.</summary>
    [JsonInclude]
    [JsonPropertyName("message")]
    internal Message? Data
    {
        get => Reason?.Keyed;
        init => Reason = value is { HasWords: true } ? value : Reason;
    }

    /// <summary>When what it waits for passes by itself.</summary>
    public DateTimeOffset? Until { get; init; }
}
