namespace Ksmg.Sdk.Fleet;

/// <summary>How much a worker does at once.</summary>
internal sealed record FleetWorkerOptions
{
    /// <summary>How many clusters it drives at once. Default: 50.</summary>
    public int Capacity { get; init; } = 50;

    /// <summary>The name of the fleets it works for; <see langword="null"/>: all.</summary>
    public string? Name { get; init; }

    /// <summary>Whether a fleet is let go of when only people can go on.</summary>
    public bool LeavesWhenStanding { get; init; }

    /// <summary>How often it looks.</summary>
    public FleetTimes Times { get; init; } = new();
}
