using System.Runtime.CompilerServices;

namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// A run as its journal tells it: what it did, what it waits for, and what happens while another process drives it. Whoever has the journal
/// can read it, whosever run it is; no node is asked, and nothing is changed.
/// </summary>
public class RecordedRun
{
    /// <summary>A driver that dies changes nothing: it is looked for so often.</summary>
    private protected static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(2);

    private protected readonly UpgradeJournal _journal = null!;
    private protected readonly TimeProvider _time = TimeProvider.System;
    private volatile WaitingFor? _waitingFor;

    /// <summary>A run of a journal.</summary>
    /// <param name="journal">Where it is kept.</param>
    /// <param name="id">Its id.</param>
    /// <param name="timeProvider">The clock; <see langword="null"/>: the system's.</param>
    public RecordedRun(UpgradeJournal journal, string id, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(journal);
        ArgumentException.ThrowIfNullOrEmpty(id);
        _journal = journal;
        _time = timeProvider ?? TimeProvider.System;
        Id = id;
    }

    /// <summary>For test doubles.</summary>
    protected RecordedRun()
    {
        Id = string.Empty;
    }

    /// <summary>The id.</summary>
    public virtual string Id { get; }

    /// <summary>
    /// What the run waits for, as <see cref="GetReportAsync"/> found it last; <see langword="null"/> when it was driven or had ended.
    /// </summary>
    public virtual WaitingFor? WaitingFor
    {
        get => _waitingFor;
        private protected set => _waitingFor = value;
    }

    /// <summary>The plan it carries out.</summary>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="JournalException">There is no such run, or it is damaged.</exception>
    public virtual Task<UpgradePlan> GetPlanAsync(CancellationToken cancellationToken = default) => _journal.GetPlanAsync(Id, cancellationToken);

    /// <summary>What it has done so far, from its journal, and what was decided since.</summary>
    public virtual async Task<UpgradeReport> GetReportAsync(CancellationToken cancellationToken = default)
    {
        UpgradePlan plan = await GetPlanAsync(cancellationToken).ConfigureAwait(false);
        IReadOnlyList<RunCommand> pending = await _journal.ReadCommandsAsync(Id, cancellationToken).ConfigureAwait(false);
        bool isDriven = await IsDrivenAsync(cancellationToken).ConfigureAwait(false);
        IReadOnlyList<JournalRecord> records = await _journal.ReadAsync(Id, 0, cancellationToken).ConfigureAwait(false);
        DateTimeOffset now = _time.GetUtcNow();
        UpgradeReport report = ReportBuilder.Build(plan, records, pending, isDriven, now);
        _waitingFor = WaitingFor.Of(new Position(plan, RunState.Fold(records), now), report.Reason, isDriven, now);
        return report;
    }

    /// <summary>
    /// Whether what is kept of the run is whole and fits together: the chain of its records and its plan, the epochs of those that drove it, an
    /// intent before each outcome, the saved configuration. All of it is read anew.
    /// </summary>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="JournalException">There is no such run, or it cannot be read.</exception>
    public virtual Task<RunVerification> VerifyAsync(CancellationToken cancellationToken = default) =>
        RunVerifier.VerifyAsync(_journal, Id, cancellationToken);

    /// <summary>
    /// What the run waits for, as its journal and whoever drives it tell. The nodes are not asked: while nobody drives it there are neither
    /// steps nor evidence.
    /// </summary>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="JournalException">There is no such run, or it is damaged.</exception>
    public virtual async Task<UpgradeExplanation> ExplainAsync(CancellationToken cancellationToken = default)
    {
        RunReading reading = await RunReading.ReadAsync(_journal, Id, new RunClock(_time), cancellationToken).ConfigureAwait(false);
        return reading.Told ?? RunExplainer.Explain(reading.Position, reading.Holder, reading.Commands, _time.GetUtcNow());
    }

    /// <summary>
    /// The events of the run after a sequence, until it is not active any more. Whoever goes on with the sequence of the last event misses
    /// nothing, after a pause and from any process.
    /// </summary>
    /// <param name="after">The <see cref="UpgradeEvent.Sequence"/> of the last event that is known; 0: from the beginning.</param>
    /// <param name="cancellationToken">Ends the watching; the run goes on.</param>
    public virtual async IAsyncEnumerable<UpgradeEvent> WatchAsync(long after = 0, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        string cluster = (await GetPlanAsync(cancellationToken).ConfigureAwait(false)).Cluster;
        RunState state = new();
        HashSet<(StepId?, string?, string)> told = [];
        for (string? seen = null; ;)
        {
            seen = await _journal.WaitForChangeAsync(Id, seen, LookInterval, cancellationToken).ConfigureAwait(false);
            foreach (JournalRecord record in await _journal.ReadAsync(Id, state.LastSequence, cancellationToken).ConfigureAwait(false))
            {
                state.Apply(record);
                told.Clear();
                if (record.Sequence > after && RunEvents.From(cluster, Id, record) is { } upgradeEvent)
                {
                    yield return upgradeEvent;
                }
            }

            if (state.State != UpgradeEnd.Running)
            {
                yield break;
            }

            foreach (UpgradeEvent wait in await ReadWaitsAsync(cluster, state.LastSequence, cancellationToken).ConfigureAwait(false))
            {
                if (wait.Sequence >= after && told.Add((wait.Step, wait.Node, wait.Text)))
                {
                    yield return wait;
                }
            }
        }
    }

    private protected async Task<bool> IsDrivenAsync(CancellationToken cancellationToken) =>
        (await _journal.FindAsync(Id, cancellationToken).ConfigureAwait(false)).Holder is not null;

    /// <summary>What the driver said that it waits for, which stands in no record.</summary>
    private async Task<IReadOnlyList<UpgradeEvent>> ReadWaitsAsync(string cluster, long last, CancellationToken cancellationToken) =>
        await _journal.ReadPublishedAsync(Id, cancellationToken).ConfigureAwait(false) is { } json
        && ReportJson.ToDecision(json.Span) is { } published
        && published.Sequence == last
            ? [
                .. published.Explanation.Steps
                    .Where(s => s.What == ExplainedStepKind.Waiting)
                    .Select(s => RunEvents.From(cluster, Id, last, published.Explanation.At, s))]
            : [];
}
