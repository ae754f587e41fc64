using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>Refuses names of nodes that the cluster does not have: what a misspelt one says would hold for nobody.</summary>
internal sealed class NodeNamesValidator<T>(string? optionsName, KsmgBuilder builder, IOptionsMonitor<KsmgOptions> clusters, string setting, Func<T, IEnumerable<string>> names)
    : IValidateOptions<T>
    where T : class
{
    public ValidateOptionsResult Validate(string? name, T options)
    {
        if (name != optionsName)
        {
            return ValidateOptionsResult.Skip;
        }

        string[] nodes = [.. (builder.OptionsOf(clusters).Nodes ?? []).Select(node => node?.Name).OfType<string>()];
        string[] failures = [.. names(options).Where(node => !nodes.Contains(node, StringComparer.OrdinalIgnoreCase)).Select(node =>
            $"{setting} names '{SectionMistakes.Show(node)}', a node that the cluster does not have.{Nearest.Ask(node, nodes)} Its nodes are {string.Join(", ", nodes)}.")];
        return failures.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}

/// <summary>Registers the rule.</summary>
internal static class NodeNamesExtensions
{
    /// <param name="options">The options.</param>
    /// <param name="builder">The cluster.</param>
    /// <param name="setting">The setting that holds the names, for messages.</param>
    /// <param name="names">The names.</param>
    public static OptionsBuilder<T> ValidateNodes<T>(this OptionsBuilder<T> options, KsmgBuilder builder, string setting, Func<T, IEnumerable<string>> names)
        where T : class
    {
        options.Services.AddSingleton<IValidateOptions<T>>(provider => new NodeNamesValidator<T>(
            options.Name, builder, provider.GetRequiredService<IOptionsMonitor<KsmgOptions>>(), setting, names));
        return options;
    }
}
