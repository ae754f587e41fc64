using Ksmg.Sdk;
using Ksmg.Sdk.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds clusters to the services.</summary>
/// <remarks>
/// <see cref="KsmgCluster"/> is a singleton under the key of its name; the default cluster also without a key. <see cref="KsmgNode"/>,
/// <see cref="NodesClient"/>, <see cref="QueueClient"/>, <see cref="UpdatesClient"/> and <see cref="RoleClient"/> stand under the key of
/// their node's name (of a named cluster: <c>cluster/node</c>); where the default cluster has one node, also without a key. The nodes
/// must be known when the method is called: the options delegate runs then, and again when the cluster is made.
/// </remarks>
public static class KsmgServiceCollectionExtensions
{
    /// <summary>Adds the default cluster.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets the options.</param>
    public static KsmgBuilder AddKsmg(this IServiceCollection services, Action<KsmgOptions> configure) =>
        Add(services, Options.Options.DefaultName, configure);

    /// <summary>Adds a named cluster.</summary>
    /// <param name="services">The services.</param>
    /// <param name="name">The name and key of the cluster.</param>
    /// <param name="configure">Sets the options.</param>
    public static KsmgBuilder AddKsmg(this IServiceCollection services, string name, Action<KsmgOptions> configure)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return Add(services, name, configure);
    }

    /// <summary>Adds the default cluster from the configuration.</summary>
    /// <param name="services">The services.</param>
    /// <param name="section">The section, usually <c>Ksmg</c>.</param>
    public static KsmgBuilder AddKsmg(this IServiceCollection services, IConfigurationSection section)
    {
        ArgumentNullException.ThrowIfNull(section);
        return Add(services, Options.Options.DefaultName, KsmgOptions.Shape.From(section), section);
    }

    /// <summary>Adds a named cluster from the configuration.</summary>
    /// <param name="services">The services.</param>
    /// <param name="name">The name and key of the cluster; a name in the section does not count.</param>
    /// <param name="section">The section.</param>
    public static KsmgBuilder AddKsmg(this IServiceCollection services, string name, IConfigurationSection section)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(section);
        return Add(services, name, KsmgOptions.Shape.From(section), section);
    }

    private static KsmgBuilder Add(IServiceCollection services, string name, Action<KsmgOptions> configure, IConfigurationSection? section = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        bool isDefault = name.Length == 0;
        void Configure(KsmgOptions options)
        {
            try
            {
                configure(options);
            }
            finally
            {
                options.Name = isDefault ? options.Name : name;
            }
        }

        // What is wrong with them is told at the start, with everything else that is.
        KsmgOptions known = new();
        bool isWhole = true;
        try
        {
            Configure(known);
        }
        catch (OptionsValidationException)
        {
            isWhole = false;
        }

        if (RefuseSecond(services, new RegisteredCluster(name, known.Name)))
        {
            return new KsmgBuilder(name, services, known, [], section);
        }

        string[] nodes = [.. (known.Nodes ?? []).Select(n => n?.Name).OfType<string>().Distinct(StringComparer.OrdinalIgnoreCase)];
        services.TryAddSingleton(TimeProvider.System);
        services.AddOptionsWithValidateOnStart<KsmgOptions>(name)
            .Configure(Configure)
            .Validate(
                o => o.Name == known.Name,
                Words.Get("options.name-changed-late"))
            .Validate(
                o => (o.Nodes ?? []).All(n => n is null || n.Name is null || nodes.Contains(n.Name, StringComparer.OrdinalIgnoreCase)),
                Words.Get("options.node-added-late"));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<KsmgOptions>, KsmgOptionsValidator>());
        foreach (string node in nodes)
        {
            AddHttpClient(services, name, known.Name, node);
        }

        services.AddKeyedSingleton(name, (provider, _) => new OwnHttpClients(provider, [.. nodes.Select(n => HttpClientName(known.Name, n))]));
        services.AddKeyedSingleton(name, (provider, _) => CreateCluster(provider, name));
        KsmgCluster Resolve(IServiceProvider provider) => provider.GetRequiredKeyedService<KsmgCluster>(name);
        if (isDefault)
        {
            services.AddSingleton(Resolve);
        }

        // An empty name, which is refused at the start, is the default cluster's own key: it would lead to itself.
        if (isDefault && KsmgOptionsValidator.IsName(known.Name))
        {
            services.AddKeyedSingleton(known.Name, (provider, _) => Resolve(provider));
        }

        foreach (string node in nodes)
        {
            AddClients(services, isDefault ? node : $"{name}/{node}", provider => Resolve(provider)[node]);
        }

        if (!isWhole || nodes.Length == 0)
        {
            // Whoever asks for a node that could not be read is told why, not that there is no such service.
            AddClients(services, KeyedService.AnyKey, provider =>
                throw new InvalidOperationException(Words.Get("options.no-such-node", Resolve(provider).Name)));
        }

        if (isDefault && nodes.Length == 1)
        {
            AddClients(services, key: null, provider => Resolve(provider)[nodes[0]]);
        }

        return new KsmgBuilder(name, services, known, [.. nodes.Select(n => HttpClientName(known.Name, n))], section);
    }

    /// <summary>Whether a cluster of the same name was added before; then neither starts. Keys, runs and people know a cluster by its name.</summary>
    private static bool RefuseSecond(IServiceCollection services, RegisteredCluster cluster)
    {
        RegisteredCluster? first = services.Where(s => s is { IsKeyedService: false, ImplementationInstance: RegisteredCluster })
            .Select(s => (RegisteredCluster)s.ImplementationInstance!)
            .FirstOrDefault(
                c => c.Key.Equals(cluster.Key, StringComparison.OrdinalIgnoreCase) || string.Equals(c.Name, cluster.Name, StringComparison.OrdinalIgnoreCase));
        services.AddSingleton(cluster);
        if (first is null)
        {
            return false;
        }

        string fault = first.Key.Length == 0 && cluster.Key.Length == 0
            ? Words.Get("options.default-twice")
            : Words.Get("options.name-twice", SectionMistakes.Show(cluster.Name ?? string.Empty));
        foreach (string key in new[] { first.Key, cluster.Key }.Distinct())
        {
            services.AddOptionsWithValidateOnStart<KsmgOptions>(key).Validate(_ => false, fault);
        }

        return true;
    }

    private static void AddHttpClient(IServiceCollection services, string optionsName, string cluster, string node) =>
        services.AddHttpClient(HttpClientName(cluster, node))
            .ConfigurePrimaryHttpMessageHandler(provider =>
            {
                KsmgOptions options = provider.GetRequiredService<IOptionsMonitor<KsmgOptions>>().Get(optionsName);
                return NodeHttpHandler.Create(options.Nodes.First(n => string.Equals(n.Name, node, StringComparison.OrdinalIgnoreCase)), options);
            })

            // One handler for the life of the cluster, which renews its connections itself; and no headers in logs: they hold the session.
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
            .RemoveAllLoggers();

    private static KsmgCluster CreateCluster(IServiceProvider provider, string name)
    {
        KsmgOptions options = provider.GetRequiredService<IOptionsMonitor<KsmgOptions>>().Get(name);
        OwnHttpClients clients = provider.GetRequiredKeyedService<OwnHttpClients>(name);
        return new KsmgCluster(
            options,
            node => clients.Create(HttpClientName(options.Name, node.Name!)),
            provider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance,
            provider.GetRequiredService<TimeProvider>());
    }

    private static void AddClients(IServiceCollection services, object? key, Func<IServiceProvider, KsmgNode> node)
    {
        services.AddKeyedSingleton(key, (provider, _) => node(provider));
        services.AddKeyedSingleton(key, (provider, _) => node(provider).Nodes);
        services.AddKeyedSingleton(key, (provider, _) => node(provider).Queue);
        services.AddKeyedSingleton(key, (provider, _) => node(provider).Updates);
        services.AddKeyedSingleton(key, (provider, _) => node(provider).Role);
    }

    private static string HttpClientName(string cluster, string node) => $"ksmg:{cluster}:{node}";
}

/// <summary>A cluster that was added: the name of its options, which is its key too, and the name people know it by.</summary>
internal sealed record RegisteredCluster(string Key, string? Name);
