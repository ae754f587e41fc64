namespace Ksmg.Sdk.Infrastructure;

/// <summary>What a node's events say about it.</summary>
/// <param name="Build">The build in its last event.</param>
/// <param name="SeenAt">When that event came.</param>
/// <param name="Events">How many events of this build have come since the listener started, or since another build was last seen.</param>
internal sealed record CefEvidence(BuildNumber Build, DateTimeOffset SeenAt, long Events);
