namespace Ksmg.Web.Fleet;

/// <summary>What somebody decided on the page.</summary>
/// <param name="Kind">One of <see cref="Ksmg.Sdk.Fleet.FleetCommandKind"/>.</param>
/// <param name="Cluster">The cluster; <see langword="null"/>: the fleet.</param>
/// <param name="WaitHash">The hash of what they looked at; an approval carries it.</param>
/// <param name="Reason">Why.</param>
internal sealed record FleetOrder(string? Kind, string? Cluster, string? WaitHash, string? Reason);
