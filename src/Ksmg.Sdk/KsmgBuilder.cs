using Microsoft.Extensions.DependencyInjection;

namespace Ksmg.Sdk;

/// <summary>What <c>AddKsmg</c> returns; further packages hang their extension methods on it.</summary>
public sealed class KsmgBuilder
{
    private readonly IReadOnlyList<string> _httpClientNames;

    internal KsmgBuilder(string name, IServiceCollection services, IReadOnlyList<string> httpClientNames)
    {
        Name = name;
        Services = services;
        _httpClientNames = httpClientNames;
    }

    /// <summary>
    /// The name of the cluster's options and the key of its <see cref="KsmgCluster"/>: the name given to <c>AddKsmg</c>, or the empty
    /// name of the default cluster.
    /// </summary>
    public string Name { get; }

    /// <summary>The services.</summary>
    public IServiceCollection Services { get; }

    /// <summary>Configures the HTTP client of every node of the cluster.</summary>
    /// <param name="configure">Called once per node.</param>
    public KsmgBuilder ConfigureHttpClient(Action<IHttpClientBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        foreach (string name in _httpClientNames)
        {
            configure(Services.AddHttpClient(name));
        }

        return this;
    }
}
