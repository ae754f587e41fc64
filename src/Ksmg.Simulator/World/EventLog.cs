namespace Ksmg.Simulator;

/// <summary>A numbered log that forgets its oldest half when it is full.</summary>
internal sealed class EventLog<T>
{
    private const int Capacity = 200_000;

    private readonly List<T> _entries = [];
    private long _forgotten;

    public long LastSeq => _forgotten + _entries.Count;

    public IReadOnlyList<T> Entries => _entries;

    /// <summary>Adds the entry that bears the next number.</summary>
    public T Add(T entry)
    {
        if (_entries.Count == Capacity)
        {
            _entries.RemoveRange(0, Capacity / 2);
            _forgotten += Capacity / 2;
        }

        _entries.Add(entry);
        return entry;
    }

    public T[] After(long seq) => [.. _entries.Skip((int)Math.Clamp(seq - _forgotten, 0, _entries.Count))];
}
