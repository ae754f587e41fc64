using Ksmg.Sdk;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Puts HAProxy in front of a cluster.</summary>
public static class HaProxyKsmgBuilderExtensions
{
    /// <summary>Uses HAProxy as the cluster's load balancer; its options are validated at start.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="configure">Sets the options.</param>
    public static KsmgBuilder UseHaProxy(this KsmgBuilder builder, Action<HaProxyOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<HaProxyOptions>, HaProxyOptionsValidator>());
        builder.Services.AddOptionsWithValidateOnStart<HaProxyOptions>(builder.Name)
            .Configure(configure)
            .ValidateNodes(builder, "LoadBalancer: Servers", o => o.Servers.Keys);
        builder.Services.AddKeyedSingleton<ILoadBalancer>(builder.Name, (provider, _) => new HaProxyLoadBalancer(
            provider.GetRequiredService<IOptionsMonitor<HaProxyOptions>>().Get(builder.Name),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredKeyedService<KsmgCluster>(builder.Name)));
        return builder;
    }

    /// <summary>Uses HAProxy as the cluster's load balancer, with options from the configuration.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="section">The section, usually <c>Ksmg:LoadBalancer</c>.</param>
    public static KsmgBuilder UseHaProxy(this KsmgBuilder builder, IConfigurationSection section)
    {
        ArgumentNullException.ThrowIfNull(section);
        return builder.UseHaProxy(HaProxyOptions.Shape.From(section));
    }
}
