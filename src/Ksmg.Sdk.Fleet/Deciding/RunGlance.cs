using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Fleet;

/// <summary>A run of the fleet, as it was seen last.</summary>
/// <param name="State">How it stands or ended.</param>
/// <param name="Reason">Why.</param>
/// <param name="IsDriven">Whether somebody holds its lease who is not known to be gone.</param>
/// <param name="HasCommands">Whether people told it something that nobody has heard.</param>
/// <param name="Sequence">The record that tells so; <see langword="null"/>: unknown.</param>
internal sealed record RunGlance(UpgradeEnd State, Message? Reason = null, bool IsDriven = false, bool HasCommands = false, long? Sequence = null)
{
    /// <summary>Its last record, whatever that tells.</summary>
    public long Last { get; init; }

    /// <summary>Who drives it, in words.</summary>
    public string? Holder { get; init; }

    public bool IsEnded => State is not (UpgradeEnd.Running or UpgradeEnd.Paused or UpgradeEnd.NeedsHuman);

    /// <summary>Whether its last driver left it to people.</summary>
    public bool IsWaiting => State is UpgradeEnd.Paused or UpgradeEnd.NeedsHuman;

    /// <summary>Whether it stands until people say something, and nobody has.</summary>
    public bool Stands => IsWaiting && !IsDriven && !HasCommands;
}
