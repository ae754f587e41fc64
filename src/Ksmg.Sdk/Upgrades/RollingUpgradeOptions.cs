using Microsoft.Extensions.Configuration;

namespace Ksmg.Sdk.Upgrades;

/// <summary>How rolling upgrades of a cluster are set up.</summary>
public sealed class RollingUpgradeOptions
{
    /// <summary>The policy of runs that name none. Default: the safe one.</summary>
    public UpgradePolicyOptions Policy { get; set; } = new();

    /// <summary>Makes the journal of the cluster's runs. Default: a file journal in the folder <c>runs</c>.</summary>
    internal Func<IServiceProvider, UpgradeJournal> Journal { get; private set; } = provider => FileJournal(provider, "runs");

    /// <summary>Keeps the runs in a folder of this machine.</summary>
    public RollingUpgradeOptions UseFileJournal(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        Journal = provider => FileJournal(provider, folder);
        return this;
    }

    /// <summary>Keeps the runs in a store of your own, such as a database.</summary>
    public RollingUpgradeOptions UseStore(Func<IServiceProvider, IRunStore> store)
    {
        ArgumentNullException.ThrowIfNull(store);
        Journal = provider => new UpgradeJournal(store(provider), Time(provider));
        return this;
    }

    /// <summary>Keeps the runs in a journal of your own making.</summary>
    public RollingUpgradeOptions UseJournal(Func<IServiceProvider, UpgradeJournal> journal)
    {
        ArgumentNullException.ThrowIfNull(journal);
        Journal = journal;
        return this;
    }

    /// <summary>What is wrong with the section the policy was read from; told at the start.</summary>
    internal SectionMistakes Mistakes { get; } = new();

    /// <summary>
    /// Reads the policy from a configuration section; what it does not name, or names as <c>null</c>, keeps its value. What it cannot
    /// mean is refused when the services start, with its place.
    /// </summary>
    public RollingUpgradeOptions BindPolicy(IConfigurationSection section)
    {
        ArgumentNullException.ThrowIfNull(section);
        UpgradePolicyOptions.Shape.Read(section, Policy, Mistakes);
        return this;
    }

    private static FileUpgradeJournal FileJournal(IServiceProvider provider, string folder) =>
        new(folder, timeProvider: Time(provider));

    private static TimeProvider? Time(IServiceProvider provider) => (TimeProvider?)provider.GetService(typeof(TimeProvider));
}
