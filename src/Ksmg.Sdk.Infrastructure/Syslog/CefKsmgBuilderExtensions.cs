using Ksmg.Sdk;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Configuration;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Listens to what the nodes of a cluster write into their events.</summary>
public static class CefKsmgBuilderExtensions
{
    internal static readonly PortKind<IBuildEvidence, CefListenerOptions> Kind =
        new("Cef", (options, context) => new CefBuildEvidence(options, context.TimeProvider));

    /// <summary>Uses the builds in the nodes' CEF events as evidence; the options are validated at start.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="configure">Sets the options.</param>
    public static KsmgBuilder UseCefEvidence(this KsmgBuilder builder, Action<CefListenerOptions> configure) => Kind.Use(builder, configure);

    /// <summary>Uses the builds in the nodes' CEF events as evidence, with options from the configuration.</summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="section">The section, usually <c>Ksmg:Evidence</c>.</param>
    public static KsmgBuilder UseCefEvidence(this KsmgBuilder builder, IConfigurationSection section) => Kind.Use(builder, section);
}
