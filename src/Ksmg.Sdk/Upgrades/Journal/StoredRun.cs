namespace Ksmg.Sdk.Upgrades;

/// <summary>What a <see cref="IRunStore"/> tells of a run at a glance.</summary>
/// <param name="RunId">The run.</param>
/// <param name="First">Its first record, a line.</param>
/// <param name="Last">Its last whole record, a line.</param>
/// <param name="Lease">Its lease; <see langword="null"/> when it cannot be read.</param>
/// <param name="Damage">Why the run cannot be read; <see langword="null"/> when it can.</param>
public sealed record StoredRun(string RunId, ReadOnlyMemory<byte> First, ReadOnlyMemory<byte> Last, StoredLease? Lease, string? Damage = null);
