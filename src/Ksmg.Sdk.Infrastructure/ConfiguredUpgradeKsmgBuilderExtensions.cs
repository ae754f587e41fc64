using Ksmg.Sdk;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Configuration;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Makes a working cluster of its section.</summary>
public static class ConfiguredUpgradeKsmgBuilderExtensions
{
    /// <summary>
    /// Adds rolling upgrades with everything that the section given to <c>AddKsmg</c> says: the policy, and for each port the adapter
    /// that its <c>Kind</c> names, of those that are shipped here and of those that <c>AddPort</c> added before. Every mistake is told
    /// when the services start, or at the first use.
    /// </summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="configure">Sets the journal, and what goes before the section. Default: a file journal in the folder <c>runs</c>.</param>
    /// <exception cref="InvalidOperationException">The cluster was not added from a section.</exception>
    public static KsmgBuilder AddConfiguredUpgrade(this KsmgBuilder builder, Action<RollingUpgradeOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        IConfigurationSection section = builder.Section
            ?? throw new InvalidOperationException(
                "The cluster was added without a section: call AddKsmg(section), or AddRollingUpgrade() and Use… for each adapter.");
        return builder.AddRollingUpgrade(upgrade =>
        {
            AdapterKinds.Use(builder, section, upgrade.BindPolicy(section.GetSection("Policy")).Mistakes);
            configure?.Invoke(upgrade);
        });
    }
}
