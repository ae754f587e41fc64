namespace Ksmg.Sdk.Upgrades;

/// <summary>Where the adapter of each port stands in a cluster's section.</summary>
internal static class PortSections
{
    private static readonly Type[] _lists = [typeof(INotifier), typeof(IUpgradeHook), typeof(IUpgradeGate)];

    private static readonly (Type Port, string Section)[] _sections =
    [
        (typeof(ILoadBalancer), "LoadBalancer"),
        (typeof(ISnapshotProvider), "Snapshots"),
        (typeof(IConfigurationFiles), "Configuration"),
        (typeof(IMailProbe), "MailProbe"),
        (typeof(IBuildEvidence), "Evidence"),
        (typeof(IMonitoringSilence), "Silence"),
        (typeof(INotifier), "Notifications"),
        (typeof(IUpgradeHook), "Hooks"),
        (typeof(IUpgradeGate), "Gates"),
    ];

    /// <summary>All of them.</summary>
    public static string[] Names { get; } = [.. _sections.Select(s => s.Section)];

    /// <summary>Whether a section is a list: of its port there may be several.</summary>
    public static bool IsList(string section) => _lists.Any(port => Of(port) == section);

    /// <summary>The section of a port.</summary>
    /// <exception cref="ArgumentException">The type is no port.</exception>
    public static string Of(Type port) =>
        _sections.FirstOrDefault(s => s.Port == port).Section
        ?? throw new ArgumentException($"{port.Name} is no port; those are {string.Join(", ", _sections.Select(s => s.Port.Name))}.", nameof(port));
}
