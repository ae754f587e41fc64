using Ksmg.Sdk;
using Ksmg.Sdk.Dialects;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the language of dialects to a cluster.</summary>
public static class DialectKsmgBuilderExtensions
{
    /// <summary>Lets the catalogue and the dialect file of the cluster use JMESPath. Without services: <see cref="KsmgOptions.AnswerLanguage"/>.</summary>
    /// <param name="builder">The cluster.</param>
    public static KsmgBuilder AddDialects(this KsmgBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.Configure<KsmgOptions>(builder.Name, options => options.AnswerLanguage ??= new JmesPathLanguage());
        return builder;
    }
}
