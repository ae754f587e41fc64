namespace Ksmg.Sdk.Upgrades;

/// <summary>Somebody has runs driven here by turns, such as a fleet: a run that waits for its window is let go of until then.</summary>
/// <param name="BeforeDrivingAsync">
/// Called under the lease of a run before anything is done in it. What it throws ends the attempt, and the lease is given back.
/// </param>
internal sealed record RunSupervision(Func<CancellationToken, Task> BeforeDrivingAsync);
