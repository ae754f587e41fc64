using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Upgrades;

/// <summary>A kind of adapter: what stands as <c>Kind</c> in the configuration, and what is made of it.</summary>
/// <param name="section">The section of its port.</param>
/// <param name="name">The kind.</param>
internal abstract class PortKind(string section, string name)
{
    /// <summary>What has to be left of options when a program is trimmed.</summary>
    public const DynamicallyAccessedMemberTypes Members =
        DynamicallyAccessedMemberTypes.PublicProperties | DynamicallyAccessedMemberTypes.PublicParameterlessConstructor;

    public string Section => section;

    public string Name => name;

    /// <summary>Puts an adapter with options from the configuration beside a cluster.</summary>
    public abstract KsmgBuilder Use(KsmgBuilder builder, IConfigurationSection configured);
}

/// <inheritdoc/>
internal sealed class PortKind<TPort, [DynamicallyAccessedMembers(PortKind.Members)] TOptions>(string name, Func<TOptions, PortContext, TPort> create)
    : PortKind(PortSections.Of(typeof(TPort)), name)
    where TPort : class
    where TOptions : class
{
    public override KsmgBuilder Use(KsmgBuilder builder, IConfigurationSection configured)
    {
        ArgumentNullException.ThrowIfNull(configured);
        return Use(builder, AdapterShape.Of<TOptions>(Name).From(configured));
    }

    /// <summary>Puts an adapter beside a cluster; its options are validated at start.</summary>
    public KsmgBuilder Use(KsmgBuilder builder, Action<TOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        string options = builder.NewOptionsName(typeof(TOptions));
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddOptionsWithValidateOnStart<TOptions>(options)
            .Configure(configure)
            .PostConfigure<IOptionsMonitor<KsmgOptions>>((o, clusters) => AdapterRules.Complete(o, builder.OptionsOf(clusters)));
        builder.Services.AddSingleton<IValidateOptions<TOptions>>(provider =>
            new Rules(options, Section, () => builder.OptionsOf(provider.GetRequiredService<IOptionsMonitor<KsmgOptions>>())));
        builder.Services.AddKeyedSingleton(builder.Name, (provider, _) =>
            create(provider.GetRequiredService<IOptionsMonitor<TOptions>>().Get(options), new PortContext(builder.Name, provider)));
        return builder;
    }

    private sealed class Rules(string options, string section, Func<KsmgOptions> cluster) : IValidateOptions<TOptions>
    {
        public ValidateOptionsResult Validate(string? name, TOptions value)
        {
            if (name != options)
            {
                return ValidateOptionsResult.Skip;
            }

            string[] mistakes = [.. AdapterRules.Find(section, value, cluster())];
            return mistakes.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(mistakes);
        }
    }
}
