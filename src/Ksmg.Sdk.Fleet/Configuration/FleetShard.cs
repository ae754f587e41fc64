using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Ksmg.Sdk.Fleet;

/// <summary>
/// A part of a fleet that is kept in a store of its own: which clusters are in it, and what it may do of what the whole may. Each part is computed
/// from the same list of clusters, without the others.
/// </summary>
/// <param name="Number">From 1.</param>
/// <param name="Of">How many there are.</param>
internal sealed record FleetShard(int Number, int Of)
{
    private const int Most = 100;

    /// <summary>Reads <c>2/4</c>.</summary>
    public static bool TryRead(string text, out FleetShard? shard)
    {
        shard = text.Split('/') is [var number, var of]
            && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int n)
            && int.TryParse(of, NumberStyles.None, CultureInfo.InvariantCulture, out int all)
            && n >= 1 && n <= all && all <= Most
            ? new FleetShard(n, all)
            : null;
        return shard is not null;
    }

    /// <summary>Its share of a limit: those of all parts add up to the whole.</summary>
    public int ShareOf(int limit) => limit / Of + (Number <= limit % Of ? 1 : 0);

    /// <summary>Its clusters, in their order. What must not be at stake together is in one part, so that its fleet sees to it.</summary>
    /// <param name="clusters">All clusters of the fleet.</param>
    /// <param name="nameOf">The name of one.</param>
    /// <param name="labelsOf">Its labels.</param>
    /// <param name="neverTogether">The labels of which no value is at stake twice.</param>
    public IReadOnlyList<T> Take<T>(
        IReadOnlyList<T> clusters, Func<T, string> nameOf, Func<T, IReadOnlyDictionary<string, string>> labelsOf, IEnumerable<string> neverTogether)
    {
        // Clusters that share a value, and those that share another one with these, are one group, called after the first of its names.
        Dictionary<string, string> groups = new(StringComparer.Ordinal);
        string Root(string key)
        {
            while (groups.TryGetValue(key, out string? above))
            {
                key = above;
            }

            return key;
        }

        foreach (T cluster in clusters)
        {
            foreach (string label in neverTogether.Where(label => labelsOf(cluster).ContainsKey(label)))
            {
                string value = Root($"{label}={labelsOf(cluster)[label]}");
                string name = Root(nameOf(cluster));
                if (value != name)
                {
                    // A value goes before a name: a group stays where it is when a cluster joins or leaves it.
                    (string first, string second) = IsBefore(value, name) ? (value, name) : (name, value);
                    groups[second] = first;
                }
            }
        }

        return [.. clusters.Where(cluster => Place(Root(nameOf(cluster))) == Number)];
    }

    private static bool IsBefore(string one, string other)
    {
        bool isValue = one.Contains('=', StringComparison.Ordinal);
        return isValue == other.Contains('=', StringComparison.Ordinal) ? string.CompareOrdinal(one, other) < 0 : isValue;
    }

    /// <summary>The part of a key: each draws a number for it, and the highest has it. One part more takes what it draws highest for.</summary>
    private int Place(string key) => Enumerable.Range(1, Of).MaxBy(number =>
        BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{number}\n{key}")))));
}
