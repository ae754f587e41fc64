using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Fleet;

/// <summary>What a fleet knows of a cluster.</summary>
internal sealed record ClusterState
{
    public static ClusterState New { get; } = new();

    public ClusterPhase Phase { get; init; }

    /// <summary>Which run of the fleet on this cluster it is, from 1; 0: it was not begun.</summary>
    public int Attempt { get; init; }

    /// <summary>The run; the same id whoever starts it.</summary>
    public string? RunId { get; init; }

    /// <summary>When that run was begun; <see langword="null"/>: none was.</summary>
    public DateTimeOffset? BeganAt { get; init; }

    /// <summary>How it stands or ended; <see langword="null"/>: it does neither.</summary>
    public UpgradeEnd? End { get; init; }

    /// <summary>Why it is where it is.</summary>
    public Message? Reason { get; init; }

    /// <summary>Since when.</summary>
    public DateTimeOffset Since { get; init; }

    /// <summary>The record that brought it there.</summary>
    public long Sequence { get; init; }

    /// <summary>The last record of its run when people let it go on: that the run stood by then is no news.</summary>
    public long? Seen { get; init; }

    /// <summary>Nothing is begun and nothing goes on until people say so.</summary>
    public bool IsHeld { get; init; }

    /// <summary>The fleet goes on without it.</summary>
    public bool IsOut { get; init; }

    /// <summary>People want it to go on.</summary>
    public bool IsWanted { get; init; }

    /// <summary>People know that it failed, and let the fleet go on all the same.</summary>
    public bool IsAccepted { get; init; }

    /// <summary>What a worker told of it that its run does not tell, such as that it cannot be begun.</summary>
    public ClusterReport? Report { get; init; }

    /// <summary>Whether somebody may drive it.</summary>
    public bool IsGranted => Phase == ClusterPhase.Working;

    /// <summary>Whether it counts among those that are worked on.</summary>
    public bool HasSlot => Phase is ClusterPhase.Working or ClusterPhase.Leaving;

    /// <summary>Whether it was begun and is not over: what it shares with others is at stake.</summary>
    public bool IsAtStake => HasSlot || Phase == ClusterPhase.Standing && !IsOut;

    /// <summary>Whether it did not come to a good end, or cannot come to one without people.</summary>
    public bool IsFailure => !IsOut && Phase is ClusterPhase.Standing or ClusterPhase.Over && End is not (UpgradeEnd.Completed or UpgradeEnd.Paused);
}

/// <summary>How a cluster stands, as a worker told.</summary>
internal sealed record ClusterReport(UpgradeEnd End, Message Reason);
