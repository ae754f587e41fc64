namespace Ksmg.Sdk.Upgrades;

/// <summary>A store that tells cheaply which of many runs have changed. Stores without it are looked at run by run.</summary>
internal interface IRunStoreChanges
{
    /// <summary>
    /// Waits until there is a new run, one has changed as <see cref="IRunStore.WaitForChangeAsync"/> tells it, or one is gone. May answer
    /// too often, and later by what it takes to notice.
    /// </summary>
    /// <param name="seen">What this answered last; <see langword="null"/>: the answer is wanted at once.</param>
    /// <param name="atMost">How long to wait, to about a second; then the answer is the same object again.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    Task<RunVersions> WaitForAnyChangeAsync(RunVersions? seen, TimeSpan atMost, CancellationToken cancellationToken = default);
}
