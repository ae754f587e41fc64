namespace Ksmg.Sdk.Upgrades;

/// <summary>How far every run of a store was at one look.</summary>
/// <param name="runs">By id, any words that change when the run does.</param>
/// <param name="mark">The store's own word for all of them, to ask with again.</param>
internal sealed class RunVersions(IReadOnlyDictionary<string, string> runs, string mark = "")
{
    public string Mark => mark;

    public IReadOnlyCollection<string> RunIds => [.. runs.Keys];

    /// <summary>The runs that are new or have changed.</summary>
    /// <param name="before">An earlier look; <see langword="null"/>: there was none, and all are new.</param>
    public IReadOnlyList<string> ChangedSince(RunVersions? before) => ReferenceEquals(before, this)
        ? []
        : [.. runs.Where(r => before?.VersionOf(r.Key) != r.Value).Select(r => r.Key)];

    /// <summary>Whether a run is new, has changed or is gone.</summary>
    public bool DiffersFrom(RunVersions? before) => before is null || before.RunIds.Count != runs.Count || ChangedSince(before).Count > 0;

    private string? VersionOf(string runId) => runs.GetValueOrDefault(runId);
}
