using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Fleet;

/// <summary>How much of a fleet may be at stake at once.</summary>
public sealed record FleetLimits
{
    /// <summary>How many clusters are worked on at once. One that waits for people is not worked on. Default: 20.</summary>
    public int MaxConcurrent { get; init; } = 20;

    /// <summary>How many clusters of one wave may fail, or need a human, before nothing more is begun until people say so. Default: 0.</summary>
    public int MaxFailuresPerWave { get; init; }

    /// <summary>How many may in all. Default: 0.</summary>
    public int MaxFailures { get; init; }

    /// <summary>How long a wave is watched when its last cluster has come to its end, before the next one begins. Default: 30 minutes.</summary>
    public TimeSpan Soak { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>
    /// Labels of which no value is at stake twice: a cluster that was begun and is not over keeps every other one back that has the same value.
    /// </summary>
    public IReadOnlyList<string> NeverTogether
    {
        get;
        init => field = FrozenList<string>.Of(value);
    }

    = FrozenList<string>.Empty;
}
