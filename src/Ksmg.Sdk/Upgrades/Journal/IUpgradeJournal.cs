namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// Where runs live: their plans, their append-only hash-chained records, their leases, the commands of humans and the files a run saves.
/// One contract suite runs over all implementations.
/// </summary>
public interface IUpgradeJournal
{
    /// <summary>
    /// Stores a plan as a new run and takes its lease. When this returns, the run is durable and nothing else has happened.
    /// </summary>
    /// <exception cref="ActiveRunException">Another run of the same cluster, or of a node of it, has not ended.</exception>
    /// <exception cref="JournalException">The plan is not the one that was hashed.</exception>
    Task<RunLease> CreateAsync(UpgradePlan plan, CancellationToken cancellationToken = default);

    /// <summary>Takes the lease of a run that nobody holds (or whose holder is gone), with a new epoch.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="wait">How long to wait for a holder that may be gone: its lease has to end first.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="LeaseHeldException">The holder is alive; names it.</exception>
    /// <exception cref="JournalException">There is no such run, or its records are damaged.</exception>
    Task<RunLease> AcquireAsync(string runId, TimeSpan wait, CancellationToken cancellationToken = default);

    /// <summary>Takes a run up again that has ended, so that it can be rolled back; until its next end it is the cluster's active run.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="wait">As with <see cref="AcquireAsync"/>.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="ActiveRunException">Another run of the same cluster, or of a node of it, has not ended.</exception>
    /// <exception cref="JournalException">There is no such run, its records are damaged, or a newer run of the cluster has begun since.</exception>
    Task<RunLease> ReopenAsync(string runId, TimeSpan wait, CancellationToken cancellationToken = default);

    /// <summary>A run as the listing shows it, without looking at any other.</summary>
    /// <exception cref="JournalException">There is no such run.</exception>
    Task<RunSummary> FindAsync(string runId, CancellationToken cancellationToken = default);

    /// <summary>All runs of all clusters, the newest last. Cheap: what is damaged is listed as such, not thrown.</summary>
    Task<IReadOnlyList<RunSummary>> ListAsync(CancellationToken cancellationToken = default);

    /// <summary>The plan of a run.</summary>
    Task<UpgradePlan> GetPlanAsync(string runId, CancellationToken cancellationToken = default);

    /// <summary>The records of a run with a sequence above <paramref name="after"/>, verified against the hash chain.</summary>
    /// <exception cref="JournalException">The records are damaged; the message names file and line and how to proceed.</exception>
    Task<IReadOnlyList<JournalRecord>> ReadAsync(string runId, long after = 0, CancellationToken cancellationToken = default);

    /// <summary>Appends a record durably. When this returns, the record survives a power cut.</summary>
    /// <exception cref="LeaseLostException">The lease is not ours any more: nothing was written.</exception>
    /// <exception cref="JournalException">The journal cannot be written; nothing was written, and no effect may start.</exception>
    Task<JournalRecord> AppendAsync(RunLease lease, JournalEntry entry, CancellationToken cancellationToken = default);

    /// <summary>Puts a human's command before whoever drives the run, now or next.</summary>
    Task PostCommandAsync(string runId, RunCommand command, CancellationToken cancellationToken = default);

    /// <summary>The commands not answered yet, the oldest first.</summary>
    Task<IReadOnlyList<RunCommand>> ReadCommandsAsync(string runId, CancellationToken cancellationToken = default);

    /// <summary>Marks a command as dealt with.</summary>
    Task AnswerCommandAsync(RunLease lease, string commandId, RunCommandAnswer answer, CancellationToken cancellationToken = default);

    /// <summary>The answer to a command, or <see langword="null"/> while there is none.</summary>
    Task<RunCommandAnswer?> GetAnswerAsync(string runId, string commandId, CancellationToken cancellationToken = default);

    /// <summary>Saves a file with the run, durably and write-once: the same content again is fine, another is an error.</summary>
    /// <param name="lease">The lease of the run.</param>
    /// <param name="name">Letters, digits, <c>-</c>, <c>_</c>, <c>.</c> and <c>/</c>, relative.</param>
    /// <param name="content">The content.</param>
    /// <param name="cancellationToken">Ends the attempt; a half-written file is never visible.</param>
    Task SaveFileAsync(RunLease lease, string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default);

    /// <summary>A file saved with a run, or <see langword="null"/>.</summary>
    Task<ReadOnlyMemory<byte>?> ReadFileAsync(string runId, string name, CancellationToken cancellationToken = default);
}
