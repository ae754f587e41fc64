namespace Ksmg.Sdk.Fleet;

/// <summary>The package of a fleet, as this worker finds it.</summary>
internal class FleetPackages
{
    /// <summary>A path of this machine where the package is, verified once as the planned one.</summary>
    /// <exception cref="PackageException">It is not there, or it is another one.</exception>
    public virtual ValueTask<string> GetAsync(FleetPlan plan, CancellationToken cancellationToken) => ValueTask.FromResult(plan.PackagePath);
}
