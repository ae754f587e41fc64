using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Ksmg.Sdk.Upgrades;

/// <summary>A map in the order of its keys that nobody can change, and that equals another one with the same entries.</summary>
internal sealed class FrozenMap<T> : IReadOnlyDictionary<string, T>, IEquatable<FrozenMap<T>>
{
    private readonly SortedDictionary<string, T> _entries;

    private FrozenMap(SortedDictionary<string, T> entries) => _entries = entries;

    public static FrozenMap<T> Empty { get; } = new([]);

    public int Count => _entries.Count;

    public IEnumerable<string> Keys => _entries.Select(entry => entry.Key);

    public IEnumerable<T> Values => _entries.Select(entry => entry.Value);

    public T this[string key] => _entries[key];

    /// <summary>A copy of what is given.</summary>
    public static FrozenMap<T> Of(IEnumerable<KeyValuePair<string, T>> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        SortedDictionary<string, T> copy = new(StringComparer.Ordinal);
        foreach ((string key, T value) in entries)
        {
            copy[key] = value;
        }

        return new FrozenMap<T>(copy);
    }

    public bool ContainsKey(string key) => _entries.ContainsKey(key);

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out T value) => _entries.TryGetValue(key, out value);

    public IEnumerator<KeyValuePair<string, T>> GetEnumerator() => _entries.AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public bool Equals(FrozenMap<T>? other) => other is not null && _entries.SequenceEqual(other._entries);

    public override bool Equals(object? obj) => Equals(obj as FrozenMap<T>);

    public override int GetHashCode() => HashCode.Combine(Count, _entries.Keys.FirstOrDefault());
}
