using Ksmg.Sdk;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Configuration;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Hooks and gates that are web addresses. Each call adds another one.</summary>
public static class HttpPortKsmgBuilderExtensions
{
    internal static readonly PortKind<IUpgradeHook, HttpHookOptions> Hook = new("Http", (options, context) => new HttpHook(options, context.TimeProvider));

    internal static readonly PortKind<IUpgradeGate, HttpGateOptions> Gate = new("Http", (options, context) => new HttpGate(options, context.TimeProvider));

    internal static readonly PortKind<IUpgradeGate, PrometheusGateOptions> Prometheus =
        new("Prometheus", (options, context) => new PrometheusGate(options, context.TimeProvider));

    /// <summary>Posts to a web address around the work of a run, after the hooks that were added before; the options are validated at start.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="configure">Sets the options.</param>
    public static KsmgBuilder AddHttpHook(this KsmgBuilder builder, Action<HttpHookOptions> configure) => Hook.Use(builder, configure);

    /// <summary>Posts to a web address around the work of a run, after the hooks that were added before, with options from the configuration.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="section">The section, such as <c>Ksmg:Hooks:0</c>.</param>
    public static KsmgBuilder AddHttpHook(this KsmgBuilder builder, IConfigurationSection section) => Hook.Use(builder, section);

    /// <summary>Asks a web address before each node; the options are validated at start.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="configure">Sets the options.</param>
    public static KsmgBuilder AddHttpGate(this KsmgBuilder builder, Action<HttpGateOptions> configure) => Gate.Use(builder, configure);

    /// <summary>Asks a web address before each node, with options from the configuration.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="section">The section, such as <c>Ksmg:Gates:0</c>.</param>
    public static KsmgBuilder AddHttpGate(this KsmgBuilder builder, IConfigurationSection section) => Gate.Use(builder, section);

    /// <summary>Asks Prometheus before each node; the options are validated at start.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="configure">Sets the options.</param>
    public static KsmgBuilder AddPrometheusGate(this KsmgBuilder builder, Action<PrometheusGateOptions> configure) => Prometheus.Use(builder, configure);

    /// <summary>Asks Prometheus before each node, with options from the configuration.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="section">The section, such as <c>Ksmg:Gates:0</c>.</param>
    public static KsmgBuilder AddPrometheusGate(this KsmgBuilder builder, IConfigurationSection section) => Prometheus.Use(builder, section);
}
