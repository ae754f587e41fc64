namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// Whether what is kept of a run is whole and fits together. It tells what was changed by chance or by hand in one place; whoever writes all of
/// it anew, hashes included, is not found out.
/// </summary>
public sealed record RunVerification
{
    /// <summary>The run.</summary>
    public required string RunId { get; init; }

    /// <summary>What was checked, in this order. Where the records cannot be read, nothing else is.</summary>
    public required IReadOnlyList<VerifiedCheck> Checks { get; init; }

    /// <summary>Whether nothing is wrong.</summary>
    public bool IsSound => Checks.All(c => c.Fault is null);

    /// <summary>The verification as one JSON document.</summary>
    public string ToJson() => ReportJson.Serialize(this);

    /// <summary>The verification in words, a line for each check.</summary>
    public string ToText() => string.Concat(Checks
        .Select(c => Words.Get(c.Fault is null ? "verify.sound" : "verify.broken", c.Fault ?? c.Seen))
        .Prepend(Words.Get(IsSound ? "verify.head-sound" : "verify.head-broken", RunId))
        .Select(line => Words.OneLine(line) + "\n"));
}
