namespace Ksmg.Sdk.Upgrades;

/// <summary>The clocks of a <see cref="FileUpgradeJournal"/>. All processes that share a folder must use the same.</summary>
public sealed class FileUpgradeJournalOptions
{
    /// <summary>How often the holder of a lease shows that it lives. Default: 2 seconds.</summary>
    public TimeSpan BeatInterval { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long a lease is worth after its last beat, and how long a challenger watches for a beat before it takes over.
    /// Default: 15 seconds. At least four beats; a call that changes a node must end within this time less two beats.
    /// </summary>
    public TimeSpan LeaseDuration { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long the lock of a run is waited for, which is held for milliseconds unless its holder was stopped. Default: 10 seconds.</summary>
    public TimeSpan LockTimeout { get; set; } = TimeSpan.FromSeconds(10);

    internal void Validate()
    {
        if (BeatInterval <= TimeSpan.Zero || LockTimeout <= TimeSpan.Zero || LeaseDuration < 4 * BeatInterval)
        {
            throw new ArgumentException($"{nameof(BeatInterval)} and {nameof(LockTimeout)} must be positive, {nameof(LeaseDuration)} at least four beats.");
        }
    }
}
