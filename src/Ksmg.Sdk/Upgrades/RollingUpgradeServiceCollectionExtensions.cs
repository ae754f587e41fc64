using Ksmg.Sdk;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers rolling upgrades of a cluster.</summary>
public static class RollingUpgradeServiceCollectionExtensions
{
    /// <summary>
    /// Adds a <see cref="RollingUpgradeOrchestrator"/> for the cluster: keyed by its name, and unkeyed for the default cluster. Its
    /// neighbours (<see cref="ILoadBalancer"/>, <see cref="ISnapshotProvider"/>, <see cref="IConfigurationFiles"/>,
    /// <see cref="IMailProbe"/>, <see cref="IBuildEvidence"/>, <see cref="IUpgradeHook"/>, <see cref="IUpgradeGate"/>,
    /// <see cref="IMonitoringSilence"/>, <see cref="INotifier"/>) are the services keyed by the same name.
    /// </summary>
    public static KsmgBuilder AddRollingUpgrade(this KsmgBuilder builder, Action<RollingUpgradeOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        string name = builder.Name;
        RollingUpgradeOptions options = new();
        configure?.Invoke(options);
        builder.Services.AddOptionsWithValidateOnStart<RollingUpgradeOptions>(name).Configure(_ => options.Mistakes.ThrowIfAny(typeof(RollingUpgradeOptions)));
        builder.Services.AddOptionsWithValidateOnStart<KsmgOptions>(name);
        builder.Services.AddSingleton<IValidateOptions<KsmgOptions>>(
            provider => new RequestLimitValidator(name, () => provider.GetRequiredKeyedService<UpgradeJournal>(name).LongestRequestLimit));
        builder.Services.AddKeyedSingleton(name, (provider, _) => options.Journal(provider));
        builder.Services.AddKeyedSingleton(name, (provider, _) => new UpgradePorts
        {
            LoadBalancer = provider.GetKeyedService<ILoadBalancer>(name),
            Snapshots = provider.GetKeyedService<ISnapshotProvider>(name),
            Configuration = provider.GetKeyedService<IConfigurationFiles>(name),
            MailProbe = provider.GetKeyedService<IMailProbe>(name),
            BuildEvidence = provider.GetKeyedService<IBuildEvidence>(name),
            Hooks = [.. provider.GetKeyedServices<IUpgradeHook>(name)],
            Gates = [.. provider.GetKeyedServices<IUpgradeGate>(name)],
            Silence = provider.GetKeyedService<IMonitoringSilence>(name),
            Notifiers = [.. provider.GetKeyedServices<INotifier>(name)],
        });
        builder.Services.AddKeyedSingleton(name, (provider, _) =>
        {
            // Where no host starts the services, the mistakes are told here.
            _ = provider.GetRequiredService<IOptionsMonitor<RollingUpgradeOptions>>().Get(name);
            return RollingUpgradeOrchestrator.Create(
                provider.GetRequiredKeyedService<KsmgCluster>(name),
                provider.GetRequiredKeyedService<UpgradeJournal>(name),
                provider.GetRequiredKeyedService<UpgradePorts>(name),
                options.Policy.ToPolicy(),
                provider.GetService<ILoggerFactory>(),
                provider.GetService<TimeProvider>());
        });
        if (name.Length == 0)
        {
            builder.Services.AddSingleton(provider => provider.GetRequiredKeyedService<RollingUpgradeOrchestrator>(name));
            builder.Services.AddSingleton(provider => provider.GetRequiredKeyedService<UpgradeJournal>(name));
        }

        return builder;
    }

    /// <summary>No call may outlast the lease of the journal that the runs are in.</summary>
    private sealed class RequestLimitValidator(string cluster, Func<TimeSpan> longest) : IValidateOptions<KsmgOptions>
    {
        public ValidateOptionsResult Validate(string? name, KsmgOptions options)
        {
            if (name != cluster)
            {
                return ValidateOptionsResult.Skip;
            }

            return options.RequestLimit <= longest()
                ? ValidateOptionsResult.Success
                : ValidateOptionsResult.Fail(Words.Get("error.request-limit", options.RequestLimit, longest()));
        }
    }
}
