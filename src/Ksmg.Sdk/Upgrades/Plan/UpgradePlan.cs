using System.Text.Json.Serialization;

namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// What a run will do: immutable, hashed, printable. The plan is the object that runs; a dry run is a plan without a run.
/// </summary>
public sealed record UpgradePlan
{
    /// <summary>The version of the format of plans and journals that this version writes and reads.</summary>
    internal const int CurrentSchema = 2;

    /// <summary>The version of this format.</summary>
    public int Schema { get; init; } = CurrentSchema;

    /// <summary>The id of the run that this plan becomes: letters, digits and <c>-</c>.</summary>
    public required string RunId { get; init; }

    /// <summary>The cluster.</summary>
    public required string Cluster { get; init; }

    /// <summary>When the cluster was observed for this plan.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The build the packages start from.</summary>
    public required BuildNumber From { get; init; }

    /// <summary>The build all nodes will run.</summary>
    public required BuildNumber To { get; init; }

    /// <summary>The path of the package.</summary>
    public required string PackagePath { get; init; }

    /// <summary>The update packages in the order of their installation.</summary>
    public required IReadOnlyList<PlannedPackage> Packages
    {
        get;
        init => field = FrozenList<PlannedPackage>.Of(value);
    }

    /// <summary>The nodes in the order of their upgrade; those already at <see cref="To"/> have no steps.</summary>
    public required IReadOnlyList<PlannedNode> Nodes
    {
        get;
        init => field = FrozenList<PlannedNode>.Of(value);
    }

    /// <summary>All steps of the run in the order in which they are shown; each says after which others it may start.</summary>
    public required IReadOnlyList<PlannedStep> Steps
    {
        get;
        init => field = FrozenList<PlannedStep>.Of(value);
    }

    /// <summary>How the run behaves.</summary>
    public required UpgradePolicy Policy { get; init; }

    /// <summary>The external gates that have to be green before a node is begun, by name.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Gates
    {
        get;
        init => field = FrozenList<string>.Of(value);
    }

    = FrozenList<string>.Empty;

    /// <summary>The same in JSON, where a plan without gates says nothing of them.</summary>
    [JsonInclude]
    [JsonPropertyName("gates")]
    internal IReadOnlyList<string>? NamedGates
    {
        get => Gates.Count == 0 ? null : Gates;
        init => Gates = value ?? [];
    }

    /// <summary>What was found: reasons to refuse, things to know.</summary>
    public required IReadOnlyList<PlanFinding> Findings
    {
        get;
        init => field = FrozenList<PlanFinding>.Of(value);
    }

    /// <summary>SHA-256 over everything but <see cref="CreatedAt"/>, <see cref="RunId"/> and the wording of findings, hex.</summary>
    public required string Hash { get; init; }

    /// <summary>Whether something forbids to start.</summary>
    public bool IsRefused => Findings.Any(f => f.Severity == FindingSeverity.Refusal);

    /// <summary>Whether all nodes are at <see cref="To"/> already.</summary>
    public bool IsNothingToDo => Steps.Count == 0;

    /// <summary>Whether this is the plan that was hashed.</summary>
    internal bool IsAsHashed => Hash == PlanJson.Hash(this);

    /// <summary>The plan as one JSON document.</summary>
    public string ToJson() => PlanJson.Serialize(this);

    /// <summary>Reads a plan back from what <see cref="ToJson"/> wrote: the same plan, under the same hash.</summary>
    /// <param name="json">The document.</param>
    /// <exception cref="FormatException">It is no plan, of another format, or was changed since; the message says what differs.</exception>
    public static UpgradePlan FromJson(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        return PlanJson.ReadWholePlan(json);
    }
}
