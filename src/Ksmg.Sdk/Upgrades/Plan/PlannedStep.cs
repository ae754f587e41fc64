namespace Ksmg.Sdk.Upgrades;

/// <summary>A step of a plan.</summary>
public sealed record PlannedStep
{
    /// <summary>Its number as in the documentation, such as <c>S8</c>.</summary>
    public required string Id { get; init; }

    /// <summary>Its name, such as <c>install</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The node; <see langword="null"/> for steps of the run.</summary>
    public string? Node { get; init; }

    /// <summary>The index of the package in <see cref="UpgradePlan.Packages"/>, for steps done once per package.</summary>
    public int? Package { get; init; }

    /// <summary>The keys of the steps that must be done before.</summary>
    public required IReadOnlyList<string> After
    {
        get;
        init => field = FrozenList<string>.Of(value);
    }

    /// <summary>How long it may take before a human is asked.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>What identifies the step in its run: <c>id/node/package</c>, with <c>-</c> for what it has not.</summary>
    public string Key => _key.Text ??= MakeKey(Id, Node, Package);

    /// <summary>The key, made when it is first asked for: decisions ask often. Takes no part in equality.</summary>
    private MadeKey _key;

    private struct MadeKey : IEquatable<MadeKey>
    {
        public string? Text;

        public readonly bool Equals(MadeKey other) => true;

        public override readonly bool Equals(object? obj) => obj is MadeKey;

        public override readonly int GetHashCode() => 0;
    }

    internal static string MakeKey(string id, string? node, int? package = null) =>
        $"{id}/{node ?? "-"}/{(package is { } p ? p.ToString(System.Globalization.CultureInfo.InvariantCulture) : "-")}";
}
