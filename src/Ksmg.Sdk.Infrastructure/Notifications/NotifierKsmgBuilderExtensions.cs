using System.Diagnostics.CodeAnalysis;
using Ksmg.Sdk;
using Ksmg.Sdk.Http;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Tells people about runs. Each call adds another notifier; the same kind may be added several times.</summary>
public static class NotifierKsmgBuilderExtensions
{
    /// <summary>Posts events to a web address; the options are validated at start.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="configure">Sets the options.</param>
    public static KsmgBuilder AddWebhookNotifier(this KsmgBuilder builder, Action<WebhookOptions> configure)
    {
        OptionsBuilder<WebhookOptions> options = Add(builder, configure)
            .PostConfigure<IOptionsMonitor<KsmgOptions>>((o, clusters) =>
                (o.SecretFile, o.RootsFile) = (builder.OptionsOf(clusters).PathOf(o.SecretFile), builder.OptionsOf(clusters).PathOf(o.RootsFile)));
        string name = options.Name;
        builder.Services.AddHttpClient(name)
            .ConfigurePrimaryHttpMessageHandler(provider => WebhookNotifier.CreateHandler(provider.GetRequiredService<IOptionsMonitor<WebhookOptions>>().Get(name)))

            // The address may hold a token, and the logs of the factory hold the address.
            .RemoveAllLoggers();
        builder.Services.AddKeyedSingleton(name, (provider, _) => new OwnHttpClients(provider, [name]));
        builder.Services.AddKeyedSingleton<INotifier>(builder.Name, (provider, _) => new WebhookNotifier(
            provider.GetRequiredService<IOptionsMonitor<WebhookOptions>>().Get(name),
            () => provider.GetRequiredKeyedService<OwnHttpClients>(name).Create(name),
            provider.GetRequiredService<TimeProvider>()));
        return builder;
    }

    /// <summary>Posts events to a web address, with options from the configuration.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="section">The section, such as <c>Ksmg:Notifications:0</c>.</param>
    public static KsmgBuilder AddWebhookNotifier(this KsmgBuilder builder, IConfigurationSection section)
    {
        ArgumentNullException.ThrowIfNull(section);
        return builder.AddWebhookNotifier(WebhookOptions.Shape.From(section));
    }

    /// <summary>Writes mail about events; the options are validated at start.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="configure">Sets the options.</param>
    public static KsmgBuilder AddSmtpNotifier(this KsmgBuilder builder, Action<SmtpNotifierOptions> configure)
    {
        string name = Add(builder, configure)
            .PostConfigure<IOptionsMonitor<KsmgOptions>>((o, clusters) =>
                (o.PasswordFile, o.RootsFile) = (builder.OptionsOf(clusters).PathOf(o.PasswordFile), builder.OptionsOf(clusters).PathOf(o.RootsFile)))
            .Validate<IOptionsMonitor<KsmgOptions>>(
                (o, clusters) => !builder.OptionsOf(clusters).Nodes.Any(n => NotifierOptionsValidator.IsNode(o.Relay, n.Smtp)),
                "Notifications: Relay is one of the cluster's own nodes; nobody would be told when they stand still.")
            .Name;
        builder.Services.AddKeyedSingleton<INotifier>(builder.Name, (provider, _) => new SmtpNotifier(
            provider.GetRequiredService<IOptionsMonitor<SmtpNotifierOptions>>().Get(name),
            provider.GetRequiredService<TimeProvider>()));
        return builder;
    }

    /// <summary>Writes mail about events, with options from the configuration.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="section">The section, such as <c>Ksmg:Notifications:0</c>.</param>
    public static KsmgBuilder AddSmtpNotifier(this KsmgBuilder builder, IConfigurationSection section)
    {
        ArgumentNullException.ThrowIfNull(section);
        return builder.AddSmtpNotifier(SmtpNotifierOptions.Shape.From(section));
    }

    private static OptionsBuilder<T> Add<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] T>(KsmgBuilder builder, Action<T> configure)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<T>>((IValidateOptions<T>)(object)new NotifierOptionsValidator()));

        // Options of their own for each: a cluster may have several notifiers of one kind.
        int number = builder.Services.Count(service => service.ServiceType == typeof(INotifier));
        return builder.Services.AddOptionsWithValidateOnStart<T>($"ksmg-notifier:{builder.Name}:{number}").Configure(configure);
    }
}
