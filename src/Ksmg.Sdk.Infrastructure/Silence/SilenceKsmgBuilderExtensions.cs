using Ksmg.Sdk;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Configuration;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Keeps the monitoring of a cluster quiet about the node that a run has in hand.</summary>
public static class SilenceKsmgBuilderExtensions
{
    internal static readonly PortKind<IMonitoringSilence, AlertmanagerOptions> Alertmanager =
        new("Alertmanager", (options, context) => new AlertmanagerSilence(options, context.TimeProvider));

    internal static readonly PortKind<IMonitoringSilence, ZabbixOptions> Zabbix =
        new("Zabbix", (options, context) => new ZabbixSilence(options, context.TimeProvider));

    /// <summary>Uses silences of Alertmanager; the options are validated at start.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="configure">Sets the options.</param>
    public static KsmgBuilder UseAlertmanagerSilence(this KsmgBuilder builder, Action<AlertmanagerOptions> configure) =>
        Alertmanager.Use(builder, configure);

    /// <summary>Uses silences of Alertmanager, with options from the configuration.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="section">The section, usually <c>Ksmg:Silence</c>.</param>
    public static KsmgBuilder UseAlertmanagerSilence(this KsmgBuilder builder, IConfigurationSection section) => Alertmanager.Use(builder, section);

    /// <summary>Uses maintenances of Zabbix; the options are validated at start.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="configure">Sets the options.</param>
    public static KsmgBuilder UseZabbixSilence(this KsmgBuilder builder, Action<ZabbixOptions> configure) => Zabbix.Use(builder, configure);

    /// <summary>Uses maintenances of Zabbix, with options from the configuration.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="section">The section, usually <c>Ksmg:Silence</c>.</param>
    public static KsmgBuilder UseZabbixSilence(this KsmgBuilder builder, IConfigurationSection section) => Zabbix.Use(builder, section);
}
