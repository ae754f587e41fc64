using Ksmg.Sdk;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Configuration;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Takes snapshots of a cluster's nodes through libvirt.</summary>
public static class LibvirtKsmgBuilderExtensions
{
    internal static readonly PortKind<ISnapshotProvider, LibvirtOptions> Kind =
        new("Libvirt", (options, context) => new LibvirtSnapshotProvider(options, context.TimeProvider));

    /// <summary>Uses libvirt for the snapshots; the options are validated at start.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="configure">Sets the options.</param>
    public static KsmgBuilder UseLibvirtSnapshots(this KsmgBuilder builder, Action<LibvirtOptions> configure) => Kind.Use(builder, configure);

    /// <summary>Uses libvirt for the snapshots, with options from the configuration.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="section">The section, usually <c>Ksmg:Snapshots</c>.</param>
    public static KsmgBuilder UseLibvirtSnapshots(this KsmgBuilder builder, IConfigurationSection section) => Kind.Use(builder, section);
}
