using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Configuration;

namespace Ksmg.Sdk.Fleet;

/// <summary>A cluster as the files of a fleet say.</summary>
public sealed class FleetFileCluster
{
    private readonly ClusterFile _file;
    private readonly IReadOnlyList<MaintenanceWindowOptions> _windows;

    /// <param name="file">Its file as read.</param>
    /// <param name="windows">The windows that the fleet gives it.</param>
    internal FleetFileCluster(ClusterFile file, IReadOnlyList<MaintenanceWindowOptions> windows)
    {
        _file = file;
        _windows = windows;
    }

    /// <summary>Its <c>cluster.json</c>.</summary>
    public required string Path { get; init; }

    /// <summary>Its name.</summary>
    public string Name => Owner.Cluster;

    /// <summary>The cluster with its nodes.</summary>
    public required RunOwner Owner { get; init; }

    /// <summary>Its labels.</summary>
    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    /// <summary>The policy of its runs, with the windows of the fleet.</summary>
    public required UpgradePolicy Policy { get; init; }

    /// <summary>The name of its wave.</summary>
    public string Wave { get; internal set; } = string.Empty;

    /// <summary>What <c>AddKsmg(section).AddConfiguredUpgrade()</c> makes the cluster of: its file, with the windows of the fleet.</summary>
    public IConfigurationSection Section => With(_file, _windows);

    /// <inheritdoc cref="ClusterFile.WithOrigin"/>
    internal string WithOrigin(string mistake) => _file.WithOrigin(mistake);

    private static IConfigurationSection With(ClusterFile file, IReadOnlyList<MaintenanceWindowOptions> windows)
    {
        IConfigurationSection section = file.Section;
        if (windows.Count == 0)
        {
            return section;
        }

        Dictionary<string, string?> values = new(section.AsEnumerable(), StringComparer.OrdinalIgnoreCase);
        for (int i = 0; i < windows.Count; i++)
        {
            string place = string.Create(
                System.Globalization.CultureInfo.InvariantCulture, $"{section.Path}:Policy:{nameof(UpgradePolicy.Windows)}:{i}:");
            MaintenanceWindowOptions window = windows[i];
            values[place + nameof(window.Zone)] = window.Zone;
            values[place + nameof(window.From)] = window.From;
            values[place + nameof(window.To)] = window.To;
            if (window.Days is { } days)
            {
                values[place + nameof(window.Days)] = days;
            }

            for (int day = 0; day < window.Except.Count; day++)
            {
                values[string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{place}{nameof(window.Except)}:{day}")] = window.Except[day];
            }
        }

        return new ConfigurationBuilder().AddInMemoryCollection(values).Build().GetSection(section.Path);
    }
}
