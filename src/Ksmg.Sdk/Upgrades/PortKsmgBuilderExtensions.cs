using System.Diagnostics.CodeAnalysis;
using Ksmg.Sdk;
using Ksmg.Sdk.Upgrades;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Puts adapters of your own beside a cluster. Of each port the last one that was added counts, but of
/// <see cref="INotifier"/>, <see cref="IUpgradeHook"/> and <see cref="IUpgradeGate"/> all do.</summary>
public static class PortKsmgBuilderExtensions
{
    private const DynamicallyAccessedMemberTypes Constructors = DynamicallyAccessedMemberTypes.PublicConstructors;

    /// <summary>
    /// Makes a kind of adapter known: where the cluster's section names it, its options are read, checked and handed to
    /// <paramref name="create"/>. Every public property of the options is a setting; what is misspelt, has no unit or lies outside of its
    /// bounds is refused at the start. Bounds stand on the properties (<see cref="TimeBoundsAttribute"/>, <see cref="PerNodeAttribute"/>,
    /// <see cref="FilePathAttribute"/> and those of <c>System.ComponentModel.DataAnnotations</c>), other rules in <see cref="IAdapterOptions"/>.
    /// </summary>
    /// <typeparam name="TPort">The port, such as <see cref="ILoadBalancer"/>.</typeparam>
    /// <typeparam name="TOptions">The options.</typeparam>
    /// <param name="builder">The cluster.</param>
    /// <param name="kind">What stands as <c>Kind</c> in the section of the port. It goes before a shipped kind of the same name.</param>
    /// <param name="create">Makes the adapter, once, when it is first needed.</param>
    /// <exception cref="ArgumentException"><typeparamref name="TPort"/> is no port.</exception>
    public static KsmgBuilder AddPort<TPort, [DynamicallyAccessedMembers(PortKind.Members)] TOptions>(
        this KsmgBuilder builder, string kind, Func<TOptions, PortContext, TPort> create)
        where TPort : class
        where TOptions : class
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(kind);
        ArgumentNullException.ThrowIfNull(create);
        builder.Kinds.Add(new PortKind<TPort, TOptions>(kind, create));
        return builder;
    }

    /// <summary>Uses a load balancer of your own, made by its constructor from the services.</summary>
    public static KsmgBuilder UseLoadBalancer<[DynamicallyAccessedMembers(Constructors)] T>(this KsmgBuilder builder)
        where T : class, ILoadBalancer => Add<ILoadBalancer, T>(builder);

    /// <summary>Uses snapshots of your own, made by the constructor from the services.</summary>
    public static KsmgBuilder UseSnapshots<[DynamicallyAccessedMembers(Constructors)] T>(this KsmgBuilder builder)
        where T : class, ISnapshotProvider => Add<ISnapshotProvider, T>(builder);

    /// <summary>Uses an access to configuration files of your own, made by its constructor from the services.</summary>
    public static KsmgBuilder UseConfigurationFiles<[DynamicallyAccessedMembers(Constructors)] T>(this KsmgBuilder builder)
        where T : class, IConfigurationFiles => Add<IConfigurationFiles, T>(builder);

    /// <summary>Uses test messages of your own, made by the constructor from the services.</summary>
    public static KsmgBuilder UseMailProbe<[DynamicallyAccessedMembers(Constructors)] T>(this KsmgBuilder builder)
        where T : class, IMailProbe => Add<IMailProbe, T>(builder);

    /// <summary>Uses evidence of builds of your own, made by its constructor from the services.</summary>
    public static KsmgBuilder UseBuildEvidence<[DynamicallyAccessedMembers(Constructors)] T>(this KsmgBuilder builder)
        where T : class, IBuildEvidence => Add<IBuildEvidence, T>(builder);

    /// <summary>Uses a monitoring of your own, which is kept quiet about the node in hand; made by its constructor from the services.</summary>
    public static KsmgBuilder UseMonitoringSilence<[DynamicallyAccessedMembers(Constructors)] T>(this KsmgBuilder builder)
        where T : class, IMonitoringSilence => Add<IMonitoringSilence, T>(builder);

    /// <summary>Tells people in a way of your own, beside other notifiers; made by its constructor from the services.</summary>
    public static KsmgBuilder AddNotifier<[DynamicallyAccessedMembers(Constructors)] T>(this KsmgBuilder builder)
        where T : class, INotifier => Add<INotifier, T>(builder);

    /// <summary>
    /// Does something of your own around the work of a run, after the hooks that were added before; made by its constructor from the services.
    /// </summary>
    public static KsmgBuilder AddHook<[DynamicallyAccessedMembers(Constructors)] T>(this KsmgBuilder builder)
        where T : class, IUpgradeHook => Add<IUpgradeHook, T>(builder);

    /// <summary>Asks a gate of your own before each node, beside other gates; made by its constructor from the services.</summary>
    public static KsmgBuilder AddGate<[DynamicallyAccessedMembers(Constructors)] T>(this KsmgBuilder builder)
        where T : class, IUpgradeGate => Add<IUpgradeGate, T>(builder);

    private static KsmgBuilder Add<TPort, [DynamicallyAccessedMembers(Constructors)] T>(KsmgBuilder builder)
        where TPort : class
        where T : class, TPort
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddKeyedSingleton<TPort, T>(builder.Name);
        return builder;
    }
}
