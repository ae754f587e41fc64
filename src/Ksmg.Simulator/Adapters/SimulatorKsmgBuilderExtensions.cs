using Ksmg.Sdk;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Puts a simulator around a cluster. <c>endpoint</c> is its control URL.</summary>
public static class SimulatorKsmgBuilderExtensions
{
    /// <summary>Uses the simulated hypervisor.</summary>
    public static KsmgBuilder UseSimulatorSnapshots(this KsmgBuilder builder, Uri endpoint) => UseSnapshots(builder, _ => endpoint);

    /// <summary>Uses the simulated hypervisor, with the control URL from the configuration; the section is validated at start.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="section">The section, usually <c>Ksmg:Snapshots</c>.</param>
    public static KsmgBuilder UseSimulatorSnapshots(this KsmgBuilder builder, IConfigurationSection section)
    {
        Func<IServiceProvider, SimulatorAdapterOptions> options = Options(builder, "Snapshots", section, SimulatorAdapterOptions.Shape);
        return UseSnapshots(builder, provider => options(provider).Endpoint!);
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

    /// <summary>Uses the simulated configuration files, with control URL and paths from the configuration; the section is validated at start.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="section">The section, usually <c>Ksmg:Configuration</c>.</param>
    public static KsmgBuilder UseSimulatorConfiguration(this KsmgBuilder builder, IConfigurationSection section)
    {
        Func<IServiceProvider, SimulatorAdapterOptions> options = Options(builder, "Configuration", section, SimulatorAdapterOptions.ConfigurationShape);
        builder.Services.AddKeyedSingleton<IConfigurationFiles>(builder.Name, (provider, _) =>
            new SimulatorConfigurationFiles(options(provider).Endpoint!, options(provider).Paths is { Count: > 0 } paths ? paths : null));
        return builder;
    }

    /// <summary>Sends test messages to the configured SMTP addresses of the nodes and looks for them in the simulated mailbox.</summary>
    public static KsmgBuilder UseSimulatorMailProbe(this KsmgBuilder builder, Uri endpoint) => UseMailProbe(builder, _ => endpoint);

    /// <summary>Sends test messages and looks for them in the simulated mailbox, with the control URL from the configuration; the section is validated at start.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="section">The section, usually <c>Ksmg:MailProbe</c>.</param>
    public static KsmgBuilder UseSimulatorMailProbe(this KsmgBuilder builder, IConfigurationSection section)
    {
        Func<IServiceProvider, SimulatorAdapterOptions> options = Options(builder, "MailProbe", section, SimulatorAdapterOptions.MailProbeShape);
        return UseMailProbe(builder, provider => options(provider).Endpoint!);
    }

    private static KsmgBuilder UseSnapshots(KsmgBuilder builder, Func<IServiceProvider, Uri> endpoint)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddKeyedSingleton<ISnapshotProvider>(builder.Name, (provider, _) => new SimulatorSnapshots(endpoint(provider)));
        return builder;
    }

    private static KsmgBuilder UseMailProbe(KsmgBuilder builder, Func<IServiceProvider, Uri> endpoint)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddKeyedSingleton<IMailProbe>(builder.Name, (provider, _) =>
        {
            KsmgOptions cluster = provider.GetRequiredService<IOptionsMonitor<KsmgOptions>>().Get(builder.Name);
            Dictionary<string, string> smtp = cluster.Nodes.Where(node => node is { Name: not null, Smtp: not null }).ToDictionary(node => node.Name!, node => node.Smtp!, StringComparer.Ordinal);
            return new SimulatorMailProbe(endpoint(provider), smtp, time: provider.GetRequiredService<TimeProvider>());
        });
        return builder;
    }

    private static Func<IServiceProvider, SimulatorAdapterOptions> Options(KsmgBuilder builder, string port, IConfigurationSection section, SectionShape<SimulatorAdapterOptions> shape)
    {
        ArgumentNullException.ThrowIfNull(builder);
        string name = $"{builder.Name}:{port}";
        builder.Services.AddOptionsWithValidateOnStart<SimulatorAdapterOptions>(name)
            .Configure(shape.From(section))
            .Validate(o => o.Endpoint is not null, $"{port}:Endpoint: required; the control URL of the simulator.");
        return provider => provider.GetRequiredService<IOptionsMonitor<SimulatorAdapterOptions>>().Get(name);
    }
}
