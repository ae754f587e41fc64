namespace Ksmg.Sdk.Upgrades;

/// <summary>A store that finds the runs of one cluster among those of thousands. Of other stores all runs are looked at.</summary>
internal interface IRunsOfCluster
{
    /// <summary>Every run that may be of a cluster, as <see cref="RunOwner.MayBe"/> says, or bears its name; perhaps others too.</summary>
    /// <param name="owner">The cluster.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    Task<IReadOnlyList<StoredRun>> ListAsync(RunOwner owner, CancellationToken cancellationToken = default);
}
