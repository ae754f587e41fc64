using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>Which <c>Kind</c> in a cluster's section means which adapter.</summary>
internal static class AdapterKinds
{
    private static readonly PortKind[] _shipped =
    [
        HaProxyKsmgBuilderExtensions.Kind,
        CommandKsmgBuilderExtensions.LoadBalancer,
        LibvirtKsmgBuilderExtensions.Kind,
        CommandKsmgBuilderExtensions.Snapshots,
        SshKsmgBuilderExtensions.Kind,
        MailProbeKsmgBuilderExtensions.Imap,
        MailProbeKsmgBuilderExtensions.Maildir,
        CommandKsmgBuilderExtensions.MailProbe,
        CefKsmgBuilderExtensions.Kind,
        SilenceKsmgBuilderExtensions.Alertmanager,
        SilenceKsmgBuilderExtensions.Zabbix,
        CommandKsmgBuilderExtensions.Silence,
        CommandKsmgBuilderExtensions.Notifier,
        CommandKsmgBuilderExtensions.Hook,
        HttpPortKsmgBuilderExtensions.Hook,
        CommandKsmgBuilderExtensions.Gate,
        HttpPortKsmgBuilderExtensions.Gate,
        HttpPortKsmgBuilderExtensions.Prometheus,
        NotifierKsmgBuilderExtensions.Webhook,
        NotifierKsmgBuilderExtensions.Smtp,
    ];

    /// <summary>Puts every adapter that a cluster's section names beside the cluster.</summary>
    /// <param name="builder">The cluster, with the kinds that were added to it.</param>
    /// <param name="section">Its section.</param>
    /// <param name="mistakes">Takes the kinds that nobody knows; the mistakes of known ones are told at the start.</param>
    public static void Use(KsmgBuilder builder, IConfigurationSection section, SectionMistakes mistakes)
    {
        foreach (string port in PortSections.Names)
        {
            PortKind[] kinds = [.. _shipped.Concat(builder.Kinds).Where(kind => kind.Section == port)];
            IConfigurationSection configured = section.GetSection(port);
            if (PortSections.IsList(port))
            {
                foreach (IConfigurationSection one in mistakes.Items(configured, "[ { \"Kind\": … } ]") ?? [])
                {
                    Use(builder, kinds, one, mistakes);
                }
            }
            else if (!SectionMistakes.IsNothing(configured))
            {
                Use(builder, kinds, configured, mistakes);
            }
        }
    }

    private static void Use(KsmgBuilder builder, PortKind[] kinds, IConfigurationSection section, SectionMistakes mistakes)
    {
        string[] known = [.. kinds.Select(kind => kind.Name).Distinct(StringComparer.OrdinalIgnoreCase)];
        string form = Words.Get("file.form-one-of", string.Join(", ", known));
        if (SectionMistakes.IsNothing(section))
        {
            mistakes.AddNull(section);
            return;
        }

        if (mistakes.Entries(section, "{ \"Kind\": … }").Count == 0)
        {
            return;
        }

        IConfigurationSection configured = section.GetSection("Kind");
        if (SectionMistakes.IsNothing(configured))
        {
            mistakes.Add(configured, Words.Get("file.required", form));
        }
        else if (mistakes.Scalar(configured, form) is { } name)
        {
            if (kinds.LastOrDefault(kind => kind.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } found)
            {
                found.Use(builder, section);
            }
            else
            {
                mistakes.Add(configured, Words.Get("file.not-known", SectionMistakes.Show(name), form, Nearest.Ask(name, known)));
            }
        }
    }
}
