namespace Ksmg.Sdk.Upgrades;

/// <summary>A time of a policy and its bounds.</summary>
internal sealed record PolicyTime(string Name, Func<UpgradePolicy, TimeSpan> Of, TimeSpan Shortest, TimeSpan Longest)
{
    public bool Allows(TimeSpan time) => time >= Shortest && time <= Longest;
}

/// <summary>How long and how many a policy may ask for.</summary>
internal static class PolicyBounds
{
    /// <summary>The largest number that a policy may ask for: nodes out of work at once, polls in a row.</summary>
    public const int MostNumber = 1000;

    /// <summary>How many people a policy may ask to approve.</summary>
    public const int MostApprovals = 2;

    /// <summary>
    /// Every time of a policy with its bounds. A timer of the platform runs for 49 days at most, and who polls less often than every few
    /// minutes does not see what happens.
    /// </summary>
    public static IReadOnlyList<PolicyTime> Times { get; } =
    [
        new(nameof(UpgradePolicy.ApprovalReminder), p => p.ApprovalReminder, TimeSpan.Zero, 7 * Day),
        new(nameof(UpgradePolicy.ApprovalExpiry), p => p.ApprovalExpiry, TimeSpan.Zero, 30 * Day),
        new(nameof(UpgradePolicy.NodeTime), p => p.NodeTime, Moment, Day),
        new(nameof(UpgradePolicy.LookAhead), p => p.LookAhead, TimeSpan.Zero, Day),
        new(nameof(UpgradePolicy.SessionTimeout), p => p.SessionTimeout, Moment, Day),
        new(nameof(UpgradePolicy.DrainTimeout), p => p.DrainTimeout, Moment, 7 * Day),
        new(nameof(UpgradePolicy.NoProgressTimeout), p => p.NoProgressTimeout, Moment, 7 * Day),
        new(nameof(UpgradePolicy.SnapshotTimeout), p => p.SnapshotTimeout, Moment, Day),
        new(nameof(UpgradePolicy.UploadTimeout), p => p.UploadTimeout, Moment, Day),
        new(nameof(UpgradePolicy.InstallTimeout), p => p.InstallTimeout, Moment, Day),
        new(nameof(UpgradePolicy.StepTimeout), p => p.StepTimeout, Moment, Day),
        new(nameof(UpgradePolicy.ProbeTimeout), p => p.ProbeTimeout, Moment, Day),
        new(nameof(UpgradePolicy.Soak), p => p.Soak, TimeSpan.Zero, 7 * Day),
        new(nameof(UpgradePolicy.NoControlLimit), p => p.NoControlLimit, Moment, Day),
        new(nameof(UpgradePolicy.HandoverLimit), p => p.HandoverLimit, Moment, 30 * Day),
        new(nameof(UpgradePolicy.SilenceDuration), p => p.SilenceDuration, TimeSpan.FromMinutes(2), Day),
        new(nameof(UpgradePolicy.PollInterval), p => p.PollInterval, Moment, TimeSpan.FromMinutes(1)),
        new(nameof(UpgradePolicy.SlowPollInterval), p => p.SlowPollInterval, Moment, TimeSpan.FromMinutes(10)),
        new(nameof(UpgradePolicy.StabilityInterval), p => p.StabilityInterval, TimeSpan.Zero, TimeSpan.FromMinutes(10)),
        new(nameof(UpgradePolicy.SynchronizationMaxAge), p => p.SynchronizationMaxAge, Moment, 30 * Day),
        new(nameof(UpgradePolicy.SynchronizationTimeout), p => p.SynchronizationTimeout, Moment, 7 * Day),
        new(nameof(UpgradePolicy.DatabasesTimeout), p => p.DatabasesTimeout, Moment, 7 * Day),
        new(nameof(UpgradePolicy.ClockSkewLimit), p => p.ClockSkewLimit, Moment, TimeSpan.FromHours(1)),
    ];

    /// <summary>Oftener nobody is reminded.</summary>
    public static TimeSpan ShortestReminder => TimeSpan.FromMinutes(1);

    private static TimeSpan Moment => TimeSpan.FromMilliseconds(10);

    private static TimeSpan Day => TimeSpan.FromDays(1);
}
