using System.Collections.Concurrent;

namespace Ksmg.Sdk;

/// <summary>
/// The environment variables that hold secrets of this process, by the options that name them. The environment belongs to the process, and
/// so does this list: no program that an adapter starts inherits them.
/// </summary>
internal static class SecretVariables
{
    /// <summary>The configuration in the environment: an address in it may hold a token.</summary>
    private const string ConfigurationPrefix = "KSMG__";

    private static readonly ConcurrentDictionary<string, bool> _names = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>From here on the variable is kept from programs.</summary>
    public static void Add(string? name)
    {
        if (!string.IsNullOrEmpty(name))
        {
            _names[name] = true;
        }
    }

    /// <summary>Takes them out of the environment of a program that is about to be started.</summary>
    public static void RemoveFrom(IDictionary<string, string?> environment)
    {
        foreach (string name in environment.Keys
            .Where(n => _names.ContainsKey(n) || n.StartsWith(ConfigurationPrefix, StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            environment.Remove(name);
        }
    }
}
