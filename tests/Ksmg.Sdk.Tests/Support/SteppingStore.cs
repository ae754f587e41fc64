using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>A store whose calls have ended when they return, so that virtual time does not run on while a database answers.</summary>
internal sealed class SteppingStore(IRunStore store) : IRunStore, IRunStoreChanges
{
    /// <summary>Whether the connection for renewals is cut.</summary>
    public bool CannotRenew { get; set; }

    public TimeSpan LeaseDuration => store.LeaseDuration;

    public TimeSpan RenewalInterval => store.RenewalInterval;

    public string Locate(string runId, string? name = null) => store.Locate(runId, name);

    public Task<IAsyncDisposable> LockAsync(CancellationToken cancellationToken = default) => Ended(() => store.LockAsync(cancellationToken));

    public Task CreateAsync(
        string runId, ReadOnlyMemory<byte> plan, ReadOnlyMemory<byte> lines, StoredLease lease, CancellationToken cancellationToken = default) =>
        Ended(async () =>
        {
            await store.CreateAsync(runId, plan, lines, lease, cancellationToken);
            return true;
        });

    public Task<IReadOnlyList<StoredRun>> ListAsync(CancellationToken cancellationToken = default) => Ended(() => store.ListAsync(cancellationToken));

    public Task<StoredRun?> FindAsync(string runId, CancellationToken cancellationToken = default) => Ended(() => store.FindAsync(runId, cancellationToken));

    public Task<ReadOnlyMemory<byte>?> ReadAsync(string runId, long after, CancellationToken cancellationToken = default) =>
        Ended(() => store.ReadAsync(runId, after, cancellationToken));

    public Task<bool> AppendAsync(string runId, StoredLease lease, long after, ReadOnlyMemory<byte> line, CancellationToken cancellationToken = default) =>
        Ended(() => store.AppendAsync(runId, lease, after, line, cancellationToken));

    public Task<StoredLease?> ReadLeaseAsync(string runId, CancellationToken cancellationToken = default) =>
        Ended(() => store.ReadLeaseAsync(runId, cancellationToken));

    public Task<bool> WriteLeaseAsync(string runId, StoredLease? expected, StoredLease lease, CancellationToken cancellationToken = default) =>
        CannotRenew
            ? throw new TimeoutException("The database does not answer.")
            : Ended(() => store.WriteLeaseAsync(runId, expected, lease, cancellationToken));

    public Task<bool> SaveAsync(
        string runId, string name, ReadOnlyMemory<byte> content, StoredLease? lease, bool overwrite, CancellationToken cancellationToken = default) =>
        Ended(() => store.SaveAsync(runId, name, content, lease, overwrite, cancellationToken));

    public Task<ReadOnlyMemory<byte>?> LoadAsync(string runId, string name, CancellationToken cancellationToken = default) =>
        Ended(() => store.LoadAsync(runId, name, cancellationToken));

    public Task<IReadOnlyCollection<string>> ListFilesAsync(string runId, string folder, CancellationToken cancellationToken = default) =>
        Ended(() => store.ListFilesAsync(runId, folder, cancellationToken));

    public Task<string> WaitForChangeAsync(string runId, string? seen, TimeSpan atMost, CancellationToken cancellationToken = default) =>
        store.WaitForChangeAsync(runId, seen, atMost, cancellationToken);

    public Task<RunVersions> WaitForAnyChangeAsync(RunVersions? seen, TimeSpan atMost, CancellationToken cancellationToken = default) =>
        ((IRunStoreChanges)store).WaitForAnyChangeAsync(seen, atMost, cancellationToken);

    private static Task<T> Ended<T>(Func<Task<T>> call)
    {
        Task<T> task = Task.Run(call);
        Task.WaitAny(task, Task.Delay(Eventually.Limit));
        return task;
    }
}
