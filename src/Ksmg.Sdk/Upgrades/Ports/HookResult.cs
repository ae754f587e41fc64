namespace Ksmg.Sdk.Upgrades;

/// <summary>What came of a hook.</summary>
/// <param name="Succeeded">Whether it did what it is for. The run goes on only then.</param>
/// <param name="Output">
/// What it said, for people and the journal, so never a secret. Of a long one the last 4 KiB are kept, on one line.
/// </param>
public sealed record HookResult(bool Succeeded, string Output);
