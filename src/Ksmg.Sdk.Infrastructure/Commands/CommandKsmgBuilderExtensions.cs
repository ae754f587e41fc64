using Ksmg.Sdk;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Configuration;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Puts programs of the user's around a cluster.</summary>
public static class CommandKsmgBuilderExtensions
{
    internal static readonly PortKind<ILoadBalancer, CommandOptions> LoadBalancer =
        new("Command", (options, context) => new CommandLoadBalancer(options, context.TimeProvider));

    internal static readonly PortKind<ISnapshotProvider, CommandOptions> Snapshots =
        new("Command", (options, context) => new CommandSnapshotProvider(options, context.TimeProvider));

    internal static readonly PortKind<IMailProbe, CommandOptions> MailProbe =
        new("Command", (options, context) => new CommandMailProbe(options, context.TimeProvider));

    internal static readonly PortKind<IMonitoringSilence, CommandOptions> Silence =
        new("Command", (options, context) => new CommandSilence(options, context.TimeProvider));

    internal static readonly PortKind<INotifier, CommandOptions> Notifier =
        new("Command", (options, context) => new CommandNotifier(options, context.TimeProvider));

    internal static readonly PortKind<IUpgradeHook, CommandHookOptions> Hook =
        new("Command", (options, context) => new CommandHook(options, context.TimeProvider));

    internal static readonly PortKind<IUpgradeGate, CommandGateOptions> Gate =
        new("Command", (options, context) => new CommandGate(options, context.TimeProvider));

    /// <summary>Uses a program as the cluster's load balancer; the options are validated at start.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="configure">Sets the options.</param>
    public static KsmgBuilder UseCommandLoadBalancer(this KsmgBuilder builder, Action<CommandOptions> configure) => LoadBalancer.Use(builder, configure);

    /// <summary>Uses a program as the cluster's load balancer, with options from the configuration.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="section">The section, usually <c>Ksmg:LoadBalancer</c>.</param>
    public static KsmgBuilder UseCommandLoadBalancer(this KsmgBuilder builder, IConfigurationSection section) => LoadBalancer.Use(builder, section);

    /// <summary>Uses a program for the snapshots of the cluster's nodes; the options are validated at start.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="configure">Sets the options.</param>
    public static KsmgBuilder UseCommandSnapshots(this KsmgBuilder builder, Action<CommandOptions> configure) => Snapshots.Use(builder, configure);

    /// <summary>Uses a program for the snapshots of the cluster's nodes, with options from the configuration.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="section">The section, usually <c>Ksmg:Snapshots</c>.</param>
    public static KsmgBuilder UseCommandSnapshots(this KsmgBuilder builder, IConfigurationSection section) => Snapshots.Use(builder, section);

    /// <summary>Uses a program for test messages; the options are validated at start.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="configure">Sets the options.</param>
    public static KsmgBuilder UseCommandMailProbe(this KsmgBuilder builder, Action<CommandOptions> configure) => MailProbe.Use(builder, configure);

    /// <summary>Uses a program for test messages, with options from the configuration.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="section">The section, usually <c>Ksmg:MailProbe</c>.</param>
    public static KsmgBuilder UseCommandMailProbe(this KsmgBuilder builder, IConfigurationSection section) => MailProbe.Use(builder, section);

    /// <summary>Keeps the monitoring quiet through a program; the options are validated at start.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="configure">Sets the options.</param>
    public static KsmgBuilder UseCommandSilence(this KsmgBuilder builder, Action<CommandOptions> configure) => Silence.Use(builder, configure);

    /// <summary>Keeps the monitoring quiet through a program, with options from the configuration.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="section">The section, usually <c>Ksmg:Silence</c>.</param>
    public static KsmgBuilder UseCommandSilence(this KsmgBuilder builder, IConfigurationSection section) => Silence.Use(builder, section);

    /// <summary>Tells people through a program; may be used several times, beside other notifiers; the options are validated at start.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="configure">Sets the options.</param>
    public static KsmgBuilder AddCommandNotifier(this KsmgBuilder builder, Action<CommandOptions> configure) => Notifier.Use(builder, configure);

    /// <summary>Tells people through a program; may be used several times, beside other notifiers, with options from the configuration.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="section">The section, such as <c>Ksmg:Notifications:0</c>.</param>
    public static KsmgBuilder AddCommandNotifier(this KsmgBuilder builder, IConfigurationSection section) => Notifier.Use(builder, section);

    /// <summary>Calls a program around the work of a run, after the hooks that were added before; the options are validated at start.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="configure">Sets the options.</param>
    public static KsmgBuilder AddCommandHook(this KsmgBuilder builder, Action<CommandHookOptions> configure) => Hook.Use(builder, configure);

    /// <summary>Calls a program around the work of a run, after the hooks that were added before, with options from the configuration.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="section">The section, such as <c>Ksmg:Hooks:0</c>.</param>
    public static KsmgBuilder AddCommandHook(this KsmgBuilder builder, IConfigurationSection section) => Hook.Use(builder, section);

    /// <summary>Asks a program before each node, beside other gates; the options are validated at start.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="configure">Sets the options.</param>
    public static KsmgBuilder AddCommandGate(this KsmgBuilder builder, Action<CommandGateOptions> configure) => Gate.Use(builder, configure);

    /// <summary>Asks a program before each node, beside other gates, with options from the configuration.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="section">The section, such as <c>Ksmg:Gates:0</c>.</param>
    public static KsmgBuilder AddCommandGate(this KsmgBuilder builder, IConfigurationSection section) => Gate.Use(builder, section);
}
