using Ksmg.Sdk.Fleet;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>The health check of fleets, for hosts that map <c>/health</c> or publish it. It changes nothing, and asks no node.</summary>
public static class KsmgFleetHealthChecksBuilderExtensions
{
    private static readonly TimeSpan DefaultPeriod = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan DefaultLimit = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Whether the newest fleet, and the worker in this process, need somebody. Degraded: the fleet, or clusters of it, wait for people, nobody drives
    /// it, or Quartz does not ring and the worker looks by its own clock. Unhealthy: the store does not answer, the fleet cannot be read, or this
    /// worker has not looked at its fleets for long. The data name fleet, state, reason, and how many clusters wait for people.
    /// </summary>
    /// <param name="builder">The health checks.</param>
    /// <param name="name">The name of the check. Default: <c>ksmg-fleet</c>.</param>
    /// <param name="tags">Its tags.</param>
    /// <param name="period">How long an answer is given to all who ask, before the fleet is read again. Default: 30 seconds.</param>
    /// <param name="limit">How long the reading may take. Default: 10 seconds.</param>
    public static IHealthChecksBuilder AddKsmgFleet(
        this IHealthChecksBuilder builder, string name = "ksmg-fleet", IEnumerable<string>? tags = null, TimeSpan? period = null, TimeSpan? limit = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        TimeSpan often = period ?? DefaultPeriod;
        TimeSpan within = limit ?? DefaultLimit;
        ArgumentOutOfRangeException.ThrowIfLessThan(often, TimeSpan.Zero, nameof(period));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(within, TimeSpan.Zero, nameof(limit));
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddKeyedSingleton(name, (services, _) => new FleetHealthCheck(
            services.GetRequiredService<KsmgFleet>(), often, within, services.GetRequiredService<TimeProvider>()));
        return builder.Add(new HealthCheckRegistration(
            name, services => services.GetRequiredKeyedService<FleetHealthCheck>(name), failureStatus: null, tags, within + TimeSpan.FromSeconds(5)));
    }
}
