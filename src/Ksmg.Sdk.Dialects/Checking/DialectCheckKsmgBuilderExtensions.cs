using Ksmg.Sdk;
using Ksmg.Sdk.Dialects;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Makes a cluster that is only looked at.</summary>
public static class DialectCheckKsmgBuilderExtensions
{
    /// <summary>
    /// For <see cref="DialectCheck"/>: takes a dialect whose entries are still unsure, and keeps the answers while a check runs. Such a
    /// cluster must not be upgraded.
    /// </summary>
    /// <param name="builder">The cluster.</param>
    /// <param name="allowsUnsure">Whether entries that are still unsure are taken.</param>
    public static KsmgBuilder AddDialectCheck(this KsmgBuilder builder, bool allowsUnsure = true)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.Configure<KsmgOptions>(builder.Name, options => options.AllowsUnsure = allowsUnsure);
        return builder.AddDialects().ConfigureHttpClient(client => client.AddHttpMessageHandler(() => new AnswerRecorder()));
    }
}
