using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Fleet;

/// <summary>What a fleet will do: immutable, hashed, printable. A dry run is a plan without a fleet.</summary>
public sealed record FleetPlan
{
    /// <summary>The version of the format that this version writes and reads.</summary>
    internal const int CurrentSchema = 1;

    /// <summary>The version of this format.</summary>
    public int Schema { get; init; } = CurrentSchema;

    /// <summary>The id under which the fleet is kept: letters, digits and <c>-</c>.</summary>
    public required string FleetId { get; init; }

    /// <summary>The name of the fleet.</summary>
    public required string Name { get; init; }

    /// <summary>When the plan was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The build the packages start from.</summary>
    public required BuildNumber From { get; init; }

    /// <summary>The build all nodes will run.</summary>
    public required BuildNumber To { get; init; }

    /// <summary>Where a worker finds the package that is told nothing else: a path, or an address it is fetched from.</summary>
    public required string PackagePath { get; init; }

    /// <summary>SHA-256 over the whole file of the package, hex; <see langword="null"/>: only what is in it is known.</summary>
    public string? PackageSha256 { get; init; }

    /// <summary>The update packages in the order of their installation.</summary>
    public required IReadOnlyList<PlannedPackage> Packages
    {
        get;
        init => field = FrozenList<PlannedPackage>.Of(value);
    }

    /// <summary>The waves, in their order.</summary>
    public required IReadOnlyList<FleetWave> Waves
    {
        get;
        init => field = FrozenList<FleetWave>.Of(value);
    }

    /// <summary>The clusters; within a wave they are begun in this order.</summary>
    public required IReadOnlyList<FleetCluster> Clusters
    {
        get;
        init => field = FrozenList<FleetCluster>.Of(value);
    }

    /// <summary>How much may be at stake at once.</summary>
    public required FleetLimits Limits { get; init; }

    /// <summary>SHA-256 over everything but <see cref="CreatedAt"/>, <see cref="FleetId"/> and <see cref="PackagePath"/>, hex.</summary>
    public required string Hash { get; init; }

    /// <summary>Whether this is the plan that was hashed.</summary>
    internal bool IsAsHashed => Hash == FleetPlanJson.Hash(this);

    /// <summary>The plan as one JSON document.</summary>
    public string ToJson() => FleetPlanJson.Serialize(this);

    /// <summary>The cluster of a name; <see langword="null"/>: there is none.</summary>
    internal FleetCluster? Find(string name) => Clusters.FirstOrDefault(c => c.Name == name);

    /// <summary>The id of the run by which a cluster is upgraded: the same whoever starts it.</summary>
    /// <param name="cluster">Its name.</param>
    /// <param name="attempt">From 1; counts on when a run has ended and people want another.</param>
    internal string RunIdOf(string cluster, int attempt)
    {
        int number = 1;
        while (Clusters[number - 1].Name != cluster)
        {
            number++;
        }

        return string.Create(
            System.Globalization.CultureInfo.InvariantCulture, $"{FleetId}-{number:0000}{(attempt > 1 ? $"-{attempt}" : string.Empty)}");
    }
}
