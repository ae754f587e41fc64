namespace Ksmg.Sdk.Fleet;

/// <summary>A part of a fleet: none of its clusters is begun before the waves before it are over.</summary>
/// <param name="Name">Its name, unique within the fleet.</param>
/// <param name="Approve">Where it waits for people.</param>
public sealed record FleetWave(string Name, FleetApproval Approve = FleetApproval.None);
