namespace Ksmg.Sdk.Upgrades;

/// <summary>Host names as they stand in headers: in any case, short or full, with or without the dot at the end.</summary>
internal static class HostNames
{
    public static bool AreSame(string one, string other)
    {
        string left = one.Trim().TrimEnd('.');
        string right = other.Trim().TrimEnd('.');
        return Equal(left, right) || IsShort(left) && Equal(left, First(right)) || IsShort(right) && Equal(right, First(left));
    }

    /// <summary>
    /// The one set of names that a host belongs to; -1 where it is none or more than one. A name that fits letter by letter is worth more
    /// than a short one.
    /// </summary>
    public static int Find(IReadOnlyList<IReadOnlyCollection<string>> nodes, string host)
    {
        Func<string, bool>[] ways = [name => Equal(name.Trim().TrimEnd('.'), host.Trim().TrimEnd('.')), name => AreSame(name, host)];
        foreach (Func<string, bool> fits in ways)
        {
            List<int> fitting = [.. Enumerable.Range(0, nodes.Count).Where(n => nodes[n].Any(fits))];
            if (fitting.Count > 0)
            {
                return fitting.Count == 1 ? fitting[0] : -1;
            }
        }

        return -1;
    }

    private static bool Equal(string left, string right) => left.Length > 0 && left.Equals(right, StringComparison.OrdinalIgnoreCase);

    private static bool IsShort(string name) => !name.Contains('.', StringComparison.Ordinal);

    private static string First(string name) => name.Split('.')[0];
}
