namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// A handle on a run: an id. It may be driven by this process or by another one, or by nobody; what humans say through it reaches
/// whoever drives it.
/// </summary>
public class UpgradeRun
{
    /// <summary>For test doubles.</summary>
    protected UpgradeRun()
    {
    }

    /// <summary>The id.</summary>
    public virtual string Id => throw new NotSupportedException();

    /// <summary>The plan it carries out.</summary>
    public virtual Task<UpgradePlan> GetPlanAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>What it has done so far, from its journal.</summary>
    public virtual Task<UpgradeReport> GetReportAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>
    /// The events of the run, from its beginning; ends when nobody drives it any more in this process, or when it has ended.
    /// </summary>
    /// <param name="cancellationToken">Ends the watching; the run goes on.</param>
    public virtual IAsyncEnumerable<UpgradeEvent> WatchAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>Waits until the run is not driven any more: ended, paused, or in need of a human.</summary>
    /// <param name="cancellationToken">Ends the waiting; the run goes on.</param>
    public virtual Task<UpgradeReport> WaitAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>Asks for a pause at the next safe point. Returns when the wish is durable.</summary>
    public virtual Task PauseAsync(string by, string? reason = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>
    /// Gives the consent the run waits for, bound to the hash of the plan the human looked at. Returns when it is durable; a run that
    /// nobody drives takes it up with the next <see cref="RollingUpgradeOrchestrator.ResumeAsync"/>.
    /// </summary>
    public virtual Task ApproveAsync(string by, string planHash, string? node = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>
    /// Stops driving the run in this process: no new effect starts, a call under way ends or is cut at its limit, and the lease is
    /// given back. The run stays resumable.
    /// </summary>
    public virtual Task StopAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();
}
