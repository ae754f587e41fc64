using System.Collections.Concurrent;
using Ksmg.Sdk;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Web;

/// <summary>A cluster whose runs are shown.</summary>
/// <param name="name">Its name.</param>
/// <param name="orchestrator">Its upgrades.</param>
/// <param name="journal">Where its runs are kept.</param>
/// <param name="touched">Told whenever somebody looks at a run of it, for whoever closes what nobody looks at.</param>
internal sealed class WebCluster(string name, RollingUpgradeOrchestrator orchestrator, UpgradeJournal journal, Action? touched = null)
{
    private const int MostKnown = 200;

    private readonly ConcurrentDictionary<string, SeenRun> _runs = new(StringComparer.Ordinal);

    public string Name { get; } = name;

    public UpgradeJournal Journal { get; } = journal;

    /// <summary>The runs of this cluster, the newest first.</summary>
    public async Task<IReadOnlyList<RunSummary>> ListAsync(CancellationToken cancellationToken) =>
        [.. (await orchestrator.ListRunsAsync(cancellationToken).ConfigureAwait(false)).Reverse()];

    /// <summary>A run of this cluster.</summary>
    /// <exception cref="ForeignRunException">It is another cluster's.</exception>
    /// <exception cref="JournalException">There is no such run.</exception>
    public async Task<SeenRun> FindAsync(string id, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            _ = await orchestrator.FindRunAsync(id, cancellationToken).ConfigureAwait(false);
            return See(id, time);
        }
        catch (ArgumentException e)
        {
            throw new JournalException(Words.Get("run.no-id"), e);
        }
    }

    /// <summary>Whether a run is one of this cluster.</summary>
    public async Task<bool> HasAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            _ = await orchestrator.FindRunAsync(id, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is KsmgException or ArgumentException)
        {
            return false;
        }
    }

    /// <summary>A run that was listed.</summary>
    public SeenRun See(string id, TimeProvider time)
    {
        if (_runs.Count >= MostKnown)
        {
            // What was seen of them is read again when somebody looks.
            _runs.Clear();
        }

        return _runs.GetOrAdd(id, run => new SeenRun(orchestrator.GetRun(run), new RecordedRun(Journal, run, time), time, touched));
    }
}
