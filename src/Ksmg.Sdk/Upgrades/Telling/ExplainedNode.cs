namespace Ksmg.Sdk.Upgrades;

/// <summary>What was seen of a node when a decision was made. What it did not tell, or was not asked then, is <see langword="null"/>.</summary>
public sealed record ExplainedNode
{
    /// <summary>The configured name.</summary>
    public required string Name { get; init; }

    /// <summary>Whether it answered.</summary>
    public required bool Answers { get; init; }

    /// <summary>Why it could not be read, in the words of whoever failed; <see langword="null"/> when it answered.</summary>
    public string? Problem { get; init; }

    /// <summary>Its role.</summary>
    public NodeRole? Role { get; init; }

    /// <summary>Its full build, where it shows one.</summary>
    public BuildNumber? Build { get; init; }

    /// <summary>The version it shows.</summary>
    public string? Version { get; init; }

    /// <summary>Whether it takes mail in.</summary>
    public bool? Receiving { get; init; }

    /// <summary>Whether it sends mail on.</summary>
    public bool? Sending { get; init; }

    /// <summary>What the load balancer says of it.</summary>
    public LoadState? Load { get; init; }

    /// <summary>What its queues held, and its open sessions, when it was last asked.</summary>
    public QueueSummary? Queues { get; init; }

    /// <summary>When that was: few steps ask for it.</summary>
    public DateTimeOffset? QueuesAt { get; init; }

    internal static ExplainedNode Of(NodeObservation seen) => new()
    {
        Name = seen.Name,
        Answers = seen.Answers,
        Problem = seen.Problem,
        Role = seen.Role,
        Build = seen.Build,
        Version = seen.About?.Version,
        Receiving = seen.Switches?.Receiving,
        Sending = seen.Switches?.Sending,
        Load = seen.Load,
        Queues = seen.LastQueues?.Queues,
        QueuesAt = seen.LastQueues?.At,
    };
}
