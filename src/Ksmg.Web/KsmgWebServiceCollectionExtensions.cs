using Ksmg.Web;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the live page.</summary>
public static class KsmgWebServiceCollectionExtensions
{
    /// <summary>
    /// Adds what the live page needs; <c>app.MapKsmg()</c> then maps it. It shows every cluster that was added with <c>AddKsmg</c> and can be
    /// upgraded, and those that <see cref="KsmgWebOptions.Show"/> names.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Says who may see it.</param>
    public static IServiceCollection AddKsmgWeb(this IServiceCollection services, Action<KsmgWebOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton(TimeProvider.System);
        services.AddOptionsWithValidateOnStart<KsmgWebOptions>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<Options.IValidateOptions<KsmgWebOptions>, KsmgWebOptionsValidator>());
        if (configure is not null)
        {
            services.Configure(configure);
        }

        services.TryAddSingleton<Gatekeeper>();
        services.TryAddSingleton<WebClusters>();
        services.TryAddSingleton<RunStreams>();
        services.AddHostedService<RunSampler>();
        return services;
    }
}
