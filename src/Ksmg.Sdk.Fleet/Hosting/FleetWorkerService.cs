using Microsoft.Extensions.Hosting;

namespace Ksmg.Sdk.Fleet;

/// <summary>
/// A worker as part of a host, from its start until the host is stopped. What is not let go of within the host's own limit another worker takes over.
/// </summary>
/// <param name="fleet">Whose unfinished fleets it works on.</param>
internal sealed class FleetWorkerService(KsmgFleet fleet) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => fleet.WorkAsync(stoppingToken);
}
