namespace Ksmg.Sdk.Tests.Support;

/// <summary>Data of theories: each with each.</summary>
internal static class Pairs
{
    public static TheoryData<TFirst, TSecond> Of<TFirst, TSecond>(IEnumerable<TFirst> first, params IEnumerable<TSecond> second)
    {
        TheoryData<TFirst, TSecond> data = [];
        foreach ((TFirst one, TSecond other) in first.SelectMany(one => second.Select(other => (one, other))))
        {
            data.Add(one, other);
        }

        return data;
    }
}
