using System.Text.Json.Serialization;

namespace Ksmg.Sdk.Upgrades;

/// <summary>A run that is held against another one.</summary>
public sealed record ComparedRun
{
    /// <summary>The run.</summary>
    public required string RunId { get; init; }

    /// <summary>The cluster.</summary>
    public required string Cluster { get; init; }

    /// <summary>The build it came from.</summary>
    public required BuildNumber From { get; init; }

    /// <summary>The build it leads to.</summary>
    public required BuildNumber To { get; init; }

    /// <summary>Where it stands or how it ended.</summary>
    public required UpgradeEnd End { get; init; }

    /// <summary>When it was created.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>How long it took, waits for humans included.</summary>
    public required TimeSpan Took { get; init; }

    /// <summary>How long it waited for humans, or was driven by nobody.</summary>
    public required TimeSpan StoodStill { get; init; }

    /// <summary>The fewest nodes that were in service at a time.</summary>
    public int? FewestServing { get; init; }

    /// <summary>What was wrong at its end and was not at its start, each with its node.</summary>
    [JsonConverter(typeof(SentencesConverter))]
    public IReadOnlyList<Message> Problems { get; init; } = [];

    internal static ComparedRun Of(UpgradeReport report) => new()
    {
        RunId = report.RunId,
        Cluster = report.Cluster,
        From = report.From,
        To = report.To,
        End = report.End,
        StartedAt = report.StartedAt,
        Took = report.LastAt - report.StartedAt,
        StoodStill = report.Standstills.Aggregate(TimeSpan.Zero, (sum, p) => sum + ((p.Until ?? report.LastAt) - p.From)),
        FewestServing = report.FewestServing,
        Problems = [.. report.Nodes.SelectMany(n => n.Problems.Select(p => Message.Of("about-node", n.Name, p)))],
    };
}
