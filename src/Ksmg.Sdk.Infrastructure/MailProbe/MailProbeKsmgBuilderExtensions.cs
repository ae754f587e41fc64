using Ksmg.Sdk;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Configuration;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Puts test messages over real mail servers beside a cluster.</summary>
public static class MailProbeKsmgBuilderExtensions
{
    internal static readonly PortKind<IMailProbe, SmtpImapOptions> Imap =
        new("SmtpImap", (options, context) => new SmtpImapMailProbe(options, context.Cluster, context.TimeProvider));

    internal static readonly PortKind<IMailProbe, SmtpMaildirOptions> Maildir =
        new("SmtpMaildir", (options, context) => new SmtpMaildirMailProbe(options, context.Cluster, context.TimeProvider));

    /// <summary>Sends test messages to the nodes by SMTP and looks for them by IMAP; the options are validated at start.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="configure">Sets the options.</param>
    public static KsmgBuilder UseSmtpImapMailProbe(this KsmgBuilder builder, Action<SmtpImapOptions> configure) => Imap.Use(builder, configure);

    /// <summary>Sends test messages to the nodes by SMTP and looks for them by IMAP, with options from the configuration.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="section">The section, usually <c>Ksmg:MailProbe</c>.</param>
    public static KsmgBuilder UseSmtpImapMailProbe(this KsmgBuilder builder, IConfigurationSection section) => Imap.Use(builder, section);

    /// <summary>Sends test messages to the nodes by SMTP and looks for them in a Maildir; the options are validated at start.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="configure">Sets the options.</param>
    public static KsmgBuilder UseSmtpMaildirMailProbe(this KsmgBuilder builder, Action<SmtpMaildirOptions> configure) => Maildir.Use(builder, configure);

    /// <summary>Sends test messages to the nodes by SMTP and looks for them in a Maildir, with options from the configuration.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="section">The section, usually <c>Ksmg:MailProbe</c>.</param>
    public static KsmgBuilder UseSmtpMaildirMailProbe(this KsmgBuilder builder, IConfigurationSection section) => Maildir.Use(builder, section);
}
