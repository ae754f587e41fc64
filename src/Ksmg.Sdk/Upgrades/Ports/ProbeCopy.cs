namespace Ksmg.Sdk.Upgrades;

/// <summary>A copy of a test message at the recipient.</summary>
/// <param name="ReceivedAt">When it arrived.</param>
/// <param name="ViaHost">
/// The host name of the node in its <c>Received</c> headers, in any case, short or full; <see langword="null"/> when none of the cluster
/// is there, or it could be more than one.
/// </param>
/// <param name="Build">The build in <c>X-KSMG-AntiVirus</c>; <see langword="null"/> when the headers are switched off.</param>
/// <param name="Databases">The date of the databases in the same header, as it stands there; <see langword="null"/> without.</param>
public sealed record ProbeCopy(DateTimeOffset? ReceivedAt, string? ViaHost, BuildNumber? Build, string? Databases = null);
