using Ksmg.Sdk;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Puts a simulator around a cluster.</summary>
public static class SimulatorKsmgBuilderExtensions
{
    private const string Kind = "Simulator";

    /// <summary>
    /// Makes the kind <c>Simulator</c> known, for the sections <c>Snapshots</c>, <c>Configuration</c> and <c>MailProbe</c>; to be called
    /// before they are read.
    /// </summary>
    /// <param name="builder">The cluster.</param>
    public static KsmgBuilder AddSimulatorAdapters(this KsmgBuilder builder) => builder
        .AddPort<ISnapshotProvider, SimulatorAdapterOptions>(Kind, (options, _) => new SimulatorSnapshots(options.Endpoint!))
        .AddPort<IConfigurationFiles, SimulatorConfigurationOptions>(Kind, (options, _) =>
            new SimulatorConfigurationFiles(options.Endpoint!, options.Paths is { Count: > 0 } paths ? paths : null))
        .AddPort<IMailProbe, SimulatorMailProbeOptions>(Kind, (options, context) => CreateMailProbe(options.Endpoint!, context.Cluster, context.TimeProvider));

    /// <summary>Uses the simulated hypervisor.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="endpoint">The control URL.</param>
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
    /// <param name="builder">The cluster.</param>
    /// <param name="endpoint">The control URL.</param>
    public static KsmgBuilder UseSimulatorMailProbe(this KsmgBuilder builder, Uri endpoint)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddKeyedSingleton<IMailProbe>(builder.Name, (provider, _) => CreateMailProbe(
            endpoint, provider.GetRequiredKeyedService<KsmgCluster>(builder.Name), provider.GetRequiredService<TimeProvider>()));
        return builder;
    }

    private static SimulatorMailProbe CreateMailProbe(Uri endpoint, KsmgCluster cluster, TimeProvider time) => new(
        endpoint, cluster.Nodes.Where(node => node.Smtp is not null).ToDictionary(node => node.Name, node => node.Smtp!, StringComparer.Ordinal), time: time);
}
