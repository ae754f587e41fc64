using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Fleet;

/// <summary>A maintenance window of a fleet, as configured: for the clusters that match.</summary>
public sealed class FleetWindowOptions
{
    /// <summary>The window.</summary>
    public MaintenanceWindowOptions Window { get; } = new();

    /// <summary>The labels that a cluster has whose window it is. Default: any.</summary>
    public IDictionary<string, string> Match { get; } = new SortedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>What may stand in the section of a window.</summary>
    internal static SectionShape<FleetWindowOptions> Shape { get; } = MaintenanceWindowOptions
        .AddTo(new SectionShape<FleetWindowOptions>(), w => w.Window)
        .Map(nameof(Match), w => w.Match);
}
