using Ksmg.Sdk;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Reaches the configuration files of a cluster's nodes by SSH.</summary>
public static class SshKsmgBuilderExtensions
{
    /// <summary>Uses SSH for the configuration files; the options are validated at start.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="configure">Sets the options.</param>
    public static KsmgBuilder UseSshConfiguration(this KsmgBuilder builder, Action<SshConfigurationOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<SshConfigurationOptions>, SshConfigurationOptionsValidator>());
        builder.Services.AddOptionsWithValidateOnStart<SshConfigurationOptions>(builder.Name)
            .Configure(configure)
            .ValidateNodes(builder, "Configuration: Hosts", o => o.Hosts.Keys)
            .PostConfigure<IOptionsMonitor<KsmgOptions>>((o, clusters) =>
            {
                KsmgOptions cluster = builder.OptionsOf(clusters);
                o.Anchor(cluster);
                foreach (KsmgNodeOptions node in cluster.Nodes.Where(n => n is { Name: not null, Address: not null }))
                {
                    o.Hosts.TryAdd(node.Name!, node.Address!.Host);
                }
            });
        builder.Services.AddKeyedSingleton<IConfigurationFiles>(builder.Name, (provider, _) => new SshConfigurationFiles(
            provider.GetRequiredService<IOptionsMonitor<SshConfigurationOptions>>().Get(builder.Name),
            provider.GetRequiredService<TimeProvider>()));
        return builder;
    }

    /// <summary>Uses SSH for the configuration files, with options from the configuration.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="section">The section, usually <c>Ksmg:Configuration</c>.</param>
    public static KsmgBuilder UseSshConfiguration(this KsmgBuilder builder, IConfigurationSection section)
    {
        ArgumentNullException.ThrowIfNull(section);
        return builder.UseSshConfiguration(SshConfigurationOptions.Shape.From(section));
    }
}
