using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Fleet;

/// <summary>The clusters of a <c>fleet.json</c>, each made when it is driven: credentials are read then, by this worker alone.</summary>
internal sealed class FileClusters(FleetFile file, IRunStore runs, Action<KsmgBuilder>? configure, ILoggerFactory loggers, TimeProvider time) : ClusterSource
{
    public override ValueTask<OpenCluster> OpenAsync(string cluster, CancellationToken cancellationToken)
    {
        ConfiguredCluster made = Open(cluster);
        return ValueTask.FromResult(new OpenCluster(made.Orchestrator, made));
    }

    /// <inheritdoc cref="KsmgFleet.OpenCluster"/>
    public ConfiguredCluster Open(string cluster)
    {
        FleetFileCluster found = file.Find(cluster) ?? throw new FleetException(Words.Get("fleet.not-in-file", cluster, file.Path));
        try
        {
            return ConfiguredCluster.Create(
                found.Section,
                builder =>
                {
                    configure?.Invoke(builder);
                    builder.AddConfiguredUpgrade(upgrade => upgrade.UseStore(_ => runs));
                },
                loggers,
                time);
        }
        catch (OptionsValidationException e)
        {
            throw new FleetException(Words.Get("fleet.cannot-be-used", cluster, found.Path, string.Join(' ', e.Failures)), e);
        }
    }
}
