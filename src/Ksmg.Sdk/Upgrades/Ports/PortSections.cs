namespace Ksmg.Sdk.Upgrades;

/// <summary>Where the adapter of each port stands in a cluster's section.</summary>
internal static class PortSections
{
    /// <summary>The one section that is a list: people can be told in several ways.</summary>
    public const string Notifications = "Notifications";

    private static readonly (Type Port, string Section)[] _sections =
    [
        (typeof(ILoadBalancer), "LoadBalancer"),
        (typeof(ISnapshotProvider), "Snapshots"),
        (typeof(IConfigurationFiles), "Configuration"),
        (typeof(IMailProbe), "MailProbe"),
        (typeof(IBuildEvidence), "Evidence"),
        (typeof(INotifier), Notifications),
    ];

    /// <summary>All of them.</summary>
    public static string[] Names { get; } = [.. _sections.Select(s => s.Section)];

    /// <summary>The section of a port.</summary>
    /// <exception cref="ArgumentException">The type is no port.</exception>
    public static string Of(Type port) =>
        _sections.FirstOrDefault(s => s.Port == port).Section
        ?? throw new ArgumentException($"{port.Name} is no port; those are {string.Join(", ", _sections.Select(s => s.Port.Name))}.", nameof(port));
}
