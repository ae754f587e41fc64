using System.Text.Json.Serialization;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Fleet;

/// <summary>A cluster of a fleet as it stands.</summary>
public sealed record FleetClusterReport
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The name of its wave.</summary>
    public required string Wave { get; init; }

    /// <summary>Its labels.</summary>
    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    /// <summary>Where it stands.</summary>
    public required ClusterPhase Phase { get; init; }

    /// <summary>How its run stands or ended; <see langword="null"/>: it does neither.</summary>
    public UpgradeEnd? End { get; init; }

    /// <summary>Why it is where it is, or what it waits for.</summary>
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

    /// <summary>When its run was begun; <see langword="null"/>: it was not.</summary>
    public DateTimeOffset? BeganAt { get; init; }

    /// <summary>Since when it is where it is; <see langword="null"/>: it was not begun.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>When what it waits for passes by itself.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Whether only people can go on with it.</summary>
    public bool NeedsPeople { get; init; }

    /// <summary>
    /// A hash of how its run stands or ended, which <see cref="FleetRun.ApproveAsync"/> takes; <see langword="null"/>: it does neither.
    /// </summary>
    public string? WaitHash { get; init; }

    /// <summary>The run by which it is upgraded; <see langword="null"/>: it was not begun.</summary>
    public string? RunId { get; init; }

    /// <summary>Who drives that run, in words; <see langword="null"/>: nobody.</summary>
    public string? Holder { get; init; }

    /// <summary>Whether it may be worked on and is not: <see cref="Reason"/> says why, as far as a worker told.</summary>
    public bool IsIdle { get; init; }

    /// <summary>Whether people keep it back.</summary>
    public bool IsHeld { get; init; }

    /// <summary>Whether the fleet goes on without it.</summary>
    public bool IsOut { get; init; }

    /// <summary>How long its run took that has ended, the waiting included.</summary>
    internal TimeSpan? Took => Phase == ClusterPhase.Over ? Since - BeganAt : null;
}
