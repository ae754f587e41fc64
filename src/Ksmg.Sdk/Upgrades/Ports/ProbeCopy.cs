namespace Ksmg.Sdk.Upgrades;

/// <summary>A copy of a test message at the recipient.</summary>
/// <param name="ReceivedAt">When it arrived.</param>
/// <param name="ViaHost">The host name of the node in its <c>Received</c> headers, if one of the cluster is there.</param>
/// <param name="Build">The build in <c>X-KSMG-AntiVirus</c>; <see langword="null"/> when the headers are switched off.</param>
public sealed record ProbeCopy(DateTimeOffset? ReceivedAt, string? ViaHost, BuildNumber? Build);
