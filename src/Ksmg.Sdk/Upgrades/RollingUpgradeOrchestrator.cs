namespace Ksmg.Sdk.Upgrades;

/// <summary>Plans, starts and resumes rolling upgrades of one cluster.</summary>
public class RollingUpgradeOrchestrator
{
    /// <summary>For test doubles.</summary>
    protected RollingUpgradeOrchestrator()
    {
    }

    /// <summary>Observes the cluster and makes a plan. Changes nothing.</summary>
    /// <param name="package">The package; it is read as a whole for its hashes.</param>
    /// <param name="policy">How the run will behave; <see langword="null"/>: the configured one.</param>
    /// <param name="cancellationToken">Ends the observation.</param>
    /// <exception cref="PackageException">The package is damaged.</exception>
    public virtual Task<UpgradePlan> PlanAsync(UpdatePackage package, UpgradePolicy? policy = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>Makes the plan a run and drives it in this process. When this returns, the run is durable and has had no effect yet.</summary>
    /// <param name="plan">A plan that is not refused.</param>
    /// <param name="cancellationToken">Cancels the start only; use <see cref="UpgradeRun.StopAsync"/> to stop driving.</param>
    /// <exception cref="UpgradeException">The plan is refused, or there is nothing to do.</exception>
    /// <exception cref="ActiveRunException">The cluster has an active run.</exception>
    public virtual Task<UpgradeRun> StartAsync(UpgradePlan plan, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>Drives a run again in this process, after taking its lease.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="packagePath">Where the package is now; <see langword="null"/>: where the plan says.</param>
    /// <param name="cancellationToken">Cancels the start only.</param>
    /// <exception cref="LeaseHeldException">A living process drives it.</exception>
    public virtual Task<UpgradeRun> ResumeAsync(string runId, string? packagePath = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>A handle on a run that is driven elsewhere or not at all.</summary>
    public virtual UpgradeRun GetRun(string runId) => throw new NotSupportedException();

    /// <summary>All runs in the journal, the newest last.</summary>
    public virtual Task<IReadOnlyList<RunSummary>> ListRunsAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();
}
