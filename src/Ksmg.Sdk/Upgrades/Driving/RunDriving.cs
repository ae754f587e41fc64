namespace Ksmg.Sdk.Upgrades;

/// <summary>One driving of a run by this process, from taking its lease to giving it back.</summary>
/// <param name="Feed">What happens.</param>
/// <param name="Stop">Asks it to let go.</param>
/// <param name="Ended">Ends with it.</param>
/// <param name="Epoch">The epoch of its lease.</param>
internal sealed record RunDriving(RunFeed Feed, CancellationTokenSource Stop, Task Ended, long Epoch);
