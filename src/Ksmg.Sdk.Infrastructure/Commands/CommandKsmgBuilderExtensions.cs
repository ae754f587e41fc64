using Ksmg.Sdk;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Puts programs of the user's around a cluster; their options are validated at start.</summary>
public static class CommandKsmgBuilderExtensions
{
    /// <summary>Uses a program as the cluster's load balancer.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="configure">Sets the options.</param>
    public static KsmgBuilder UseCommandLoadBalancer(this KsmgBuilder builder, Action<CommandOptions> configure) =>
        Use<ILoadBalancer>(builder, CommandLoadBalancer.Port, configure, (options, time) => new CommandLoadBalancer(options, time));

    /// <summary>Uses a program as the cluster's load balancer, with options from the configuration.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="section">The section, usually <c>Ksmg:LoadBalancer</c>.</param>
    public static KsmgBuilder UseCommandLoadBalancer(this KsmgBuilder builder, IConfigurationSection section)
    {
        ArgumentNullException.ThrowIfNull(section);
        return builder.UseCommandLoadBalancer(CommandOptions.Shape.From(section));
    }

    /// <summary>Uses a program for the snapshots of the cluster's nodes.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="configure">Sets the options.</param>
    public static KsmgBuilder UseCommandSnapshots(this KsmgBuilder builder, Action<CommandOptions> configure) =>
        Use<ISnapshotProvider>(builder, CommandSnapshotProvider.Port, configure, (options, time) => new CommandSnapshotProvider(options, time));

    /// <summary>Uses a program for the snapshots of the cluster's nodes, with options from the configuration.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="section">The section, usually <c>Ksmg:Snapshots</c>.</param>
    public static KsmgBuilder UseCommandSnapshots(this KsmgBuilder builder, IConfigurationSection section)
    {
        ArgumentNullException.ThrowIfNull(section);
        return builder.UseCommandSnapshots(CommandOptions.Shape.From(section));
    }

    /// <summary>Uses a program for test messages.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="configure">Sets the options.</param>
    public static KsmgBuilder UseCommandMailProbe(this KsmgBuilder builder, Action<CommandOptions> configure) =>
        Use<IMailProbe>(builder, CommandMailProbe.Port, configure, (options, time) => new CommandMailProbe(options, time));

    /// <summary>Uses a program for test messages, with options from the configuration.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="section">The section, usually <c>Ksmg:MailProbe</c>.</param>
    public static KsmgBuilder UseCommandMailProbe(this KsmgBuilder builder, IConfigurationSection section)
    {
        ArgumentNullException.ThrowIfNull(section);
        return builder.UseCommandMailProbe(CommandOptions.Shape.From(section));
    }

    /// <summary>Tells people through a program; may be used several times, beside other notifiers.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="configure">Sets the options.</param>
    public static KsmgBuilder AddCommandNotifier(this KsmgBuilder builder, Action<CommandOptions> configure) =>
        Use<INotifier>(builder, CommandNotifier.Port, configure, (options, time) => new CommandNotifier(options, time));

    /// <summary>Tells people through a program, with options from the configuration; may be used several times.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="section">The section.</param>
    public static KsmgBuilder AddCommandNotifier(this KsmgBuilder builder, IConfigurationSection section)
    {
        ArgumentNullException.ThrowIfNull(section);
        return builder.AddCommandNotifier(CommandOptions.Shape.From(section));
    }

    private static KsmgBuilder Use<TPort>(KsmgBuilder builder, string port, Action<CommandOptions> configure, Func<CommandOptions, TimeProvider, TPort> create)
        where TPort : class
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);

        // One class of options for four ports, and for any number of notifiers: the name keeps them apart.
        string name = $"{builder.Name}:{builder.Services.Count}:{port}";
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<CommandOptions>, CommandOptionsValidator>());
        builder.Services.AddOptionsWithValidateOnStart<CommandOptions>(name).Configure(configure);
        builder.Services.AddKeyedSingleton(builder.Name, (provider, _) => create(
            provider.GetRequiredService<IOptionsMonitor<CommandOptions>>().Get(name), provider.GetRequiredService<TimeProvider>()));
        return builder;
    }
}
