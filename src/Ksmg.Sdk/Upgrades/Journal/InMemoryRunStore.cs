using System.Threading.Channels;

namespace Ksmg.Sdk.Upgrades;

/// <summary>Runs in memory. Leases hold without any timer until they are given back or abandoned, so that simulated time can leap.</summary>
internal sealed class InMemoryRunStore(TimeProvider time) : IRunStore, IRunStoreChanges
{
    private readonly Lock _gate = new();
    private readonly Channel<bool> _creating = Channel.CreateBounded<bool>(1);
    private readonly List<Run> _runs = [];
    private TaskCompletionSource _changed = new();

    public TimeSpan LeaseDuration { get; } = TimeSpan.FromSeconds(15);

    public TimeSpan RenewalInterval => Timeout.InfiniteTimeSpan;

    /// <summary>Lets the run be taken; tells the lease of its holder.</summary>
    public RunLease? Abandon(string runId) => Change(runId, run =>
    {
        run.Lease = run.Lease with { IsAbandoned = true };
        return run.Holder;
    });

    public void Remember(string runId, RunLease holder)
    {
        lock (_gate)
        {
            Get(runId).Holder = holder;
        }
    }

    public string Locate(string runId, string? name = null) =>
        name is null ? Words.Get("journal.run-place", runId) : Words.Get("journal.file-place", runId, name);

    public async Task<IAsyncDisposable> LockAsync(CancellationToken cancellationToken = default)
    {
        await _creating.Writer.WriteAsync(true, cancellationToken).ConfigureAwait(false);
        return new Unlock(_creating);
    }

    public Task CreateAsync(
        string runId, ReadOnlyMemory<byte> plan, ReadOnlyMemory<byte> lines, StoredLease lease, CancellationToken cancellationToken = default)
    {
        Run run = new(runId, lease);
        run.Folder(string.Empty)[JournalRules.PlanFile] = plan.ToArray();
        for (ReadOnlyMemory<byte> rest = lines; rest.Length > 0;)
        {
            int end = rest.Span.IndexOf((byte)'\n') + 1;
            run.Lines.Add(rest[..end].ToArray());
            rest = rest[end..];
        }

        TaskCompletionSource signal;
        lock (_gate)
        {
            _runs.Add(run);
            (signal, _changed) = (_changed, new TaskCompletionSource());
        }

        signal.SetResult();
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<StoredRun>> ListAsync(CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            return Task.FromResult<IReadOnlyList<StoredRun>>([.. _runs.Select(r => r.Summarize())]);
        }
    }

    public Task<StoredRun?> FindAsync(string runId, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            return Task.FromResult(_runs.Find(r => r.RunId == runId)?.Summarize());
        }
    }

    public Task<ReadOnlyMemory<byte>?> ReadAsync(string runId, long after, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            List<byte[]> lines = Get(runId).Lines;
            return Task.FromResult<ReadOnlyMemory<byte>?>(
                lines.Count < after ? default(ReadOnlyMemory<byte>?) : lines.Skip((int)after).SelectMany(l => l).ToArray());
        }
    }

    public Task<bool> AppendAsync(string runId, StoredLease lease, long after, ReadOnlyMemory<byte> line, CancellationToken cancellationToken = default) =>
        Task.FromResult(Change(runId, run =>
    {
        run.Check(lease);
        if (run.Lines.Count != after)
        {
            return false;
        }

        run.Lines.Add(line.ToArray());
        return true;
    }));

    public Task<StoredLease?> ReadLeaseAsync(string runId, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            return Task.FromResult<StoredLease?>(Get(runId).Told);
        }
    }

    public Task<bool> WriteLeaseAsync(string runId, StoredLease? expected, StoredLease lease, CancellationToken cancellationToken = default) =>
        Task.FromResult(Change(runId, run =>
    {
        bool isExpected = run.Lease.IsAsExpected(expected);
        run.Lease = isExpected ? lease : run.Lease;
        return isExpected;
    }));

    public Task<bool> SaveAsync(
        string runId,
        string name,
        ReadOnlyMemory<byte> content,
        StoredLease? lease,
        bool overwrite,
        CancellationToken cancellationToken = default) => Task.FromResult(Change(runId, run =>
    {
        if (lease is not null)
        {
            run.Check(lease);
        }

        (Dictionary<string, byte[]> folder, string file) = run.Place(name);
        if (overwrite || !folder.TryGetValue(file, out byte[]? there))
        {
            folder[file] = content.ToArray();
            return true;
        }

        return there.AsSpan().SequenceEqual(content.Span);
    }));

    public Task<ReadOnlyMemory<byte>?> LoadAsync(string runId, string name, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            (Dictionary<string, byte[]> folder, string file) = Get(runId).Place(name);
            return Task.FromResult<ReadOnlyMemory<byte>?>(folder.TryGetValue(file, out byte[]? content) ? content : default(ReadOnlyMemory<byte>?));
        }
    }

    public Task<IReadOnlyCollection<string>> ListFilesAsync(string runId, string folder, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            return Task.FromResult<IReadOnlyCollection<string>>([.. Get(runId).Folder(folder).Keys]);
        }
    }

    public async Task<string> WaitForChangeAsync(string runId, string? seen, TimeSpan atMost, CancellationToken cancellationToken = default)
    {
        Task changed;
        string now;
        lock (_gate)
        {
            Run run = Get(runId);
            now = run.Version.ToString(System.Globalization.CultureInfo.InvariantCulture);
            changed = run.Changed.Task;
        }

        if (now != seen)
        {
            return now;
        }

        try
        {
            await changed.WaitAsync(atMost, time, cancellationToken).ConfigureAwait(false);
            return string.Empty;
        }
        catch (TimeoutException)
        {
            return now;
        }
    }

    public async Task<RunVersions> WaitForAnyChangeAsync(RunVersions? seen, TimeSpan atMost, CancellationToken cancellationToken = default)
    {
        (RunVersions now, Task changed) = Look();
        if (seen is null || now.DiffersFrom(seen))
        {
            return now;
        }

        try
        {
            await changed.WaitAsync(atMost, time, cancellationToken).ConfigureAwait(false);
            return Look().Now;
        }
        catch (TimeoutException)
        {
            return seen;
        }
    }

    private (RunVersions Now, Task Changed) Look()
    {
        lock (_gate)
        {
            return (
                new RunVersions(_runs.ToDictionary(
                    r => r.RunId, r => r.Version.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparer.Ordinal)),
                _changed.Task);
        }
    }

    private Run Get(string runId) => _runs.Find(r => r.RunId == runId) ?? throw JournalRules.NoSuchRun(runId);

    private T Change<T>(string runId, Func<Run, T> change)
    {
        T changed;
        TaskCompletionSource signal;
        TaskCompletionSource signalOfAll;
        lock (_gate)
        {
            Run run = Get(runId);
            changed = change(run);
            run.Version++;
            (signal, run.Changed) = (run.Changed, new TaskCompletionSource());
            (signalOfAll, _changed) = (_changed, new TaskCompletionSource());
        }

        // Not on another thread: virtual time would run on meanwhile.
        signal.SetResult();
        signalOfAll.SetResult();
        return changed;
    }

    private sealed class Run(string runId, StoredLease lease)
    {
        private readonly Dictionary<string, Dictionary<string, byte[]>> _folders = new(StringComparer.Ordinal);

        public string RunId => runId;

        public List<byte[]> Lines { get; } = [];

        public StoredLease Lease { get; set; } = lease;

        /// <summary>What holds the lease.</summary>
        public RunLease? Holder { get; set; }

        public long Version { get; set; }

        public TaskCompletionSource Changed { get; set; } = new();

        public StoredLease Told => Lease with { Holder = Words.Get("journal.holder-in-memory", Environment.ProcessId, Lease.Epoch) };

        public StoredRun Summarize() => new(runId, Lines[0], Lines[^1], Told);

        /// <summary>A folder directly below the run.</summary>
        public Dictionary<string, byte[]> Folder(string name)
        {
            if (!_folders.TryGetValue(name, out Dictionary<string, byte[]>? folder))
            {
                _folders[name] = folder = new Dictionary<string, byte[]>(StringComparer.Ordinal);
            }

            return folder;
        }

        public (Dictionary<string, byte[]> Folder, string File) Place(string name)
        {
            int end = name.IndexOf('/', StringComparison.Ordinal);
            return (Folder(end < 0 ? string.Empty : name[..end]), name[(end + 1)..]);
        }

        /// <exception cref="LeaseLostException">Another one is stored.</exception>
        public void Check(StoredLease held)
        {
            if (!Lease.IsSameHolding(held))
            {
                throw JournalRules.Lost(runId, held.Epoch);
            }
        }
    }

    /// <summary>Makes room for the next one.</summary>
    private sealed class Unlock(Channel<bool> held) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            held.Reader.TryRead(out _);
            return ValueTask.CompletedTask;
        }
    }
}
