namespace Ksmg.Simulator;

/// <summary>A numbered log that forgets its oldest half when it is full.</summary>
internal sealed class EventLog<T>
{
    private const int Capacity = 200_000;

    private readonly List<T> _entries = [];
    private long _forgotten;

    public long LastSeq => _forgotten + _entries.Count;

    public IReadOnlyList<T> Entries => _entries;

    public T Add(Func<long, T> make)
    {
        if (_entries.Count == Capacity)
        {
            _entries.RemoveRange(0, Capacity / 2);
            _forgotten += Capacity / 2;
        }

        T entry = make(LastSeq + 1);
        _entries.Add(entry);
        return entry;
    }

    public T[] After(long seq) => [.. _entries.Skip((int)Math.Clamp(seq - _forgotten, 0, _entries.Count))];
}
