namespace Ksmg.Sdk.Fleet;

/// <summary>A cluster of a fleet, or several, as configured: one file, or a pattern.</summary>
public sealed class FleetClusterOptions
{
    /// <summary>A <c>cluster.json</c>.</summary>
    public string? File { get; set; }

    /// <summary>All files of a pattern, such as <c>customers/*/cluster.json</c>, in the order of their names.</summary>
    public string? Files { get; set; }

    /// <summary>The labels of each of them.</summary>
    public IDictionary<string, string> Labels { get; } = new SortedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>What may stand in the section.</summary>
    internal static SectionShape<FleetClusterOptions> Shape { get; } = new SectionShape<FleetClusterOptions>()
        .Text(nameof(File), (c, value) => c.File = value)
        .Text(nameof(Files), (c, value) => c.Files = value)
        .Map(nameof(Labels), c => c.Labels);
}
