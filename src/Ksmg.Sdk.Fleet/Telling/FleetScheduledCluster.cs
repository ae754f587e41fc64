namespace Ksmg.Sdk.Fleet;

/// <summary>When a cluster of a plan would be worked on.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Wave">The name of its wave.</param>
/// <param name="BeginsAt">When it would be begun; <see langword="null"/>: never.</param>
/// <param name="EndsAt">When its last node would be done.</param>
/// <param name="Assumed">How long it takes without waiting, as assumed.</param>
/// <param name="PastRuns">By how many runs of the past that is assumed; 0: by the time that a node is allowed.</param>
/// <param name="Approvals">How many approvals of waves come before it.</param>
public sealed record FleetScheduledCluster(
    string Name, string Wave, DateTimeOffset? BeginsAt, DateTimeOffset? EndsAt, TimeSpan Assumed, int PastRuns, int Approvals);
