namespace Ksmg.Sdk.Upgrades;

/// <summary>How long something may take.</summary>
/// <param name="Shortest">The shortest it takes.</param>
/// <param name="Usual">What it takes mostly: the median.</param>
/// <param name="Longest">The longest it takes.</param>
public sealed record DurationRange(TimeSpan Shortest, TimeSpan Usual, TimeSpan Longest)
{
    /// <summary>From so few times nobody can tell the shortest and the longest: the range is made wider.</summary>
    private const int Few = 3;

    internal static DurationRange Nothing { get; } = new(TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero);

    /// <summary>In words.</summary>
    public override string ToString() => Longest < TimeSpan.FromSeconds(1)
        ? Words.Get("estimate.moment")
        : Words.Get("estimate.range", InSeconds(Shortest), InSeconds(Longest), InSeconds(Usual));

    /// <summary>What a few times tell.</summary>
    internal static DurationRange Of(IEnumerable<TimeSpan> samples)
    {
        TimeSpan[] inOrder = [.. samples.Order()];
        TimeSpan usual = (inOrder[(inOrder.Length - 1) / 2] + inOrder[inOrder.Length / 2]) / 2;
        bool isWide = inOrder.Length >= Few && inOrder[0] < inOrder[^1];
        return isWide ? new DurationRange(inOrder[0], usual, inOrder[^1]) : new DurationRange(inOrder[0] * 0.75, usual, inOrder[^1] * 1.5);
    }

    internal static DurationRange Later(DurationRange one, DurationRange other) => new(
        Later(one.Shortest, other.Shortest), Later(one.Usual, other.Usual), Later(one.Longest, other.Longest));

    internal DurationRange Plus(DurationRange other) => new(Shortest + other.Shortest, Usual + other.Usual, Longest + other.Longest);

    private static TimeSpan Later(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private static TimeSpan InSeconds(TimeSpan time) => TimeSpan.FromSeconds(Math.Round(time.TotalSeconds));
}
