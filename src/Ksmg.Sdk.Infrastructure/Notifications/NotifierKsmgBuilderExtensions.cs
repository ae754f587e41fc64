using Ksmg.Sdk;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Configuration;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Tells people about runs. Each call adds another notifier; the same kind may be added several times.</summary>
public static class NotifierKsmgBuilderExtensions
{
    internal static readonly PortKind<INotifier, WebhookOptions> Webhook =
        new("Webhook", (options, context) => new WebhookNotifier(options, context.TimeProvider));

    internal static readonly PortKind<INotifier, SmtpNotifierOptions> Smtp =
        new("Smtp", (options, context) => new SmtpNotifier(options, context.TimeProvider));

    /// <summary>Posts events to a web address; the options are validated at start.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="configure">Sets the options.</param>
    public static KsmgBuilder AddWebhookNotifier(this KsmgBuilder builder, Action<WebhookOptions> configure) => Webhook.Use(builder, configure);

    /// <summary>Posts events to a web address, with options from the configuration.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="section">The section, such as <c>Ksmg:Notifications:0</c>.</param>
    public static KsmgBuilder AddWebhookNotifier(this KsmgBuilder builder, IConfigurationSection section) => Webhook.Use(builder, section);

    /// <summary>Writes mail about events; the options are validated at start.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="configure">Sets the options.</param>
    public static KsmgBuilder AddSmtpNotifier(this KsmgBuilder builder, Action<SmtpNotifierOptions> configure) => Smtp.Use(builder, configure);

    /// <summary>Writes mail about events, with options from the configuration.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="section">The section, such as <c>Ksmg:Notifications:0</c>.</param>
    public static KsmgBuilder AddSmtpNotifier(this KsmgBuilder builder, IConfigurationSection section) => Smtp.Use(builder, section);
}
