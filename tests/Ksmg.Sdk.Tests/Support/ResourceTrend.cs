using System.Globalization;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>
/// Whether what a process holds grows from round to round of the same work. What the first rounds make and keep is no leak; so the medians of the second
/// quarter and of the last are compared, and what caches, the thread pool and the collector take or give back at will is allowed for.
/// </summary>
internal sealed class ResourceTrend
{
    public const int FewestRounds = 16;

    private static readonly (string Name, Func<ResourceSample, double> Of, double Allowed)[] Kinds =
    [
        ("MB of memory", s => s.Megabytes, 12), ("handles", s => s.Handles, 16), ("threads", s => s.Threads, 16), ("connections", s => s.Connections, 8),
    ];

    private readonly List<ResourceSample> _samples = [];

    public int Rounds => _samples.Count;

    /// <summary>Notes what is held after a round.</summary>
    public void Add() => _samples.Add(ResourceSample.Take());

    /// <summary>What has grown by more than is allowed, by name.</summary>
    public IEnumerable<string> Grown() => Kinds.Where(k => Medians(k.Of) is var (from, to) && to - from > k.Allowed).Select(k => k.Name);

    public override string ToString() => string.Join(", ", Kinds.Select(k =>
    {
        (double from, double to) = Medians(k.Of);
        return string.Create(CultureInfo.InvariantCulture, $"{k.Name} {from:0.#} → {to:0.#}");
    }));

    private (double From, double To) Medians(Func<ResourceSample, double> of)
    {
        Assert.True(Rounds >= FewestRounds, $"{Rounds} rounds");
        int quarter = Rounds / 4;
        return (Median(_samples.Skip(quarter).Take(quarter)), Median(_samples.TakeLast(quarter)));

        double Median(IEnumerable<ResourceSample> samples) => samples.Select(of).Order().ElementAt(quarter / 2);
    }
}
