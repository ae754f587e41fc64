namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// What an <see cref="UpgradeJournal"/> keeps its runs in: bytes, leases and names. Implement it to keep runs in a database; what a
/// journal promises (the hash chain, fencing, one active run a cluster, who may take a run) is the journal's and the same over all
/// stores. Every call may come from many threads and processes at once. Ids and names were checked before: letters, digits, <c>-</c>,
/// <c>_</c>, <c>.</c>, and <c>/</c> between the parts of a name. A call whose token is cancelled before it wrote writes nothing; a call
/// that fails throws whatever says why, and wrote nothing unless it says otherwise.
/// </summary>
public interface IRunStore
{
    /// <summary>What a lease is worth after its last renewal, and how long a challenger watches for one before it takes the run.</summary>
    TimeSpan LeaseDuration { get; }

    /// <summary>
    /// How often a holder renews its lease: four times in a lease at the least.
    /// <see cref="Timeout.InfiniteTimeSpan"/>: a lease holds until it is given back or <see cref="StoredLease.IsAbandoned"/>.
    /// </summary>
    TimeSpan RenewalInterval { get; }

    /// <summary>Where a run is kept, for people.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="name">One of its files; <see langword="null"/>: the run as a whole.</param>
    string Locate(string runId, string? name = null);

    /// <summary>
    /// Takes the one lock of the whole store, under which runs begin: held for milliseconds, between all processes, and given up by the
    /// system when its process ends.
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting.</param>
    Task<IAsyncDisposable> LockAsync(CancellationToken cancellationToken = default);

    /// <summary>Stores a new run durably, as a whole or not at all. Called under <see cref="LockAsync"/>.</summary>
    /// <param name="runId">The run; nobody knows it yet.</param>
    /// <param name="plan">Its file <c>plan.json</c>.</param>
    /// <param name="lines">Its first records, each a line with its newline.</param>
    /// <param name="lease">Who holds it.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    Task CreateAsync(string runId, ReadOnlyMemory<byte> plan, ReadOnlyMemory<byte> lines, StoredLease lease, CancellationToken cancellationToken = default);

    /// <summary>All runs, in any order. Cheap: only the first and the last record of each are looked at.</summary>
    /// <param name="cancellationToken">Ends the reading.</param>
    Task<IReadOnlyList<StoredRun>> ListAsync(CancellationToken cancellationToken = default);

    /// <summary>A run as <see cref="ListAsync"/> shows it; <see langword="null"/> when there is none of that id.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    Task<StoredRun?> FindAsync(string runId, CancellationToken cancellationToken = default);

    /// <summary>
    /// The records above a sequence, each a line with its newline, byte for byte as they were appended. A last line without a newline is
    /// what is left of a record whose writing was cut.
    /// </summary>
    /// <param name="runId">The run.</param>
    /// <param name="after">How many records are known.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns><see langword="null"/> when the run has fewer records than are known.</returns>
    Task<ReadOnlyMemory<byte>?> ReadAsync(string runId, long after, CancellationToken cancellationToken = default);

    /// <summary>Appends a record durably if the lease is still the one that is stored and nobody has appended in between.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="lease">The lease; epoch and owner must be those of the stored one.</param>
    /// <param name="after">How many records are known.</param>
    /// <param name="line">The record, with its newline.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns><see langword="false"/>, and nothing was written, when the run has not that many records.</returns>
    /// <exception cref="LeaseLostException">The stored lease is another one: nothing was written.</exception>
    Task<bool> AppendAsync(string runId, StoredLease lease, long after, ReadOnlyMemory<byte> line, CancellationToken cancellationToken = default);

    /// <summary>The lease of a run as it is now; <see langword="null"/> when it cannot be read.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    Task<StoredLease?> ReadLeaseAsync(string runId, CancellationToken cancellationToken = default);

    /// <summary>
    /// Takes, renews or gives back a lease: stores it if the stored one is still as expected in epoch, owner, beat and whether it was
    /// given back. A new epoch is stored durably; a renewal need not survive a power cut.
    /// </summary>
    /// <param name="runId">The run.</param>
    /// <param name="expected">What is stored; <see langword="null"/>: what cannot be read.</param>
    /// <param name="lease">What is to be.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>Whether it is stored.</returns>
    Task<bool> WriteLeaseAsync(string runId, StoredLease? expected, StoredLease lease, CancellationToken cancellationToken = default);

    /// <summary>Saves a file of a run, as a whole or not at all: durably and once, or over the one before.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="name">Its name within the run.</param>
    /// <param name="content">The content.</param>
    /// <param name="lease">The lease that must still be stored; <see langword="null"/>: none is needed.</param>
    /// <param name="overwrite">Whether it takes the place of the one before; then it need not survive a power cut.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>Whether the file is so now; <see langword="false"/> when it was saved before with other content, which stays.</returns>
    /// <exception cref="LeaseLostException">The stored lease is another one: nothing was written.</exception>
    Task<bool> SaveAsync(
        string runId, string name, ReadOnlyMemory<byte> content, StoredLease? lease, bool overwrite, CancellationToken cancellationToken = default);

    /// <summary>A file of a run; <see langword="null"/> when there is none of that name.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="name">Its name within the run.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="UnauthorizedAccessException">This account may never read it.</exception>
    /// <exception cref="JournalException">It can never be read.</exception>
    Task<ReadOnlyMemory<byte>?> LoadAsync(string runId, string name, CancellationToken cancellationToken = default);

    /// <summary>The names of the files directly in a folder of a run, without the folder.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="folder">The folder.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    Task<IReadOnlyCollection<string>> ListFilesAsync(string runId, string folder, CancellationToken cancellationToken = default);

    /// <summary>
    /// Waits until somebody appended, took or gave back the lease, or saved a file (of those that are read over and over: not below
    /// <c>files/</c>). May answer too often, and later by what it takes to notice.
    /// </summary>
    /// <param name="runId">The run.</param>
    /// <param name="seen">What this answered last; <see langword="null"/>: the answer is wanted at once.</param>
    /// <param name="atMost">How long to wait; then the answer is the same again.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>What the run is like now, in any words that change when it does.</returns>
    Task<string> WaitForChangeAsync(string runId, string? seen, TimeSpan atMost, CancellationToken cancellationToken = default);
}
