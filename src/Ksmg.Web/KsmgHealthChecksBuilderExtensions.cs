using Ksmg.Sdk;
using Ksmg.Sdk.Upgrades;
using Ksmg.Web;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Health checks of clusters and their runs, for hosts that map <c>/health</c> or publish it. None of them changes anything.</summary>
public static class KsmgHealthChecksBuilderExtensions
{
    private static readonly TimeSpan DefaultPeriod = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan DefaultLimit = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Whether each node of a cluster answers and says that nothing is wrong with it. Degraded: some do not, as is to be expected during an upgrade.
    /// Unhealthy: none does. The data say it of each node.
    /// </summary>
    /// <param name="builder">The health checks.</param>
    /// <param name="cluster">The name that was given to <c>AddKsmg</c>; <see langword="null"/>: the default cluster.</param>
    /// <param name="name">The name of the check. Default: <c>ksmg-cluster</c>, with a colon and the name of the cluster where it has one.</param>
    /// <param name="tags">Its tags.</param>
    /// <param name="period">How long an answer is given to all who ask, before the nodes are asked again. Default: 30 seconds.</param>
    /// <param name="limit">How long the nodes have to answer. Default: 10 seconds.</param>
    public static IHealthChecksBuilder AddKsmgCluster(
        this IHealthChecksBuilder builder, string? cluster = null, string? name = null, IEnumerable<string>? tags = null,
        TimeSpan? period = null, TimeSpan? limit = null) =>
        Add(builder, name ?? NameOf("ksmg-cluster", cluster), tags, period, limit, (services, often, within) => new ClusterHealthCheck(
            services.GetRequiredKeyedService<KsmgCluster>(cluster ?? string.Empty), often, within, services.GetRequiredService<TimeProvider>()));

    /// <summary>
    /// Whether the run of a cluster needs somebody: the active one, otherwise the newest. Degraded: it waits for an approval, was paused or aborted, or
    /// ended with problems or exceptions. Unhealthy: it cannot go on without a decision, nobody drives it although it was not paused, it failed, or it
    /// cannot be read. The data name run, state, reason and who drives it. No node is asked.
    /// </summary>
    /// <param name="builder">The health checks.</param>
    /// <param name="cluster">The name that was given to <c>AddKsmg</c>; <see langword="null"/>: the default cluster.</param>
    /// <param name="name">The name of the check. Default: <c>ksmg-run</c>, with a colon and the name of the cluster where it has one.</param>
    /// <param name="tags">Its tags.</param>
    /// <param name="period">How long an answer is given to all who ask, before the run is read again. Default: 30 seconds.</param>
    /// <param name="limit">How long the reading may take. Default: 10 seconds.</param>
    public static IHealthChecksBuilder AddKsmgRun(
        this IHealthChecksBuilder builder, string? cluster = null, string? name = null, IEnumerable<string>? tags = null,
        TimeSpan? period = null, TimeSpan? limit = null) =>
        Add(builder, name ?? NameOf("ksmg-run", cluster), tags, period, limit, (services, often, within) => new RunHealthCheck(
            services.GetRequiredKeyedService<RollingUpgradeOrchestrator>(cluster ?? string.Empty), often, within, services.GetRequiredService<TimeProvider>()));

    private static string NameOf(string kind, string? cluster) => string.IsNullOrEmpty(cluster) ? kind : $"{kind}:{cluster}";

    private static IHealthChecksBuilder Add(
        IHealthChecksBuilder builder, string name, IEnumerable<string>? tags, TimeSpan? period, TimeSpan? limit,
        Func<IServiceProvider, TimeSpan, TimeSpan, SharedHealthCheck> create)
    {
        ArgumentNullException.ThrowIfNull(builder);
        TimeSpan often = period ?? DefaultPeriod;
        TimeSpan within = limit ?? DefaultLimit;
        ArgumentOutOfRangeException.ThrowIfLessThan(often, TimeSpan.Zero, nameof(period));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(within, TimeSpan.Zero, nameof(limit));
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddKeyedSingleton(name, (services, _) => create(services, often, within));

        // The check ends by its own limit and says who did not answer; this one is for a folder on a share that does not answer at all.
        TimeSpan patience = within + TimeSpan.FromSeconds(5);
        return builder.Add(new HealthCheckRegistration(
            name, services => services.GetRequiredKeyedService<SharedHealthCheck>(name), failureStatus: null, tags, patience));
    }
}
