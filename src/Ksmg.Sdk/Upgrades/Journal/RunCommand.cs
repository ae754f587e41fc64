namespace Ksmg.Sdk.Upgrades;

/// <summary>What a human tells a run.</summary>
internal sealed record RunCommand : IStoredCommand
{
    /// <summary>Unique; letters, digits and <c>-</c>.</summary>
    public required string Id { get; init; }

    /// <summary>What is wanted.</summary>
    public required RunCommandKind Kind { get; init; }

    /// <summary>Who says so.</summary>
    public required string By { get; init; }

    /// <summary>
    /// The cluster as whoever said it has it configured; a command from another cluster's configuration is refused.
    /// <see langword="null"/>: not known.
    /// </summary>
    public RunOwner? Owner { get; init; }

    /// <summary>When it was said.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The hash of the plan the human looked at; a command bound to another plan is refused.</summary>
    public string? PlanHash { get; init; }

    /// <summary>The node concerned; with a rollback <see langword="null"/> means all.</summary>
    public string? Node { get; init; }

    /// <summary>With <see cref="RunCommandKind.Pause"/>: where to wait for approvals from now on, instead of a pause at the next safe point.</summary>
    public PausePoint? PauseAfter { get; init; }

    /// <summary>With <see cref="RunCommandKind.Override"/>: the check, one of <see cref="UpgradeOverrides"/>.</summary>
    public string? Check { get; init; }

    /// <summary>With <see cref="RunCommandKind.Override"/>: until when.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>The epoch it is meant for, such as a pause that is asked of whoever drives the run now; <see langword="null"/>: whichever hears it.</summary>
    public long? Epoch { get; init; }

    /// <summary>Why.</summary>
    public string? Reason { get; init; }
}
