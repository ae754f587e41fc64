namespace Ksmg.Simulator;

/// <summary>What <see cref="FleetWatcher"/> holds a fleet to.</summary>
public sealed record WatchedLimits
{
    /// <summary>How many clusters may be worked on at once. Default: any number.</summary>
    public int? MaxConcurrent { get; init; }

    /// <summary>Labels of which no two clusters with the same value may be worked on at once. Default: none.</summary>
    public IReadOnlyList<string> NeverTogether { get; init; } = [];

    /// <summary>
    /// Between two effects of a cluster that lie further apart nobody works on it, unless it installs. It has to be longer than the longest step
    /// without an effect (a drain, a soak), else work is overlooked. Default: none, all from the first effect to the last is work.
    /// </summary>
    public TimeSpan? LongestGap { get; init; }
}
