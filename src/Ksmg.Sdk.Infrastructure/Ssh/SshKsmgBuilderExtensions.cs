using Ksmg.Sdk;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Configuration;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Reaches the configuration files of a cluster's nodes by SSH.</summary>
public static class SshKsmgBuilderExtensions
{
    internal static readonly PortKind<IConfigurationFiles, SshConfigurationOptions> Kind =
        new("Ssh", (options, context) => new SshConfigurationFiles(options, context.TimeProvider));

    /// <summary>Uses SSH for the configuration files; the options are validated at start.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="configure">Sets the options.</param>
    public static KsmgBuilder UseSshConfiguration(this KsmgBuilder builder, Action<SshConfigurationOptions> configure) => Kind.Use(builder, configure);

    /// <summary>Uses SSH for the configuration files, with options from the configuration.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="section">The section, usually <c>Ksmg:Configuration</c>.</param>
    public static KsmgBuilder UseSshConfiguration(this KsmgBuilder builder, IConfigurationSection section) => Kind.Use(builder, section);
}
