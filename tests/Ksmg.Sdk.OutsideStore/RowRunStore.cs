using System.Globalization;
using System.Threading.Channels;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.OutsideStore;

/// <summary>
/// A store as a user writes one over a database: a row a run, rows of lines and files, one transaction at a time, leases that are renewed.
/// Holders are told apart by the epoch alone; nobody knows whether their processes live.
/// </summary>
public sealed class RowRunStore(TimeProvider time) : IRunStore
{
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    private readonly Lock _transaction = new();
    private readonly Channel<bool> _advisoryLock = Channel.CreateBounded<bool>(1);
    private readonly Dictionary<string, Row> _runs = [];

    /// <summary>Whether the connection for renewals is cut.</summary>
    public bool CannotRenew { get; set; }

    public TimeSpan LeaseDuration => TimeSpan.FromSeconds(15);

    public TimeSpan RenewalInterval => TimeSpan.FromSeconds(2);

    public string Locate(string runId, string? name = null) => $"table runs, row {runId}, {name}";

    public async Task<IAsyncDisposable> LockAsync(CancellationToken cancellationToken = default)
    {
        await _advisoryLock.Writer.WriteAsync(true, cancellationToken).ConfigureAwait(false);
        return new Unlock(_advisoryLock);
    }

    public Task CreateAsync(
        string runId, ReadOnlyMemory<byte> plan, ReadOnlyMemory<byte> lines, StoredLease lease, CancellationToken cancellationToken = default) => Transact(() =>
    {
        Row row = new() { Lease = lease };
        row.Files["plan.json"] = plan.ToArray();
        for (ReadOnlyMemory<byte> rest = lines; rest.Length > 0;)
        {
            int end = rest.Span.IndexOf((byte)'\n') + 1;
            row.Lines.Add(rest[..end].ToArray());
            rest = rest[end..];
        }

        _runs.Add(runId, row);
        return true;
    });

    public Task<IReadOnlyList<StoredRun>> ListAsync(CancellationToken cancellationToken = default) =>
        Transact<IReadOnlyList<StoredRun>>(() => [.. _runs.Select(r => Glance(r.Key, r.Value))]);

    public Task<StoredRun?> FindAsync(string runId, CancellationToken cancellationToken = default) =>
        Transact(() => _runs.TryGetValue(runId, out Row? row) ? Glance(runId, row) : null);

    public Task<ReadOnlyMemory<byte>?> ReadAsync(string runId, long after, CancellationToken cancellationToken = default) =>
        Transact<ReadOnlyMemory<byte>?>(() =>
    {
        List<byte[]> lines = _runs[runId].Lines;
        return lines.Count < after ? default(ReadOnlyMemory<byte>?) : lines.Skip((int)after).SelectMany(l => l).ToArray();
    });

    public Task<bool> AppendAsync(string runId, StoredLease lease, long after, ReadOnlyMemory<byte> line, CancellationToken cancellationToken = default) =>
        Transact(() =>
    {
        Row row = Fenced(runId, lease);
        bool next = row.Lines.Count == after;
        if (next)
        {
            row.Lines.Add(line.ToArray());
            row.Version++;
        }

        return next;
    });

    public Task<StoredLease?> ReadLeaseAsync(string runId, CancellationToken cancellationToken = default) =>
        Transact<StoredLease?>(() => Told(_runs[runId].Lease));

    public Task<bool> WriteLeaseAsync(string runId, StoredLease? expected, StoredLease lease, CancellationToken cancellationToken = default) => Transact(() =>
    {
        if (CannotRenew)
        {
            throw new TimeoutException("The database does not answer.");
        }

        Row row = _runs[runId];
        if (!row.Lease.IsAsExpected(expected))
        {
            return false;
        }

        row.Lease = lease;
        row.Version++;
        return true;
    });

    public Task<bool> SaveAsync(
        string runId,
        string name,
        ReadOnlyMemory<byte> content,
        StoredLease? lease,
        bool overwrite,
        CancellationToken cancellationToken = default) => Transact(() =>
    {
        Row row = lease is null ? _runs[runId] : Fenced(runId, lease);
        row.Version++;
        if (overwrite || !row.Files.TryGetValue(name, out byte[]? there))
        {
            row.Files[name] = content.ToArray();
            return true;
        }

        return there.AsSpan().SequenceEqual(content.Span);
    });

    public Task<ReadOnlyMemory<byte>?> LoadAsync(string runId, string name, CancellationToken cancellationToken = default) =>
        Transact<ReadOnlyMemory<byte>?>(() => _runs[runId].Files.TryGetValue(name, out byte[]? content) ? content : default(ReadOnlyMemory<byte>?));

    public Task<IReadOnlyCollection<string>> ListFilesAsync(string runId, string folder, CancellationToken cancellationToken = default) =>
        Transact<IReadOnlyCollection<string>>(() =>
        [.. _runs[runId].Files.Keys.Where(n => n.StartsWith(folder + "/", StringComparison.Ordinal)).Select(n => n[(folder.Length + 1)..])]);

    public async Task<string> WaitForChangeAsync(string runId, string? seen, TimeSpan atMost, CancellationToken cancellationToken = default)
    {
        for (TimeSpan left = atMost; ; left -= Poll)
        {
            string now = await Transact(() => _runs[runId].Version.ToString(CultureInfo.InvariantCulture)).ConfigureAwait(false);
            if (now != seen || left <= TimeSpan.Zero)
            {
                return now;
            }

            await Task.Delay(left < Poll ? left : Poll, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private static StoredLease Told(StoredLease lease) => lease with { Holder = $"process {Environment.ProcessId}, epoch {lease.Epoch}" };

    private static StoredRun Glance(string runId, Row row) => new(runId, row.Lines[0], row.Lines[^1], Told(row.Lease));

    private Row Fenced(string runId, StoredLease lease) =>
        _runs[runId] is { } row && row.Lease.IsSameHolding(lease) ? row : throw new LeaseLostException($"Epoch {lease.Epoch} is over.");

    private Task<T> Transact<T>(Func<T> body)
    {
        lock (_transaction)
        {
            return Task.FromResult(body());
        }
    }

    private sealed class Row
    {
        public required StoredLease Lease { get; set; }

        public List<byte[]> Lines { get; } = [];

        public Dictionary<string, byte[]> Files { get; } = [];

        public long Version { get; set; }
    }

    private sealed class Unlock(Channel<bool> held) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            held.Reader.TryRead(out _);
            return ValueTask.CompletedTask;
        }
    }
}
