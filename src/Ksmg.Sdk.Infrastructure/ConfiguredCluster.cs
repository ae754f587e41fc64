using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>
/// A cluster with all that its section says, for programs without a service collection: its nodes, its upgrades, its neighbours. A program
/// that has one writes <c>AddKsmg(section).AddConfiguredUpgrade()</c> instead; both read the same. Dispose of it when it is not needed any more.
/// </summary>
public sealed class ConfiguredCluster : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly string _name;

    private ConfiguredCluster(ServiceProvider services, string name)
    {
        _services = services;
        _name = name;
    }

    /// <summary>The nodes.</summary>
    public KsmgCluster Cluster => _services.GetRequiredKeyedService<KsmgCluster>(_name);

    /// <summary>Plans, starts and resumes its upgrades.</summary>
    public RollingUpgradeOrchestrator Orchestrator => _services.GetRequiredKeyedService<RollingUpgradeOrchestrator>(_name);

    /// <summary>Where its runs are kept.</summary>
    public UpgradeJournal Journal => _services.GetRequiredKeyedService<UpgradeJournal>(_name);

    /// <summary>Its neighbours.</summary>
    public UpgradePorts Ports => _services.GetRequiredKeyedService<UpgradePorts>(_name);

    /// <summary>Its options as read.</summary>
    public KsmgOptions Options => _services.GetRequiredService<IOptionsMonitor<KsmgOptions>>().Get(_name);

    /// <summary>Makes a cluster of its section, and refuses every mistake in it at once.</summary>
    /// <param name="section">The section, such as <see cref="ClusterFile.Section"/>.</param>
    /// <param name="configure">
    /// What the section cannot say: kinds of adapters of your own (<c>AddPort</c>), then <c>AddConfiguredUpgrade</c>, then what goes before
    /// the section (<c>UseLoadBalancer</c>). Default: <c>AddConfiguredUpgrade()</c> alone.
    /// </param>
    /// <param name="loggers">Where to log; nowhere when absent.</param>
    /// <param name="time">The clock; the system's when absent.</param>
    /// <exception cref="OptionsValidationException">
    /// The section cannot be used; <see cref="OptionsValidationException.Failures"/> holds every mistake.
    /// </exception>
    public static ConfiguredCluster Create(
        IConfigurationSection section, Action<KsmgBuilder>? configure = null, ILoggerFactory? loggers = null, TimeProvider? time = null)
    {
        ServiceCollection services = new();
        if (loggers is not null)
        {
            services.AddSingleton(loggers);
        }

        services.AddSingleton(time ?? TimeProvider.System);
        KsmgBuilder builder = services.AddKsmg(section);
        (configure ?? (b => b.AddConfiguredUpgrade()))(builder);
        ServiceProvider provider = services.BuildServiceProvider();
        string[] mistakes = [.. Validate(provider).Distinct(StringComparer.Ordinal)];
        if (mistakes.Length == 0)
        {
            return new ConfiguredCluster(provider, builder.Name);
        }

        provider.Dispose();
        throw new OptionsValidationException(builder.Name, typeof(KsmgOptions), mistakes);
    }

    /// <summary>Closes the connections, and ends what adapters have open.</summary>
    public ValueTask DisposeAsync() => _services.DisposeAsync();

    /// <summary>What a host would be told at its start: every mistake of every part.</summary>
    private static IEnumerable<string> Validate(ServiceProvider provider)
    {
        try
        {
            provider.GetRequiredService<IStartupValidator>().Validate();
            return [];
        }
        catch (OptionsValidationException e)
        {
            return e.Failures;
        }
        catch (AggregateException e)
        {
            return e.Flatten().InnerExceptions.OfType<OptionsValidationException>().SelectMany(inner => inner.Failures);
        }
    }
}
