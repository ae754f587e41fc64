using System.Text.Json.Serialization;

namespace Ksmg.Sdk.Upgrades;

/// <summary>How a node was at one time, as far as it told: held against another time, it says what has changed.</summary>
public sealed record NodeFacts
{
    /// <summary>Its role.</summary>
    public NodeRole? Role { get; init; }

    /// <summary>Its build.</summary>
    public BuildNumber? Build { get; init; }

    /// <summary>Whether it received mail.</summary>
    public bool? Receiving { get; init; }

    /// <summary>Whether it sent mail.</summary>
    public bool? Sending { get; init; }

    /// <summary>What the load balancer gave it; <see langword="null"/> without one.</summary>
    public LoadMode? Load { get; init; }

    /// <summary>Messages in the queue of the mail transfer agent.</summary>
    public long? MtaQueue { get; init; }

    /// <summary>Messages in the KATA quarantine.</summary>
    public long? KataQuarantine { get; init; }

    /// <summary>Messages in the Anti-Spam quarantine.</summary>
    public long? AntiSpamQuarantine { get; init; }

    /// <summary>The state of its databases, in the product's word.</summary>
    public string? Databases { get; init; }

    /// <summary>What kept it from being well.</summary>
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

    internal static NodeFacts Of(NodeObservation seen, BuildNumber? build, IEnumerable<Ailment> problems) => new()
    {
        Role = seen.Role,
        Build = build,
        Receiving = seen.Switches?.Receiving,
        Sending = seen.Switches?.Sending,
        Load = seen.Load?.Mode,
        MtaQueue = seen.Queues?.Mta,
        KataQuarantine = seen.Queues?.KataQuarantine,
        AntiSpamQuarantine = seen.Queues?.AntiSpamQuarantine,
        Databases = seen.Status?.Databases.ToString(),
        Problems = [.. problems.Select(p => p.Text).Distinct()],
    };
}
