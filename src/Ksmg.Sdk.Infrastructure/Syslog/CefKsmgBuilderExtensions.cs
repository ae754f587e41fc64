using Ksmg.Sdk;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Listens to what the nodes of a cluster write into their events.</summary>
public static class CefKsmgBuilderExtensions
{
    /// <summary>Uses the builds in the nodes' CEF events as evidence; the options are validated at start.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="configure">Sets the options.</param>
    public static KsmgBuilder UseCefEvidence(this KsmgBuilder builder, Action<CefListenerOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<CefListenerOptions>, CefListenerOptionsValidator>());
        builder.Services.AddOptionsWithValidateOnStart<CefListenerOptions>(builder.Name).Configure(configure).ValidateNodes(builder, "Evidence: Senders", o => o.Senders.Keys);
        builder.Services.AddKeyedSingleton<IBuildEvidence>(builder.Name, (provider, _) => new CefBuildEvidence(
            provider.GetRequiredService<IOptionsMonitor<CefListenerOptions>>().Get(builder.Name),
            provider.GetRequiredService<TimeProvider>()));
        return builder;
    }

    /// <summary>Uses the builds in the nodes' CEF events as evidence, with options from the configuration.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="section">The section, usually <c>Ksmg:Evidence</c>.</param>
    public static KsmgBuilder UseCefEvidence(this KsmgBuilder builder, IConfigurationSection section)
    {
        ArgumentNullException.ThrowIfNull(section);
        return builder.UseCefEvidence(CefListenerOptions.Shape.From(section));
    }
}
