namespace Ksmg.Sdk.Upgrades;

/// <summary>An entry as it stands in the journal.</summary>
/// <param name="Sequence">Its number, from 1 without gaps.</param>
/// <param name="At">When it was written, by the clock of the journal.</param>
/// <param name="Epoch">Under which lease.</param>
/// <param name="Entry">What was written.</param>
/// <param name="Hash">SHA-256 over the previous record's hash and this record, hex.</param>
internal sealed record JournalRecord(long Sequence, DateTimeOffset At, long Epoch, JournalEntry Entry, string Hash);
