namespace Ksmg.Sdk.Fleet;

/// <summary>How often a bell looks for itself, and how long it waits for Quartz.</summary>
internal sealed record BellTimes
{
    /// <summary>How often one of the workers rings every unfinished fleet, whichever Quartz takes for it.</summary>
    public TimeSpan Sweep { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often each worker does so by itself, whatever has become of Quartz; up to a quarter more, so that they do not come together.</summary>
    public TimeSpan OwnSweep { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long Quartz may take over a call.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long it is not asked again after it failed: who rings hundreds of times waits once.</summary>
    public TimeSpan Rest { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How late a ring may be before it counts as stuck, and is put in anew.</summary>
    public TimeSpan Overdue { get; init; } = TimeSpan.FromMinutes(2);
}
