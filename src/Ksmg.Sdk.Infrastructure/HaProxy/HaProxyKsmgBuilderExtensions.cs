using Ksmg.Sdk;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Configuration;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Puts HAProxy in front of a cluster.</summary>
public static class HaProxyKsmgBuilderExtensions
{
    internal static readonly PortKind<ILoadBalancer, HaProxyOptions> Kind =
        new("HaProxy", (options, context) => new HaProxyLoadBalancer(options, context.TimeProvider, context.Cluster));

    /// <summary>Uses HAProxy as the cluster's load balancer; the options are validated at start.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="configure">Sets the options.</param>
    public static KsmgBuilder UseHaProxy(this KsmgBuilder builder, Action<HaProxyOptions> configure) => Kind.Use(builder, configure);

    /// <summary>Uses HAProxy as the cluster's load balancer, with options from the configuration.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="section">The section, usually <c>Ksmg:LoadBalancer</c>.</param>
    public static KsmgBuilder UseHaProxy(this KsmgBuilder builder, IConfigurationSection section) => Kind.Use(builder, section);
}
