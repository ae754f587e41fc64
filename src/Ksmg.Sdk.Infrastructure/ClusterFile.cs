using System.Text.Json;
using Microsoft.Extensions.Configuration;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>
/// A <c>cluster.json</c> with the other sources laid over it, the later ones the stronger: environment (<c>KSMG__…</c>), a policy file,
/// what the program says itself. <c>AddKsmg(file.Section).AddConfiguredUpgrade()</c> makes the cluster of it.
/// </summary>
public sealed class ClusterFile
{
    private const string Root = "Ksmg";
    private const string Policy = "Ksmg:Policy";
    private const string BasePath = "Ksmg:BasePath";

    private readonly Dictionary<string, string?> _values;
    private readonly Dictionary<string, string> _origins = new(StringComparer.OrdinalIgnoreCase);

    private ClusterFile(Dictionary<string, string?> values) => _values = values;

    /// <summary>The section <c>Ksmg</c> with everything laid over it; relative paths in it count from the file.</summary>
    public IConfigurationSection Section => new ConfigurationBuilder().AddInMemoryCollection(_values).Build().GetSection(Root);

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="policyPath">A file with the object <c>Policy</c>, alone or inside the sections it has in <c>cluster.json</c>.</param>
    /// <param name="overrides">What goes before everything else: a configuration with a section <c>Ksmg</c>, such as the program's arguments.</param>
    /// <exception cref="FileNotFoundException">A file is missing; its name is with the exception.</exception>
    /// <exception cref="InvalidDataException">A file cannot be understood; the message says where and why, in one line.</exception>
    public static ClusterFile Load(string path, string? policyPath = null, IConfiguration? overrides = null)
    {
        path = Path.GetFullPath(path);
        IConfigurationRoot json = Read(path, Words.Get("file.cluster"));
        Dictionary<string, string?> values = new(json.GetSection(Root).AsEnumerable(), StringComparer.OrdinalIgnoreCase);
        if (values.Keys.All(key => IsSame(key, Root)))
        {
            string? meant = json.GetChildren().Select(child => child.Key).FirstOrDefault(key => !IsSame(key, Root) && Nearest.Of(key, [Root]) is not null);
            string question = meant is null ? string.Empty : Words.Get("file.meant", SectionMistakes.Show(meant));
            throw new InvalidDataException(Words.Get("file.no-section", path, Root, question));
        }

        ClusterFile file = new(values);
        IConfigurationRoot environment = new ConfigurationBuilder().AddEnvironmentVariables().Build();
        file.Lay(environment.GetSection(Root), Root, key => Words.Get("file.variable", key.ToUpperInvariant().Replace(":", "__", StringComparison.Ordinal)));
        if (policyPath is not null)
        {
            file.Lay(ReadPolicy(policyPath), Policy, _ => $"'{policyPath}'");
        }

        if (overrides is not null)
        {
            file.Lay(overrides.GetSection(Root), Root, origin: null);
        }

        values[BasePath] = Path.GetFullPath(values.GetValueOrDefault(BasePath) is { Length: > 0 } folder ? folder : ".", Path.GetDirectoryName(path)!);
        return file;
    }

    /// <summary>
    /// A mistake of the configuration as the start of the services tells it, with where the setting comes from that does not stand in
    /// the file.
    /// </summary>
    public string WithOrigin(string mistake)
    {
        ArgumentNullException.ThrowIfNull(mistake);
        string place = $"{Root}:{mistake.Split(": ", 2)[0]}";
        string? key = _origins.Keys.FirstOrDefault(k => IsSame(k, place) || k.StartsWith(place + ":", StringComparison.OrdinalIgnoreCase));
        return key is null ? mistake : $"{mistake} ({_origins[key]})";
    }

    private static bool IsSame(string key, string other) => key.Equals(other, StringComparison.OrdinalIgnoreCase);

    private static IConfiguration ReadPolicy(string path)
    {
        IConfiguration policy = Read(path, Words.Get("file.policy"));
        foreach (string section in (string[])[Root, "Policy"])
        {
            string[] keys = [.. policy.GetChildren().Select(child => child.Key).Where(key => !key.StartsWith('$'))];
            if (keys.Contains(section, StringComparer.OrdinalIgnoreCase))
            {
                policy = keys is [_] ? policy.GetSection(section)
                    : throw new InvalidDataException(
                        Words.Get("file.not-policy", path, SectionMistakes.Show(keys.First(key => !IsSame(key, section)))));
            }
        }

        return policy;
    }

    /// <summary>A JSON file with one section.</summary>
    internal static IConfigurationRoot Read(string path, string what, string section = Root)
    {
        if (!File.Exists(path))
        {
            throw new FileNotFoundException(Words.Get("file.missing", what, path), path);
        }

        try
        {
            return new ConfigurationBuilder().AddJsonFile(path, optional: false).Build();
        }
        catch (Exception e) when (e is InvalidDataException or FormatException)
        {
            throw new InvalidDataException(
                e.GetBaseException() switch
                {
                    JsonException { LineNumber: { } line } json =>
                        Words.Get("file.not-json-at", path, line + 1, json.Message.Split(" LineNumber")[0].TrimEnd()),
                    FormatException duplicate when duplicate.Message.Contains("duplicate", StringComparison.Ordinal)
                        && duplicate.Message.Split('\'') is [_, var key, _] =>
                        Words.Get("file.twice", path, SectionMistakes.Show(key)),
                    FormatException => Words.Get("file.no-object", path, section),
                    var other => Words.Get("file.not-json", path, other.Message),
                },
                e);
        }
    }

    /// <summary>Later sources win; a list is replaced as a whole, never merged item by item, and <c>null</c> brings the default back.</summary>
    private void Lay(IConfiguration source, string key, Func<string, string>? origin)
    {
        IConfigurationSection[] children = [.. source.GetChildren()];
        if (children.Length > 0 && children.All(child => SectionMistakes.IsIndex(child.Key) && !child.GetChildren().Any()))
        {
            Remove(key);
        }

        foreach (IConfigurationSection child in children)
        {
            string place = $"{key}:{child.Key}";
            if (child.GetChildren().Any())
            {
                Lay(child, place, origin);
                continue;
            }

            Remove(place);
            _values[place] = child.Value;
            if (origin is not null)
            {
                _origins[place] = origin(place);
            }
        }
    }

    private void Remove(string key)
    {
        foreach (string below in _values.Keys.Where(k => k.StartsWith(key + ":", StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            _values.Remove(below);
        }
    }
}
