namespace Ksmg.Sdk.Fleet;

/// <summary>What a worker of a fleet is told beside the fleet's file.</summary>
public sealed class KsmgFleetOptions
{
    /// <summary>What the files of clusters cannot say, such as dialects and kinds of adapters of your own.</summary>
    public Action<KsmgBuilder>? Configure { get; set; }

    /// <summary>A path or an address where this worker finds the package; <see langword="null"/>: where the plan says.</summary>
    public string? Package { get; set; }

    /// <summary>How many clusters this worker drives at once. Default: 50.</summary>
    public int Capacity { get; set; } = 50;

    /// <summary>How often it looks.</summary>
    internal FleetTimes Times { get; set; } = new();

    /// <summary>How often its bell looks.</summary>
    internal BellTimes BellTimes { get; set; } = new();
}
