using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Fleet;

/// <summary>A store that answers for many runs at once.</summary>
internal interface IManyRuns
{
    /// <summary>Those of some runs that there are.</summary>
    Task<IReadOnlyList<StoredRun>> FindAsync(IReadOnlyCollection<string> runs, CancellationToken cancellationToken);

    /// <summary>Those of some runs in whose inbox a command lies that has no answer.</summary>
    Task<IReadOnlyCollection<string>> FindToldAsync(IReadOnlyCollection<string> runs, CancellationToken cancellationToken);
}
