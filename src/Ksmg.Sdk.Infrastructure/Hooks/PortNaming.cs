namespace Ksmg.Sdk.Infrastructure;

/// <summary>The names of hooks and gates: parts of keys, headers and plans.</summary>
internal static class PortNaming
{
    private const int LongestName = 64;

    /// <summary>What is wrong with a name.</summary>
    public static IEnumerable<string> Mistakes(string name)
    {
        if (name.Length is 0 or > LongestName || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
        {
            yield return Words.Get("hook.name", LongestName);
        }
    }
}
