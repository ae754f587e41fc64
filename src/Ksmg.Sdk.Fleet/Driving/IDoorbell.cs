namespace Ksmg.Sdk.Fleet;

/// <summary>
/// Has somebody look at a cluster, or at a fleet, at a time: one of the workers, whichever is free. A ring may be lost or come twice or late;
/// what is to be done stands in the journals alone.
/// </summary>
internal interface IDoorbell
{
    /// <summary>Rings.</summary>
    /// <param name="fleetId">The fleet.</param>
    /// <param name="cluster">The cluster; <see langword="null"/>: the fleet itself.</param>
    /// <param name="at">When; what lies in the past is now. An earlier ring for the same goes before a later one.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    Task RingAsync(string fleetId, string? cluster, DateTimeOffset at, CancellationToken cancellationToken = default);
}
