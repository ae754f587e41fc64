namespace Ksmg.Web;

/// <summary>The mail of a cluster over time: bounded, the older the thinner.</summary>
internal sealed class Figures
{
    private const int Most = 600;

    private readonly Lock _gate = new();
    private readonly List<Sample> _all = [];

    public IReadOnlyList<Sample> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _all];
            }
        }
    }

    public void Add(Sample? sample)
    {
        lock (_gate)
        {
            if (sample is null || _all.Count > 0 && sample.At <= _all[^1].At)
            {
                return;
            }

            _all.Add(sample);
            if (_all.Count > Most)
            {
                // Of the older half every second one goes: the shape of the night stays.
                Sample[] thinned = [.. _all.Where((_, i) => i >= Most / 2 || i % 2 == 0)];
                _all.Clear();
                _all.AddRange(thinned);
            }
        }
    }
}
