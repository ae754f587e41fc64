using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk;

/// <summary>What the options of an adapter promise by their attributes and by <see cref="IAdapterOptions"/>.</summary>
internal static class AdapterRules
{
    private const DynamicallyAccessedMemberTypes Properties = DynamicallyAccessedMemberTypes.PublicProperties;

    /// <summary>Sets what follows from the cluster.</summary>
    public static void Complete<[DynamicallyAccessedMembers(Properties)] T>(T options, KsmgOptions cluster)
        where T : class
    {
        foreach (PropertyInfo property in typeof(T).GetProperties().Where(p => p.IsDefined(typeof(FilePathAttribute))))
        {
            if (property.GetValue(options) is string { Length: > 0 } path)
            {
                property.SetValue(options, cluster.FullPath(path));
            }
        }

        (options as IAdapterOptions)?.Complete(cluster);
    }

    /// <summary>Every mistake, each with the section that people know it by.</summary>
    public static IEnumerable<string> Find<[DynamicallyAccessedMembers(Properties)] T>(string section, T options, KsmgOptions? cluster)
        where T : class =>
        typeof(T).GetProperties().SelectMany(property => Find(property, property.GetValue(options), options, cluster))
            .Concat((options as IAdapterOptions)?.FindMistakes(cluster) ?? [])
            .Select(mistake => $"{section}: {mistake}");

    /// <summary>The options, where nothing is wrong with them.</summary>
    /// <exception cref="OptionsValidationException">There are mistakes; every one is named.</exception>
    public static T Checked<[DynamicallyAccessedMembers(Properties)] T>(this T options, string section)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(options);
        string[] mistakes = [.. Find(section, options, cluster: null)];
        return mistakes.Length == 0 ? options : throw new OptionsValidationException(typeof(T).Name, typeof(T), mistakes);
    }

    private static IEnumerable<string> Find(PropertyInfo property, object? value, object options, KsmgOptions? cluster)
    {
        if (value is Enum && !Enum.IsDefined(property.PropertyType, value))
        {
            yield return Words.Get("setting.none-of", property.Name, value, string.Join(", ", Enum.GetNames(property.PropertyType)));
        }

        ValidationContext context = new(options, property.Name, serviceProvider: null, items: null);
        foreach (ValidationAttribute rule in property.GetCustomAttributes<ValidationAttribute>())
        {
            if (rule.GetValidationResult(value, context) is { } mistake)
            {
                yield return mistake.ErrorMessage ?? Words.Get("setting.invalid", property.Name);
            }
        }

        if (cluster is null || !property.IsDefined(typeof(PerNodeAttribute)) || value is not IDictionary<string, string> perNode)
        {
            yield break;
        }

        string[] nodes = [.. (cluster.Nodes ?? []).Select(node => node?.Name).OfType<string>()];
        foreach (string node in perNode.Keys.Where(node => !nodes.Contains(node, StringComparer.OrdinalIgnoreCase)))
        {
            yield return Words.Get("setting.unknown-node", property.Name, SectionMistakes.Show(node), Nearest.Ask(node, nodes), string.Join(", ", nodes));
        }
    }
}
