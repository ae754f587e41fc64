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

    /// <summary>The section <c>Ksmg</c> with everything laid over it and all paths absolute.</summary>
    /// <exception cref="CliException">A file is missing or cannot be understood.</exception>
    public static IConfigurationSection Load(string path, string? policyPath, IReadOnlyDictionary<string, string?> policyOptions)
    {
        if (!File.Exists(path))
        {
            throw new CliException(ExitCodes.Usage, $"There is no cluster configuration at '{path}'. Name it with -c FILE; 'ksmg simulate --out DIR' writes one for a simulated cluster.");
        }

        Dictionary<string, string?> values = Read(path, Root);
        if (values.Keys.All(key => key.Equals(Root, StringComparison.OrdinalIgnoreCase)))
        {
            throw new CliException(ExitCodes.Usage, $"'{path}' has no section \"{Root}\".");
        }

        if (values.ContainsKey("Ksmg:Credentials:Password"))
        {
            throw new CliException(ExitCodes.Usage, $"'{path}' holds a password. Put it into a file named by Credentials.PasswordFile, or into an environment variable named by Credentials.PasswordEnvironment.");
        }

        Lay(values, new ConfigurationBuilder().AddEnvironmentVariables().Build().GetSection(Root).AsEnumerable());
        if (policyPath is not null)
        {
            Lay(values, ReadPolicy(policyPath));
        }

        Lay(values, policyOptions.Select(option => KeyValuePair.Create(PolicyPrefix + option.Key, option.Value)));
        string folder = Path.GetDirectoryName(path)!;
        foreach ((string key, string? value) in values.ToArray())
        {
            // Relative paths count from the file that names them, not from where the command happens to be started.
            if (value is { Length: > 0 } && key.EndsWith("File", StringComparison.OrdinalIgnoreCase))
            {
                values[key] = Path.GetFullPath(value, folder);
            }
        }

        return new ConfigurationBuilder().AddInMemoryCollection(values).Build().GetSection(Root);
    }

    /// <summary>A policy file holds the object <c>Policy</c>, alone or inside the sections it has in <c>cluster.json</c>.</summary>
    private static IEnumerable<KeyValuePair<string, string?>> ReadPolicy(string path)
    {
        if (!File.Exists(path))
        {
            throw new CliException(ExitCodes.Usage, $"There is no policy file '{path}'.");
        }

        Dictionary<string, string?> values = Read(path, section: null);
        string prefix = new[] { PolicyPrefix, "Policy:" }.FirstOrDefault(p => values.Keys.Any(key => key.StartsWith(p, StringComparison.OrdinalIgnoreCase))) ?? string.Empty;
        return values.Where(pair => pair.Value is not null).Select(pair =>
            pair.Key.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)
                ? KeyValuePair.Create(PolicyPrefix + pair.Key[prefix.Length..], pair.Value)
                : throw new CliException(ExitCodes.Usage, $"'{path}' is a policy file, but holds '{pair.Key}'."));
    }

    private static Dictionary<string, string?> Read(string path, string? section)
    {
        try
        {
            IConfigurationRoot file = new ConfigurationBuilder().AddJsonFile(path, optional: false).Build();
            return new(section is null ? file.AsEnumerable() : file.GetSection(section).AsEnumerable(), StringComparer.OrdinalIgnoreCase);
        }
        catch (Exception e) when (e is InvalidDataException or FormatException)
        {
            throw new CliException(ExitCodes.Usage, e.GetBaseException() is JsonException { LineNumber: { } line } json
                ? $"'{path}', line {line + 1}: this is not valid JSON ({json.Message.Split(" LineNumber")[0].TrimEnd()})"
                : $"'{path}' is not valid JSON: {e.GetBaseException().Message}");
        }
    }

    /// <summary>Later sources win; a list is replaced as a whole, never merged item by item.</summary>
    private static void Lay(Dictionary<string, string?> values, IEnumerable<KeyValuePair<string, string?>> source)
    {
        KeyValuePair<string, string?>[] pairs = [.. source.Where(pair => pair.Value is not null)];
        foreach (string list in pairs.Where(pair => int.TryParse(LastPart(pair.Key), out _)).Select(pair => pair.Key[..pair.Key.LastIndexOf(':')]).Distinct())
        {
            foreach (string key in values.Keys.Where(key => key.StartsWith(list + ":", StringComparison.OrdinalIgnoreCase)).ToArray())
            {
                values.Remove(key);
            }
        }

        foreach ((string key, string? value) in pairs)
        {
            values[key] = value;
        }
    }

    private static string LastPart(string key) => key[(key.LastIndexOf(':') + 1)..];
}
