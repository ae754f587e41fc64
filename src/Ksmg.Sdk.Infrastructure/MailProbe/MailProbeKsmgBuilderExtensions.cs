using System.Diagnostics.CodeAnalysis;
using Ksmg.Sdk;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Puts test messages over real mail servers beside a cluster.</summary>
public static class MailProbeKsmgBuilderExtensions
{
    /// <summary>Sends test messages to the nodes by SMTP and looks for them by IMAP; the options are validated at start.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="configure">Sets the options.</param>
    public static KsmgBuilder UseSmtpImapMailProbe(this KsmgBuilder builder, Action<SmtpImapOptions> configure) =>
        Use(builder, configure, provider => new SmtpImapMailProbe(Options<SmtpImapOptions>(provider, builder), Cluster(provider, builder), provider.GetRequiredService<TimeProvider>()));

    /// <summary>Sends test messages to the nodes by SMTP and looks for them by IMAP, with options from the configuration.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="section">The section, usually <c>Ksmg:MailProbe</c>.</param>
    public static KsmgBuilder UseSmtpImapMailProbe(this KsmgBuilder builder, IConfigurationSection section)
    {
        ArgumentNullException.ThrowIfNull(section);
        return builder.UseSmtpImapMailProbe(SmtpImapOptions.Shape.From(section));
    }

    /// <summary>Sends test messages to the nodes by SMTP and looks for them in a Maildir; the options are validated at start.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="configure">Sets the options.</param>
    public static KsmgBuilder UseSmtpMaildirMailProbe(this KsmgBuilder builder, Action<SmtpMaildirOptions> configure) =>
        Use(builder, configure, provider => new SmtpMaildirMailProbe(Options<SmtpMaildirOptions>(provider, builder), Cluster(provider, builder), provider.GetRequiredService<TimeProvider>()));

    /// <summary>Sends test messages to the nodes by SMTP and looks for them in a Maildir, with options from the configuration.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="section">The section, usually <c>Ksmg:MailProbe</c>.</param>
    public static KsmgBuilder UseSmtpMaildirMailProbe(this KsmgBuilder builder, IConfigurationSection section)
    {
        ArgumentNullException.ThrowIfNull(section);
        return builder.UseSmtpMaildirMailProbe(SmtpMaildirOptions.Shape.From(section));
    }

    private static KsmgBuilder Use<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] TOptions>(
        KsmgBuilder builder, Action<TOptions> configure, Func<IServiceProvider, IMailProbe> create)
        where TOptions : SmtpProbeOptions
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TOptions>>((IValidateOptions<TOptions>)(object)new SmtpProbeOptionsValidator()));
        builder.Services.AddOptionsWithValidateOnStart<TOptions>(builder.Name)
            .Configure(configure)
            .PostConfigure<IOptionsMonitor<KsmgOptions>>((o, clusters) => o.Anchor(builder.OptionsOf(clusters)))
            .Validate<IOptionsMonitor<KsmgOptions>>(
                (_, clusters) => builder.OptionsOf(clusters).Nodes.All(n => MailServer.Parse(n.Smtp) is not null),
                "MailProbe: a node has no SMTP address; set Smtp of each node, such as 10.0.0.11:25.")
            .ValidateNodes(builder, "MailProbe: SmtpFingerprints", o => o.SmtpFingerprints.Keys);
        builder.Services.AddKeyedSingleton(builder.Name, (provider, _) => create(provider));
        return builder;
    }

    private static TOptions Options<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] TOptions>(IServiceProvider provider, KsmgBuilder builder) =>
        provider.GetRequiredService<IOptionsMonitor<TOptions>>().Get(builder.Name);

    private static KsmgCluster Cluster(IServiceProvider provider, KsmgBuilder builder) => provider.GetRequiredKeyedService<KsmgCluster>(builder.Name);
}
