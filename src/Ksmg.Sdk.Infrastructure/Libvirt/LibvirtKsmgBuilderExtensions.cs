using Ksmg.Sdk;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Takes snapshots of a cluster's nodes through libvirt.</summary>
public static class LibvirtKsmgBuilderExtensions
{
    /// <summary>Uses libvirt for the snapshots; its options are validated at start.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="configure">Sets the options.</param>
    public static KsmgBuilder UseLibvirtSnapshots(this KsmgBuilder builder, Action<LibvirtOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<LibvirtOptions>, LibvirtOptionsValidator>());
        builder.Services.AddOptionsWithValidateOnStart<LibvirtOptions>(builder.Name)
            .Configure(configure)
            .ValidateNodes(builder, "Snapshots: Domains", o => o.Domains.Keys);
        builder.Services.AddKeyedSingleton<ISnapshotProvider>(builder.Name, (provider, _) => new LibvirtSnapshotProvider(
            provider.GetRequiredService<IOptionsMonitor<LibvirtOptions>>().Get(builder.Name),
            provider.GetRequiredService<TimeProvider>()));
        return builder;
    }

    /// <summary>Uses libvirt for the snapshots, with options from the configuration.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="section">The section, usually <c>Ksmg:Snapshots</c>.</param>
    public static KsmgBuilder UseLibvirtSnapshots(this KsmgBuilder builder, IConfigurationSection section)
    {
        ArgumentNullException.ThrowIfNull(section);
        return builder.UseLibvirtSnapshots(LibvirtOptions.Shape.From(section));
    }
}
