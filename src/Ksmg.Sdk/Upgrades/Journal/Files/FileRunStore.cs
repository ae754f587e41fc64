using System.Collections.Concurrent;

namespace Ksmg.Sdk.Upgrades;

/// <summary>Runs in a folder of this machine: a folder per run.</summary>
internal sealed class FileRunStore : IRunStore, IRunStoreChanges
{
    private const string NewRunPrefix = ".new-";
    private const int MaxKnownRuns = 64;

    /// <summary>How often a run's folder is looked at by who waits for a change.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(250);

    private readonly string _root;
    private readonly FileUpgradeJournalOptions _options;
    private readonly TimeProvider _time;
    private readonly FileLock _rootLock;
    private readonly PolledRuns _all;
    private readonly ConcurrentDictionary<string, RunFolder> _runs = new(StringComparer.Ordinal);

    public FileRunStore(string folder, FileUpgradeJournalOptions options, TimeProvider time)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        options.Validate();
        _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        _options = options;
        _time = time;
        _rootLock = new FileLock(Path.Combine(_root, ".lock"), options.LockTimeout, time);
        _all = new PolledRuns(_ => Task.FromResult(Look()), time);
    }

    /// <summary>How files are read and written.</summary>
    public DurableFiles Files { get; set; } = DurableFiles.Local;

    public TimeSpan LeaseDuration => _options.LeaseDuration;

    public TimeSpan RenewalInterval => _options.BeatInterval;

    public string Locate(string runId, string? name = null) => Path.Combine(_root, runId, name ?? string.Empty).TrimEnd(Path.DirectorySeparatorChar);

    public async Task<IAsyncDisposable> LockAsync(CancellationToken cancellationToken = default)
    {
        Files.CreateFolder(_root);
        return await _rootLock.EnterAsync(cancellationToken).ConfigureAwait(false);
    }

    public Task CreateAsync(
        string runId, ReadOnlyMemory<byte> plan, ReadOnlyMemory<byte> lines, StoredLease lease, CancellationToken cancellationToken = default)
    {
        foreach (string leftover in Directory.GetDirectories(_root, NewRunPrefix + "*"))
        {
            Directory.Delete(leftover, recursive: true);
        }

        // The folder gets its name when all is in it: a run is there as a whole or not at all.
        string hidden = Path.Combine(_root, NewRunPrefix + runId);
        try
        {
            Open(hidden).Initialize(plan.Span, lines.Span, LeaseFile.Create(lease));
            cancellationToken.ThrowIfCancellationRequested();
            Directory.Move(hidden, Locate(runId));
            Files.FlushFolder(_root);
        }
        catch
        {
            Discard(hidden);
            throw;
        }

        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<StoredRun>> ListAsync(CancellationToken cancellationToken = default) =>
        Task.FromResult<IReadOnlyList<StoredRun>>([.. Runs().Select(r => r.Summarize())]);

    public Task<StoredRun?> FindAsync(string runId, CancellationToken cancellationToken = default) =>
        Task.FromResult(Open(Locate(runId)) is { Exists: true } run ? run.Summarize() : null);

    public Task<ReadOnlyMemory<byte>?> ReadAsync(string runId, long after, CancellationToken cancellationToken = default) =>
        Task.FromResult(Get(runId).Read(after));

    public async Task<bool> AppendAsync(string runId, StoredLease lease, long after, ReadOnlyMemory<byte> line, CancellationToken cancellationToken = default)
    {
        RunFolder run = Get(runId);
        using (await LockAsync(run, cancellationToken).ConfigureAwait(false))
        {
            run.Check(lease);
            return run.Append(after, line);
        }
    }

    public async Task<StoredLease?> ReadLeaseAsync(string runId, CancellationToken cancellationToken = default)
    {
        RunFolder run = Get(runId);
        using (await LockAsync(run, cancellationToken).ConfigureAwait(false))
        {
            return run.ReadLease()?.ToStored();
        }
    }

    public async Task<bool> WriteLeaseAsync(string runId, StoredLease? expected, StoredLease lease, CancellationToken cancellationToken = default)
    {
        RunFolder run = Get(runId);
        using (await LockAsync(run, cancellationToken).ConfigureAwait(false))
        {
            LeaseFile? now = run.ReadLease();
            if (now is null ? expected is null : now.ToStored().IsAsExpected(expected))
            {
                // A beat need not survive a power cut: the next boot is another one. An epoch must.
                bool isNew = now?.Owner != lease.Owner || now.Epoch != lease.Epoch;
                run.WriteLease(
                    isNew ? LeaseFile.Create(lease) : now! with { Beat = lease.Beat, BeatAt = lease.BeatAt, Released = lease.IsReleased }, durable: isNew);
                return true;
            }

            return false;
        }
    }

    public async Task<bool> SaveAsync(
        string runId, string name, ReadOnlyMemory<byte> content, StoredLease? lease, bool overwrite, CancellationToken cancellationToken = default)
    {
        RunFolder run = Get(runId);
        using (await LockAsync(run, cancellationToken).ConfigureAwait(false))
        {
            if (lease is not null)
            {
                run.Check(lease);
            }

            string path = run.PathOf(name);
            if (!overwrite)
            {
                return Files.WriteOnce(path, content.Span);
            }

            Files.CreateFolder(Path.GetDirectoryName(path)!);
            Files.Replace(path, content.Span, durable: false);
            return true;
        }
    }

    public Task<ReadOnlyMemory<byte>?> LoadAsync(string runId, string name, CancellationToken cancellationToken = default)
    {
        string path = Get(runId).PathOf(name);

        // What has no length is never opened: a pipe would wait for its writer.
        byte[]? content = new FileInfo(path) is { Exists: true, Length: 0 } ? [] : Files.TryRead(path, MaxBytes(name));
        return Task.FromResult<ReadOnlyMemory<byte>?>(content is null ? default(ReadOnlyMemory<byte>?) : content);
    }

    public Task<IReadOnlyCollection<string>> ListFilesAsync(string runId, string folder, CancellationToken cancellationToken = default) =>
        Task.FromResult<IReadOnlyCollection<string>>([.. Directory.EnumerateFiles(Get(runId).PathOf(folder)).Select(p => Path.GetFileName(p))]);

    public async Task<string> WaitForChangeAsync(string runId, string? seen, TimeSpan atMost, CancellationToken cancellationToken = default)
    {
        RunFolder run = Get(runId);
        long start = _time.GetTimestamp();
        while (true)
        {
            string now = run.Stamp();
            TimeSpan left = atMost - _time.GetElapsedTime(start);
            if (now != seen || left <= TimeSpan.Zero)
            {
                return now;
            }

            await Task.Delay(left < LookInterval ? left : LookInterval, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    public Task<RunVersions> WaitForAnyChangeAsync(RunVersions? seen, TimeSpan atMost, CancellationToken cancellationToken = default) =>
        _all.WaitForAnyChangeAsync(seen, atMost, cancellationToken);

    /// <summary>All runs, whole or damaged.</summary>
    private IEnumerable<RunFolder> Runs() => Directory.Exists(_root)
        ? Directory.EnumerateDirectories(_root).Where(p => !Path.GetFileName(p).StartsWith('.')).Select(Open).Where(r => r.Exists)
        : [];

    private RunVersions Look() => new(Runs().ToDictionary(r => r.RunId, r => r.Stamp(), StringComparer.Ordinal));

    private static int MaxBytes(string name) => name switch
    {
        JournalRules.PlanFile => JournalRules.MaxPlanBytes,
        _ when name.StartsWith(JournalRules.Inbox, StringComparison.Ordinal) => JournalRules.MaxCommandBytes,
        _ => JournalRules.MaxSavedFileBytes,
    };

    private static void Discard(string hidden)
    {
        try
        {
            Directory.Delete(hidden, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next run removes it.
        }
    }

    private RunFolder Open(string path) => new(path, new FileLock(Path.Combine(path, "lock"), _options.LockTimeout, _time), Files);

    private RunFolder Get(string runId)
    {
        if (_runs.Count >= MaxKnownRuns)
        {
            // Only where lines end is forgotten.
            _runs.Clear();
        }

        RunFolder run = _runs.GetOrAdd(runId, id => Open(Locate(id)));
        return run.Exists ? run : throw JournalRules.NoSuchRun(runId);
    }

    private async Task<IDisposable> LockAsync(RunFolder run, CancellationToken cancellationToken)
    {
        try
        {
            return await run.Lock.EnterAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException e)
        {
            StoredLease? lease = run.ReadLease()?.ToStored();
            string holder = lease?.Holder ?? Words.Get("journal.holder-unknown");
            string message = Words.Get("journal.lock-held", run.RunId, _options.LockTimeout, holder);
            throw new LeaseHeldException(lease?.HowToFree is { } advice ? $"{message} {advice}" : message, e) { Holder = holder };
        }
    }
}
