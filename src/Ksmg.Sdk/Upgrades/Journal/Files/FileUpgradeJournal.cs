using System.Collections.Concurrent;
using System.Text.Json;

namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// A journal in a folder, for the processes of <em>one</em> machine; <c>docs/journal.md</c> describes every file. A folder per run:
/// <c>plan.json</c>, <c>journal.jsonl</c>, <c>lease.json</c>, <c>inbox/</c>, <c>files/</c>. On a network share its promises do not hold.
/// </summary>
public sealed class FileUpgradeJournal : IUpgradeJournal
{
    private const string NewRunPrefix = ".new-";
    private const int MaxCommandsAtOnce = 1000;
    private const int MaxKnownRuns = 64;

    private readonly string _root;
    private readonly FileUpgradeJournalOptions _options;
    private readonly TimeProvider _time;
    private readonly Guid _owner = Guid.NewGuid();
    private readonly FileLock _rootLock;
    private readonly ConcurrentDictionary<string, RunFolder> _runs = new(StringComparer.Ordinal);

    /// <summary>Creates a journal; the folder is made when the first run is.</summary>
    /// <param name="folder">The folder of all runs, on a local disk.</param>
    /// <param name="options">The clocks; <see langword="null"/>: the defaults.</param>
    /// <param name="timeProvider">The clock; <see langword="null"/>: the system's.</param>
    public FileUpgradeJournal(string folder, FileUpgradeJournalOptions? options = null, TimeProvider? timeProvider = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        _options = options ?? new FileUpgradeJournalOptions();
        _options.Validate();
        _time = timeProvider ?? TimeProvider.System;
        _rootLock = new FileLock(Path.Combine(_root, ".lock"), _options.LockTimeout, _time);
    }

    /// <summary>How a record reaches the disk; tests let it fail.</summary>
    internal Action<FileStream, ReadOnlyMemory<byte>> WriteRecord { get; init; } = static (journal, line) =>
    {
        journal.Write(line.Span);
        journal.Flush(flushToDisk: true);
    };

    /// <summary>How a command is read; tests let it fail.</summary>
    internal Func<string, int, byte[]?> ReadInbox { get; init; } = DurableFiles.TryRead;

    /// <inheritdoc/>
    public async Task<RunLease> CreateAsync(UpgradePlan plan, CancellationToken cancellationToken = default)
    {
        JournalRules.CheckPlan(plan);
        using IDisposable held = await LockRootAsync(cancellationToken).ConfigureAwait(false);
        return Writing(_root, () =>
        {
            foreach (string leftover in Directory.GetDirectories(_root, NewRunPrefix + "*"))
            {
                Directory.Delete(leftover, recursive: true);
            }

            JournalRules.RefuseSecondRun(plan, Summarize(), PathOf);

            // The folder gets its name when all is in it: a run is there as a whole or not at all.
            string path = PathOf(plan.RunId);
            string hidden = Path.Combine(_root, NewRunPrefix + plan.RunId);
            long renewedAt = _time.GetTimestamp();
            LeaseFile lease = LeaseFile.Create(_owner, epoch: 1, _time.GetUtcNow());
            try
            {
                Open(hidden).Initialize(plan, lease, [JournalRules.RunCreated(plan), JournalRules.EpochStarted(_owner)]);
                cancellationToken.ThrowIfCancellationRequested();
                Directory.Move(hidden, path);
                DurableFiles.FlushFolder(_root);
            }
            catch
            {
                Discard(hidden);
                throw;
            }

            RunFolder run = Get(plan.RunId);
            return new FileRunLease(run, lease, renewedAt, _options, _time);
        });
    }

    /// <inheritdoc/>
    public Task<RunLease> AcquireAsync(string runId, TimeSpan wait, CancellationToken cancellationToken = default) => AcquireAsync(runId, wait, reopen: false, cancellationToken);

    /// <inheritdoc/>
    public async Task<RunLease> ReopenAsync(string runId, TimeSpan wait, CancellationToken cancellationToken = default)
    {
        JournalRules.CheckId(runId);
        using IDisposable held = await LockRootAsync(cancellationToken).ConfigureAwait(false);
        IReadOnlyList<RunSummary> runs = await ListAsync(cancellationToken).ConfigureAwait(false);
        RunSummary summary = runs.FirstOrDefault(r => r.RunId == runId) ?? throw JournalRules.NoSuchRun(runId);
        JournalRules.RefuseReopening(summary, runs);
        return await AcquireAsync(runId, wait, reopen: true, cancellationToken).ConfigureAwait(false);
    }

    private async Task<RunLease> AcquireAsync(string runId, TimeSpan wait, bool reopen, CancellationToken cancellationToken)
    {
        RunFolder run = Get(runId);
        long start = _time.GetTimestamp();
        LeaseFile? seen = null;
        for (bool first = true; ; first = false)
        {
            using (await LockAsync(run, cancellationToken).ConfigureAwait(false))
            {
                LeaseFile? now = Reading(run, run.ReadLease);
                bool silent = !first && now == seen && _time.GetElapsedTime(start) >= _options.LeaseDuration;
                if (silent || now?.IsFree() == true)
                {
                    return Take(run, now, reopen);
                }

                if (!first && now != seen)
                {
                    throw Held(now, $"Run {runId} is driven by {Describe(now)}.");
                }

                seen = now;
            }

            TimeSpan left = wait - _time.GetElapsedTime(start);
            if (left <= TimeSpan.Zero)
            {
                throw Held(seen, $"Run {runId} was driven by {Describe(seen)}; whether it lives shows within {_options.LeaseDuration.TotalSeconds:0} s.");
            }

            await Task.Delay(left < _options.BeatInterval / 2 ? left : _options.BeatInterval / 2, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<RunSummary>> ListAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            return Task.FromResult<IReadOnlyList<RunSummary>>([.. Summarize().OrderBy(r => r.CreatedAt).ThenBy(r => r.RunId, StringComparer.Ordinal)]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(_root, e);
        }
    }

    /// <inheritdoc/>
    public Task<RunSummary> FindAsync(string runId, CancellationToken cancellationToken = default)
    {
        RunFolder run = Get(runId);
        return Task.FromResult(Reading(run, run.Summarize));
    }

    /// <inheritdoc/>
    public Task<UpgradePlan> GetPlanAsync(string runId, CancellationToken cancellationToken = default)
    {
        RunFolder run = Get(runId);
        return Task.FromResult(Reading(run, run.ReadPlan));
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<JournalRecord>> ReadAsync(string runId, long after = 0, CancellationToken cancellationToken = default)
    {
        RunFolder run = Get(runId);
        return Task.FromResult(Reading(run, () => run.Read(after)));
    }

    /// <inheritdoc/>
    public Task<JournalRecord> AppendAsync(RunLease lease, JournalEntry entry, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return UnderLeaseAsync(lease, run => run.Append(lease.Epoch, _time.GetUtcNow(), entry), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task PostCommandAsync(string runId, RunCommand command, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(command);
        RunFolder run = Get(runId);
        string path = CommandPath(run, command.Id);
        byte[] content = JournalRules.CheckCommand(command);
        using (await LockAsync(run, cancellationToken).ConfigureAwait(false))
        {
            if (!Writing(path, () => DurableFiles.WriteOnce(path, content)))
            {
                throw JournalRules.Differs(runId, $"a command {command.Id}");
            }
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<RunCommand>> ReadCommandsAsync(string runId, CancellationToken cancellationToken = default)
    {
        RunFolder run = Get(runId);
        return Task.FromResult(Reading(run, () => ReadCommands(run)));
    }

    /// <inheritdoc/>
    public Task AnswerCommandAsync(RunLease lease, string commandId, RunCommandAnswer answer, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(answer);
        return UnderLeaseAsync(
            lease,
            run => File.Exists(CommandPath(run, commandId))
                ? DurableFiles.WriteOnce(AnswerPath(run, commandId), UpgradeJson.ToBytes(answer))
                : throw new JournalException($"Run {run.RunId} has no command {commandId}."),
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task<RunCommandAnswer?> GetAnswerAsync(string runId, string commandId, CancellationToken cancellationToken = default)
    {
        RunFolder run = Get(runId);
        string path = AnswerPath(run, commandId);
        return Task.FromResult(Reading(run, () => DurableFiles.TryRead(path, JournalRules.MaxCommandBytes) is { } json ? UpgradeJson.ReadAnswer(json) : null));
    }

    /// <inheritdoc/>
    public async Task SaveFileAsync(RunLease lease, string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        JournalRules.CheckFileName(name);
        JournalRules.CheckFileSize(content);
        if (!await UnderLeaseAsync(lease, run => DurableFiles.WriteOnce(SavedPath(run, name), content.Span), cancellationToken).ConfigureAwait(false))
        {
            throw JournalRules.Differs(lease.RunId, $"a file {name}");
        }
    }

    /// <inheritdoc/>
    public Task<ReadOnlyMemory<byte>?> ReadFileAsync(string runId, string name, CancellationToken cancellationToken = default)
    {
        JournalRules.CheckFileName(name);
        RunFolder run = Get(runId);
        return Task.FromResult(Reading<ReadOnlyMemory<byte>?>(run, () => DurableFiles.TryRead(SavedPath(run, name), JournalRules.MaxSavedFileBytes) is { } content ? content : default(ReadOnlyMemory<byte>?)));
    }

    private static string CommandPath(RunFolder run, string id) => Path.Combine(run.InboxPath, JournalRules.CheckId(id) + ".json");

    private static string AnswerPath(RunFolder run, string id) => Path.Combine(run.InboxPath, JournalRules.CheckId(id) + ".answer.json");

    private static string SavedPath(RunFolder run, string name) => Path.Combine(run.FilesPath, name.Replace('/', Path.DirectorySeparatorChar));

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

    /// <summary>
    /// The commands that can be read. One that makes no sense, or that this account may not read, is answered as refused: whoever put it
    /// there is told. One that cannot be read just now, or is empty yet, is left for the next look. None holds up the others.
    /// </summary>
    private IReadOnlyList<RunCommand> ReadCommands(RunFolder run)
    {
        HashSet<string> names = [.. Directory.EnumerateFiles(run.InboxPath, "*.json").Select(p => Path.GetFileName(p))];
        List<RunCommand> commands = [];
        foreach (string name in names.Order(StringComparer.Ordinal))
        {
            string id = Path.GetFileNameWithoutExtension(name);
            if (commands.Count == MaxCommandsAtOnce || !id.All(c => char.IsAsciiLetterOrDigit(c) || c == '-') || names.Contains(id + ".answer.json"))
            {
                continue;
            }

            try
            {
                if (ReadCommand(Path.Combine(run.InboxPath, name), id) is { } command)
                {
                    commands.Add(command);
                }
            }
            catch (Exception e) when (e is JsonException or JournalException or UnauthorizedAccessException)
            {
                Refuse(run, id, e);
            }
            catch (IOException)
            {
                // No handle was free, or the disk has a bad moment.
            }
        }

        return [.. commands.OrderBy(c => c.At).ThenBy(c => c.Id, StringComparer.Ordinal)];
    }

    /// <summary>A command; <see langword="null"/> while there is nothing in the file. What has no length is never opened: a pipe would wait for its writer.</summary>
    private RunCommand? ReadCommand(string path, string id)
    {
        if (new FileInfo(path) is { Exists: true, Length: 0 } || ReadInbox(path, JournalRules.MaxCommandBytes) is not { } content)
        {
            return null;
        }

        RunCommand command = UpgradeJson.ReadCommand(content);
        return command.Id == id ? command : throw new JsonException($"Its id is {command.Id}, not {id}.");
    }

    private void Refuse(RunFolder run, string id, Exception why)
    {
        RunCommandAnswer refusal = new(Accepted: false, $"The command cannot be read: {why.Message} Give it again, as the account that drives the run.", _time.GetUtcNow());
        try
        {
            DurableFiles.WriteOnce(AnswerPath(run, id), UpgradeJson.ToBytes(refusal));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JournalException)
        {
            // The next look tries again.
        }
    }

    /// <summary>Takes a free lease, under the lock.</summary>
    private FileRunLease Take(RunFolder run, LeaseFile? before, bool reopen) => Writing(run.RunId, () =>
    {
        IReadOnlyList<JournalRecord> records = run.Read(after: 0);
        if (!reopen && JournalRules.EndOf(records[^1]) is { } end)
        {
            throw JournalRules.Ended(run.RunId, end);
        }

        long renewedAt = _time.GetTimestamp();
        LeaseFile lease = LeaseFile.Create(_owner, Math.Max(before?.Epoch ?? 0, records[^1].Epoch) + 1, _time.GetUtcNow());
        run.WriteLease(lease, durable: true);
        try
        {
            run.Append(lease.Epoch, lease.Since, JournalRules.EpochStarted(_owner));
        }
        catch
        {
            run.WriteLease(lease with { Released = true }, durable: false);
            throw;
        }

        return new FileRunLease(run, lease, renewedAt, _options, _time);
    });

    private IEnumerable<RunSummary> Summarize() =>
        Directory.Exists(_root)
            ? Directory.EnumerateDirectories(_root)
                .Where(p => !Path.GetFileName(p).StartsWith('.'))
                .Select(Open)
                .Where(r => r.Exists)
                .Select(r => r.Summarize())
            : [];

    private string PathOf(string runId) => Path.Combine(_root, runId);

    private RunFolder Open(string path) => new(path, new FileLock(Path.Combine(path, "lock"), _options.LockTimeout, _time), WriteRecord);

    private RunFolder Get(string runId)
    {
        JournalRules.CheckId(runId);
        if (_runs.Count >= MaxKnownRuns)
        {
            // Only what was verified is forgotten; leases keep their own folder.
            _runs.Clear();
        }

        RunFolder run = _runs.GetOrAdd(runId, id => Open(PathOf(id)));
        return run.Exists ? run : throw JournalRules.NoSuchRun(runId);
    }

    private async Task<IDisposable> LockRootAsync(CancellationToken cancellationToken)
    {
        try
        {
            Writing(_root, () =>
            {
                DurableFiles.CreateFolder(_root);
                return true;
            });
            return await _rootLock.EnterAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or TimeoutException)
        {
            throw Unwritable(_root, e);
        }
    }

    private async Task<IDisposable> LockAsync(RunFolder run, CancellationToken cancellationToken)
    {
        try
        {
            return await run.Lock.EnterAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException e)
        {
            LeaseFile? lease = Reading(run, run.ReadLease);
            throw Held(lease, $"The lock of run {run.RunId} was not free within {_options.LockTimeout.TotalSeconds:0} s. The run is driven by {Describe(lease)}.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(run.RunId, e);
        }
    }

    private async Task<T> UnderLeaseAsync<T>(RunLease lease, Func<RunFolder, T> write, CancellationToken cancellationToken)
    {
        FileRunLease ours = lease as FileRunLease ?? throw new ArgumentException("The lease is of another journal.", nameof(lease));
        using (await LockAsync(ours.Folder, cancellationToken).ConfigureAwait(false))
        {
            return Writing(ours.RunId, () =>
            {
                ours.Check();
                return write(ours.Folder);
            });
        }
    }

    private static LeaseHeldException Held(LeaseFile? lease, string message, Exception? inner = null) =>
        new(lease is null ? message : $"{message} Ending process {lease.Pid} frees the run.", inner) { Holder = Describe(lease) };

    private static string Describe(LeaseFile? lease) => lease?.ToString() ?? "an unknown process";

    private static T Writing<T>(string what, Func<T> write)
    {
        try
        {
            return write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(what, e);
        }
    }

    private static T Reading<T>(RunFolder run, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw Unreadable(run.RunId, e);
        }
    }

    private static JournalException Unwritable(string what, Exception e) => new($"The journal ({what}) cannot be written: {e.Message} Nothing was written.", e);

    private static JournalException Unreadable(string what, Exception e) => new($"The journal ({what}) cannot be read: {e.Message}", e);
}
