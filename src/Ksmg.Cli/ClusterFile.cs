using System.Text.Json;
using Microsoft.Extensions.Configuration;

namespace Ksmg.Cli;

/// <summary>
/// Reads <c>cluster.json</c> and lays the other sources over it: environment (<c>KSMG__…</c>), the <c>--policy</c> file, options.
/// </summary>
internal static class ClusterFile
{
    private const string Root = "Ksmg";
    private const string PolicyPrefix = "Ksmg:Policy:";
    private const string BasePath = "Ksmg:BasePath";

    /// <summary>The section <c>Ksmg</c> with everything laid over it; relative paths in it count from the file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="policyPath">The policy file, if there is one.</param>
    /// <param name="policyOptions">What options of the command say of the policy.</param>
    /// <param name="origins">Takes what does not come from the file: key → where it comes from, in words.</param>
    /// <exception cref="CliException">A file is missing or cannot be understood.</exception>
    public static IConfigurationSection Load(
        string path, string? policyPath, IReadOnlyDictionary<string, string?> policyOptions, IDictionary<string, string>? origins = null)
    {
        if (!File.Exists(path))
        {
            throw new CliException(ExitCodes.Usage, $"There is no cluster configuration at '{path}'. Name it with -c FILE; 'ksmg simulate --out DIR' writes one for a simulated cluster.");
        }

        IConfigurationRoot file = Read(path);
        Dictionary<string, string?> values = new(file.GetSection(Root).AsEnumerable(), StringComparer.OrdinalIgnoreCase);
        if (values.Keys.All(key => key.Equals(Root, StringComparison.OrdinalIgnoreCase)))
        {
            string? meant = file.GetChildren().FirstOrDefault(child => Nearest.Of(child.Key, [Root]) is not null && !child.Key.Equals(Root, StringComparison.OrdinalIgnoreCase))?.Key;
            throw new CliException(ExitCodes.Usage, $"'{path}' has no section \"{Root}\"{(meant is null ? string.Empty : $"; is '{SectionMistakes.Show(meant)}' meant to be it?")}.");
        }

        IConfigurationRoot environment = new ConfigurationBuilder().AddEnvironmentVariables().Build();
        Lay(values, environment.GetSection(Root), Root, key => $"environment variable {key.ToUpperInvariant().Replace(":", "__", StringComparison.Ordinal)}", origins);
        if (policyPath is not null)
        {
            IConfiguration policy = ReadPolicy(policyPath);
            Lay(values, policy, PolicyPrefix[..^1], _ => $"'{policyPath}'", origins);
        }

        foreach ((string option, string? value) in policyOptions)
        {
            Lay(values, PolicyPrefix + option, value);
        }

        values[BasePath] = Path.GetFullPath(values.GetValueOrDefault(BasePath) is { Length: > 0 } folder ? folder : ".", Path.GetDirectoryName(path)!);
        return new ConfigurationBuilder().AddInMemoryCollection(values).Build().GetSection(Root);
    }

    /// <summary>A policy file holds the object <c>Policy</c>, alone or inside the sections it has in <c>cluster.json</c>.</summary>
    private static IConfiguration ReadPolicy(string path)
    {
        if (!File.Exists(path))
        {
            throw new CliException(ExitCodes.Usage, $"There is no policy file '{path}'.");
        }

        IConfiguration policy = Read(path);
        foreach (string section in (string[])[Root, "Policy"])
        {
            string[] keys = [.. policy.GetChildren().Select(child => child.Key).Where(key => !key.StartsWith('$'))];
            if (keys.Contains(section, StringComparer.OrdinalIgnoreCase))
            {
                policy = keys is [_] ? policy.GetSection(section)
                    : throw new CliException(ExitCodes.Usage, $"'{path}' is a policy file, but holds '{SectionMistakes.Show(keys.First(key => !key.Equals(section, StringComparison.OrdinalIgnoreCase)))}'.");
            }
        }

        return policy;
    }

    private static IConfigurationRoot Read(string path)
    {
        try
        {
            return new ConfigurationBuilder().AddJsonFile(path, optional: false).Build();
        }
        catch (Exception e) when (e is InvalidDataException or FormatException)
        {
            throw new CliException(ExitCodes.Usage, e.GetBaseException() switch
            {
                JsonException { LineNumber: { } line } json => $"'{path}', line {line + 1}: this is not valid JSON ({json.Message.Split(" LineNumber")[0].TrimEnd()})",
                FormatException { Message: var message } when message.Contains("duplicate", StringComparison.Ordinal) && message.Split('\'') is [_, var key, _] => $"'{path}': {SectionMistakes.Show(key)} is given twice; upper and lower case are the same.",
                FormatException => $"'{path}' must hold one object: {{ \"{Root}\": {{ … }} }}.",
                var other => $"'{path}' is not valid JSON: {other.Message}",
            });
        }
    }

    /// <summary>Later sources win; a list is replaced as a whole, never merged item by item, and <c>null</c> brings the default back.</summary>
    private static void Lay(Dictionary<string, string?> values, IConfiguration source, string key, Func<string, string> origin, IDictionary<string, string>? origins)
    {
        IConfigurationSection[] children = [.. source.GetChildren()];
        if (children.Length > 0 && children.All(child => SectionMistakes.IsIndex(child.Key) && !child.GetChildren().Any()))
        {
            Remove(values, key);
        }

        foreach (IConfigurationSection child in children)
        {
            string place = $"{key}:{child.Key}";
            if (child.GetChildren().Any())
            {
                Lay(values, child, place, origin, origins);
            }
            else
            {
                Lay(values, place, child.Value);
                origins?[place] = origin(place);
            }
        }
    }

    private static void Lay(Dictionary<string, string?> values, string key, string? value)
    {
        Remove(values, key);
        values[key] = value;
    }

    private static void Remove(Dictionary<string, string?> values, string key)
    {
        foreach (string below in values.Keys.Where(k => k.StartsWith(key + ":", StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            values.Remove(below);
        }
    }
}
