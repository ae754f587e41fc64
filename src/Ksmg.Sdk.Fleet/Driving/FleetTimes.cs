namespace Ksmg.Sdk.Fleet;

/// <summary>How often a fleet is looked at.</summary>
internal sealed record FleetTimes
{
    /// <summary>While clusters are worked on: their runs, by one question for all of them. Default: 2 seconds.</summary>
    public TimeSpan Look { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Runs that wait for people. Default: 1 minute.</summary>
    public TimeSpan SlowLook { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a granted cluster that nobody drives is rung for before it is again. Default: 10 seconds.</summary>
    public TimeSpan RingAgain { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often a cluster is taken up without coming any further before people have to look at it. Default: 5.</summary>
    public int MostTries { get; init; } = 5;
}
