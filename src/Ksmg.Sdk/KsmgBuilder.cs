using System.Globalization;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk;

/// <summary>What <c>AddKsmg</c> returns; further packages hang their extension methods on it.</summary>
public sealed class KsmgBuilder
{
    private readonly IReadOnlyList<string> _httpClientNames;
    private readonly KsmgOptions _known;
    private readonly Dictionary<Type, int> _options = [];

    internal KsmgBuilder(string name, IServiceCollection services, KsmgOptions known, IReadOnlyList<string> httpClientNames, IConfigurationSection? section)
    {
        _known = known;
        Section = section;
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

    /// <summary>The section that the cluster was read from, if it was.</summary>
    internal IConfigurationSection? Section { get; }

    /// <summary>The kinds of adapters that were added, for whoever reads <see cref="Section"/>.</summary>
    internal List<PortKind> Kinds { get; } = [];

    /// <summary>The name of further options of a type: the cluster's own for the first, since there is one of most.</summary>
    internal string NewOptionsName(Type options)
    {
        int count = _options[options] = _options.GetValueOrDefault(options) + 1;
        return count == 1 ? Name : string.Create(CultureInfo.InvariantCulture, $"{Name}:{count}");
    }

    /// <summary>
    /// The options of the cluster for the rules of its neighbours. Where they are not valid, as they were when the cluster was added: the
    /// mistakes of a neighbour are told beside those of the cluster, not after them.
    /// </summary>
    internal KsmgOptions OptionsOf(IOptionsMonitor<KsmgOptions> monitor)
    {
        try
        {
            return monitor.Get(Name);
        }
        catch (OptionsValidationException)
        {
            return _known;
        }
    }

    /// <summary>
    /// Configures the HTTP client of every node of the cluster, and nothing else does: what the host says of all clients
    /// (<c>ConfigureHttpClientDefaults</c>) does not reach them, since a retry or a hedge below the SDK would send again what must never
    /// be sent again. What is added here holds for every call; a handler that repeats calls also repeats those that act.
    /// </summary>
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
