using System.Collections;

namespace Ksmg.Sdk.Upgrades;

/// <summary>A list that nobody can change, neither its owner nor by a cast, and that equals another one with the same items.</summary>
internal sealed class FrozenList<T> : IReadOnlyList<T>, IEquatable<FrozenList<T>>
{
    private readonly T[] _items;

    private FrozenList(T[] items) => _items = items;

    public static FrozenList<T> Empty { get; } = new([]);

    public int Count => _items.Length;

    public T this[int index] => _items[index];

    /// <summary>A copy of what is given.</summary>
    /// <exception cref="ArgumentException">An item is <see langword="null"/>.</exception>
    public static FrozenList<T> Of(IEnumerable<T> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        T[] copy = [.. items];
        return copy.Any(item => item is null) ? throw new ArgumentException("A list holds null.", nameof(items)) : new FrozenList<T>(copy);
    }

    public IEnumerator<T> GetEnumerator() => ((IEnumerable<T>)_items).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public bool Equals(FrozenList<T>? other) => other is not null && _items.AsSpan().SequenceEqual(other._items);

    public override bool Equals(object? obj) => Equals(obj as FrozenList<T>);

    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (T item in _items)
        {
            hash.Add(item);
        }

        return hash.ToHashCode();
    }
}
