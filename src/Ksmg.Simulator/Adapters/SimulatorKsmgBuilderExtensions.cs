using Ksmg.Sdk;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Puts a simulator around a cluster. <c>endpoint</c> is its control URL.</summary>
public static class SimulatorKsmgBuilderExtensions
{
    /// <summary>Uses the simulated hypervisor.</summary>
    public static KsmgBuilder UseSimulatorSnapshots(this KsmgBuilder builder, Uri endpoint)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddKeyedSingleton<ISnapshotProvider>(builder.Name, (_, _) => new SimulatorSnapshots(endpoint));
        return builder;
    }

    /// <summary>Uses the simulated configuration files.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="endpoint">The control URL.</param>
    /// <param name="paths">The configured files; <see langword="null"/>: all the simulator has.</param>
    public static KsmgBuilder UseSimulatorConfiguration(this KsmgBuilder builder, Uri endpoint, IEnumerable<string>? paths = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddKeyedSingleton<IConfigurationFiles>(builder.Name, (_, _) => new SimulatorConfigurationFiles(endpoint, paths));
        return builder;
    }

    /// <summary>Sends test messages to the configured SMTP addresses of the nodes and looks for them in the simulated mailbox.</summary>
    public static KsmgBuilder UseSimulatorMailProbe(this KsmgBuilder builder, Uri endpoint)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddKeyedSingleton<IMailProbe>(builder.Name, (provider, _) =>
        {
            KsmgOptions cluster = provider.GetRequiredService<IOptionsMonitor<KsmgOptions>>().Get(builder.Name);
            Dictionary<string, string> smtp = cluster.Nodes.Where(node => node is { Name: not null, Smtp: not null }).ToDictionary(node => node.Name!, node => node.Smtp!, StringComparer.Ordinal);
            return new SimulatorMailProbe(endpoint, smtp, time: provider.GetRequiredService<TimeProvider>());
        });
        return builder;
    }
}
