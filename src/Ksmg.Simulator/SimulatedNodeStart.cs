using Ksmg.Sdk;

namespace Ksmg.Simulator;

/// <summary>How a simulated node stands at the start.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Role">Its role.</param>
/// <param name="Build">Its build.</param>
/// <param name="ClusterAddress">The address under which the product lists it, <c>IP:port</c>.</param>
public sealed record SimulatedNodeStart(string Name, NodeRole Role, BuildNumber Build, string ClusterAddress)
{
    /// <summary>Whether it takes mail. Default: yes.</summary>
    public bool Receiving { get; init; } = true;

    /// <summary>The node of that number in a simulated cluster that nobody described further: the first one is Control.</summary>
    internal static SimulatedNodeStart Numbered(int number, BuildNumber build) => new(
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"gw{number}"),
        number == 1 ? NodeRole.Control : NodeRole.Secondary,
        build,
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"127.0.0.{number}:9045"));
}
