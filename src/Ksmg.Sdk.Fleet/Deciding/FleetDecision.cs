using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Fleet;

/// <summary>What is to become of a fleet: one thing to write, or how it stands.</summary>
/// <param name="Entry">What is written next; <see langword="null"/>: nothing, until something changes.</param>
/// <param name="Until">When something passes by itself at the earliest; <see langword="null"/>: nothing does.</param>
internal sealed record FleetDecision(JournalEntry? Entry, DateTimeOffset? Until = null);

/// <summary>Why a cluster is not begun, or does not go on.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Until">When that passes by itself; <see langword="null"/>: with something else.</param>
/// <param name="NeedsPeople">Whether only people can end it.</param>
internal sealed record FleetWait(Message Reason, DateTimeOffset? Until = null, bool NeedsPeople = false)
{
    /// <summary>Which ones the reason only counts; <see langword="null"/>: it counts none.</summary>
    public string? Counted { get; init; }
}
