using System.Collections.Frozen;

namespace Ksmg.Sdk.Upgrades;

/// <summary>What is wanted of a node right now.</summary>
internal enum NodeGoal
{
    /// <summary>Its steps, as planned.</summary>
    Upgrade,

    /// <summary>Back to work at the old build: our own changes are undone.</summary>
    PutBack,

    /// <summary>Out of load and not receiving, for a human to look at.</summary>
    Park,

    /// <summary>Back to the snapshot of the drained node, and to work at the old build.</summary>
    RollBack,
}

/// <summary>Where a node stands, folded from the journal.</summary>
internal sealed record NodeStanding
{
    public static NodeStanding None { get; } = new();

    public NodeGoal Goal { get; init; }

    /// <summary>The mark that ended the last round: parked, put back, skipped, rolled back.</summary>
    public NodeOutcome? Mark { get; init; }

    /// <summary>A human leaves the node out: what it still had to do is not done in this run.</summary>
    public bool LeftOut { get; init; }

    /// <summary>Why the goal is not the upgrade any more.</summary>
    public Message? Reason { get; init; }

    /// <summary>The step that changed the goal; <see langword="null"/>: a human did.</summary>
    public StepKey? At { get; init; }

    /// <summary>When the goal changed.</summary>
    public DateTimeOffset Since { get; init; }

    /// <summary>What our first touch found, by name: restored when the node is put back to work.</summary>
    public IReadOnlyDictionary<string, string> Prior { get; init; } = FrozenDictionary<string, string>.Empty;
}
