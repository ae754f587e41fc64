using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>The services of a cluster <c>eu</c> with a node <c>gw1</c>, and adapters that read their sections.</summary>
internal static class AdapterServices
{
    /// <summary>One adapter, whose section has these settings.</summary>
    public static ServiceProvider Of(
        string section,
        IReadOnlyDictionary<string, string?> settings,
        Func<KsmgBuilder, IConfigurationSection, KsmgBuilder> use,
        Action<KsmgOptions>? cluster = null,
        string? smtp = null) => Of(
        settings.ToDictionary(s => $"{section}:{s.Key}", s => s.Value), (ksmg, configuration) => use(ksmg, configuration.GetSection(section)), cluster, smtp);

    /// <param name="settings">The whole configuration.</param>
    /// <param name="use">Adds the adapters.</param>
    /// <param name="cluster">What else is to be said of the cluster.</param>
    /// <param name="smtp">Where gw1 takes mail.</param>
    public static ServiceProvider Of(
        IReadOnlyDictionary<string, string?> settings,
        Func<KsmgBuilder, IConfiguration, KsmgBuilder> use,
        Action<KsmgOptions>? cluster = null,
        string? smtp = null)
    {
        ServiceCollection services = new();
        KsmgBuilder ksmg = services.AddKsmg("eu", o =>
        {
            o.Nodes.Add("gw1", new Uri("https://127.0.0.1:1"), ServerTrust.System, smtp);
            o.Credentials = new KsmgCredentials("Administrator", _ => new("secret"));
            cluster?.Invoke(o);
        });
        use(ksmg, new ConfigurationBuilder().AddInMemoryCollection(settings).Build());
        return services.BuildServiceProvider();
    }
}
