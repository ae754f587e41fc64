using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// Where runs live: their plans, their append-only hash-chained records, their leases, the commands of humans and the files a run saves.
/// What is promised here is the same over every <see cref="IRunStore"/>.
/// </summary>
public class UpgradeJournal
{
    private const int MaxKnownRuns = 64;

    private readonly IRunStore _store = null!;
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly Guid _owner = Guid.NewGuid();
    private readonly LeaseTaking _leases = null!;
    private readonly StoredCommands<RunCommand> _commands = null!;
    private readonly IRunStoreChanges _changes = null!;
    private readonly ConcurrentDictionary<string, VerifiedRun> _runs = new(StringComparer.Ordinal);

    /// <summary>A journal over a store.</summary>
    /// <param name="store">What keeps the runs.</param>
    /// <param name="timeProvider">The clock; <see langword="null"/>: the system's.</param>
    public UpgradeJournal(IRunStore store, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        _store = store;
        _time = timeProvider ?? TimeProvider.System;
        _leases = new LeaseTaking(store, _time, _owner);
        _commands = new StoredCommands<RunCommand>(store, _time, JournalJson.ToBytes, json => JournalJson.ReadCommand(json.Span));
        _changes = store as IRunStoreChanges ?? PolledRuns.Of(store, _time);
    }

    /// <summary>For test doubles.</summary>
    protected UpgradeJournal()
    {
    }

    /// <summary>What a lease is worth after its last renewal: a call that changes a node must end well within.</summary>
    public virtual TimeSpan LeaseDuration => _store.LeaseDuration;

    /// <summary>A run is driven under a lease that is renewed several times while it lasts: no call may outlast it less what a renewal may be late.</summary>
    internal TimeSpan LongestRequestLimit => LeaseDuration * 2 / 3;

    /// <summary>
    /// Stores a plan as a new run and takes its lease. When this returns, the run is durable and nothing else has happened.
    /// </summary>
    /// <exception cref="ActiveRunException">Another run of the same cluster, or of a node of it, has not ended.</exception>
    /// <exception cref="JournalException">The plan is not the one that was hashed.</exception>
    internal virtual async Task<RunLease> CreateAsync(UpgradePlan plan, CancellationToken cancellationToken = default)
    {
        JournalRules.CheckPlan(plan);
        byte[] planFile = PlanJson.ToBytes(plan);
        if (planFile.Length > JournalRules.MaxPlanBytes)
        {
            throw new JournalException(Words.Get("journal.plan-too-large", JournalRules.MaxPlanBytes, planFile.Length));
        }

        cancellationToken.ThrowIfCancellationRequested();
        string place = _store.Locate(plan.RunId);
        await using ConfiguredAsyncDisposable held = (
            await StoreCalls.WriteAsync(place, () => _store.LockAsync(cancellationToken)).ConfigureAwait(false)).ConfigureAwait(false);
        JournalRules.RefuseSecondRun(plan, await ListAsync(RunOwner.Of(plan), cancellationToken).ConfigureAwait(false), id => _store.Locate(id));
        long renewedAt = _time.GetTimestamp();
        StoredLease lease = _leases.New(epoch: 1);
        VerifiedRun run = new(_store, plan.RunId);
        ReadOnlyMemory<byte> lines = run.Begin(plan, planFile, lease, [JournalRules.RunCreated(plan), JournalRules.EpochStarted(_owner)]);
        await StoreCalls.WriteAsync(place, async () =>
        {
            await _store.CreateAsync(plan.RunId, planFile, lines, lease, cancellationToken).ConfigureAwait(false);
            return lease;
        }).ConfigureAwait(false);
        _runs[plan.RunId] = run;
        return Hold(plan.RunId, lease, renewedAt);
    }

    /// <summary>Takes the lease of a run that nobody holds (or whose holder is gone), with a new epoch.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="wait">How long to wait for a holder that may be gone: its lease has to end first.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="LeaseHeldException">The holder is alive; names it.</exception>
    /// <exception cref="JournalException">There is no such run, or its records are damaged.</exception>
    internal virtual Task<RunLease> AcquireAsync(string runId, TimeSpan wait, CancellationToken cancellationToken = default) =>
        AcquireAsync(runId, wait, reopen: false, cancellationToken);

    /// <summary>Takes a run up again that has ended, so that it can be rolled back; until its next end it is the cluster's active run.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="wait">As with <see cref="AcquireAsync(string, TimeSpan, CancellationToken)"/>.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="ActiveRunException">Another run of the same cluster, or of a node of it, has not ended.</exception>
    /// <exception cref="JournalException">There is no such run, its records are damaged, or a newer run of the cluster has begun since.</exception>
    internal virtual async Task<RunLease> ReopenAsync(string runId, TimeSpan wait, CancellationToken cancellationToken = default)
    {
        JournalRules.CheckId(runId);
        await using ConfiguredAsyncDisposable held = (
            await StoreCalls.WriteAsync(runId, () => _store.LockAsync(cancellationToken)).ConfigureAwait(false)).ConfigureAwait(false);
        IReadOnlyList<RunSummary> runs = await ListAsync(cancellationToken).ConfigureAwait(false);
        RunSummary summary = runs.FirstOrDefault(r => r.RunId == runId) ?? throw JournalRules.NoSuchRun(runId);
        JournalRules.RefuseReopening(summary, runs);
        return await AcquireAsync(runId, wait, reopen: true, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A run as the listing shows it, without looking at any other.</summary>
    /// <exception cref="JournalException">There is no such run.</exception>
    public virtual async Task<RunSummary> FindAsync(string runId, CancellationToken cancellationToken = default)
    {
        JournalRules.CheckId(runId);
        StoredRun? run = await StoreCalls.ReadAsync(runId, () => _store.FindAsync(runId, cancellationToken)).ConfigureAwait(false);
        return Summarize(run ?? throw JournalRules.NoSuchRun(runId));
    }

    /// <summary>All runs of all clusters, the newest last. Cheap: what is damaged is listed as such, not thrown.</summary>
    public virtual Task<IReadOnlyList<RunSummary>> ListAsync(CancellationToken cancellationToken = default) =>
        ListAsync(() => _store.ListAsync(cancellationToken));

    /// <summary>Every run that may be of a cluster or bears its name, and perhaps others, the newest last: what its runs have to be judged by.</summary>
    internal virtual Task<IReadOnlyList<RunSummary>> ListAsync(RunOwner owner, CancellationToken cancellationToken = default) =>
        _store is IRunsOfCluster some ? ListAsync(() => some.ListAsync(owner, cancellationToken)) : ListAsync(cancellationToken);

    /// <summary>Those of them that have ended.</summary>
    internal async Task<IReadOnlySet<string>> ListEndedAsync(RunOwner owner, CancellationToken cancellationToken) =>
        (await ListAsync(owner, cancellationToken).ConfigureAwait(false)).Where(r => r.End is not null).Select(r => r.RunId).ToHashSet(StringComparer.Ordinal);

    /// <summary>The plan of a run.</summary>
    public virtual async Task<UpgradePlan> GetPlanAsync(string runId, CancellationToken cancellationToken = default)
    {
        VerifiedRun run = await GetAsync(runId, cancellationToken).ConfigureAwait(false);
        return await StoreCalls.ReadAsync(runId, () => run.ReadPlanAsync(cancellationToken)).ConfigureAwait(false);
    }

    /// <summary>The records of a run with a sequence above <paramref name="after"/>, verified against the hash chain.</summary>
    /// <exception cref="JournalException">The records are damaged; the message names file and line and how to proceed.</exception>
    internal virtual async Task<IReadOnlyList<JournalRecord>> ReadAsync(string runId, long after = 0, CancellationToken cancellationToken = default)
    {
        VerifiedRun run = await GetAsync(runId, cancellationToken).ConfigureAwait(false);
        return await StoreCalls.ReadAsync(runId, () => run.ReadAsync(after, cancellationToken)).ConfigureAwait(false);
    }

    /// <summary>Plan and records of a run, all of it read and verified anew, whatever was verified before.</summary>
    /// <exception cref="JournalException">The records are damaged; the message names file and line and how to proceed.</exception>
    internal virtual async Task<(UpgradePlan Plan, ReadOnlyMemory<byte> PlanFile, IReadOnlyList<JournalRecord> Records)> ReadAnewAsync(
        string runId, CancellationToken cancellationToken = default)
    {
        VerifiedRun run = new(_store, runId);
        return await StoreCalls.ReadAsync(runId, async () =>
        {
            UpgradePlan plan = await run.ReadPlanAsync(cancellationToken).ConfigureAwait(false);
            ReadOnlyMemory<byte>? file = await _store.LoadAsync(runId, JournalRules.PlanFile, cancellationToken).ConfigureAwait(false);
            return (plan, file.GetValueOrDefault(), await run.ReadAsync(0, cancellationToken).ConfigureAwait(false));
        }).ConfigureAwait(false);
    }

    /// <summary>Appends a record durably. When this returns, the record survives a power cut.</summary>
    /// <exception cref="LeaseLostException">The lease is not ours any more: nothing was written.</exception>
    /// <exception cref="JournalException">The journal cannot be written; nothing was written, and no effect may start.</exception>
    internal virtual async Task<JournalRecord> AppendAsync(RunLease lease, JournalEntry entry, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(entry);
        cancellationToken.ThrowIfCancellationRequested();
        lease.Check();
        VerifiedRun run = await GetAsync(lease.RunId, cancellationToken).ConfigureAwait(false);
        return await StoreCalls.WriteAsync(
            lease, () => run.AppendAsync(lease.Stored, _time.GetUtcNow(), entry, afterEnd: false, cancellationToken)).ConfigureAwait(false);
    }

    /// <summary>Puts a human's command before whoever drives the run, now or next.</summary>
    internal virtual async Task PostCommandAsync(string runId, RunCommand command, CancellationToken cancellationToken = default)
    {
        _ = await GetAsync(runId, cancellationToken).ConfigureAwait(false);
        await _commands.PostAsync(runId, command, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// The commands not answered yet, the oldest first. One that makes no sense, or that this account may not read, is answered as
    /// refused: whoever put it there is told. One that cannot be read just now, or is empty yet, is left for the next look. None holds up
    /// the others.
    /// </summary>
    internal virtual async Task<IReadOnlyList<RunCommand>> ReadCommandsAsync(string runId, CancellationToken cancellationToken = default)
    {
        _ = await GetAsync(runId, cancellationToken).ConfigureAwait(false);
        return await _commands.ReadAsync(runId, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Marks a command as dealt with.</summary>
    internal virtual Task AnswerCommandAsync(RunLease lease, string commandId, RunCommandAnswer answer, CancellationToken cancellationToken = default) =>
        _commands.AnswerAsync(lease, commandId, answer, cancellationToken);

    /// <summary>The answer to a command, or <see langword="null"/> while there is none.</summary>
    internal virtual async Task<RunCommandAnswer?> GetAnswerAsync(string runId, string commandId, CancellationToken cancellationToken = default)
    {
        _ = await GetAsync(runId, cancellationToken).ConfigureAwait(false);
        return await _commands.GetAnswerAsync(runId, commandId, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Saves a file with the run, durably and write-once: the same content again is fine, another is an error.</summary>
    /// <param name="lease">The lease of the run.</param>
    /// <param name="name">Letters, digits, <c>-</c>, <c>_</c>, <c>.</c> and <c>/</c>, relative.</param>
    /// <param name="content">The content.</param>
    /// <param name="cancellationToken">Ends the attempt; a half-written file is never visible.</param>
    internal virtual async Task SaveFileAsync(RunLease lease, string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        JournalRules.CheckFileName(name);
        JournalRules.CheckFileSize(content);
        lease.Check();
        if (!await StoreCalls.WriteAsync(
            lease, () => _store.SaveAsync(lease.RunId, Saved(name), content, lease.Stored, overwrite: false, cancellationToken)).ConfigureAwait(false))
        {
            throw new JournalException(Words.Get("journal.other-file", lease.RunId, name));
        }
    }

    /// <summary>A file saved with a run, or <see langword="null"/>.</summary>
    public virtual async Task<ReadOnlyMemory<byte>?> ReadFileAsync(string runId, string name, CancellationToken cancellationToken = default)
    {
        JournalRules.CheckFileName(name);
        _ = await GetAsync(runId, cancellationToken).ConfigureAwait(false);
        return await StoreCalls.ReadAsync(runId, () => _store.LoadAsync(runId, Saved(name), cancellationToken)).ConfigureAwait(false);
    }

    /// <summary>
    /// Keeps what the driver of a run decided last, in place of what it decided before: for whoever explains the run elsewhere. No record,
    /// and it need not survive a power cut.
    /// </summary>
    /// <param name="lease">The lease of the run.</param>
    /// <param name="decision">Makes the content; a journal may ask for it when it is read.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    internal virtual async Task PublishAsync(RunLease lease, Func<Task<byte[]>> decision, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(decision);
        lease.Check();
        byte[] content = await decision().ConfigureAwait(false);
        await StoreCalls.WriteAsync(
            lease,
            () => _store.SaveAsync(lease.RunId, JournalRules.DecisionFile, content, lease.Stored, overwrite: true, cancellationToken)).ConfigureAwait(false);
    }

    /// <summary>What the driver of a run decided last, or <see langword="null"/>.</summary>
    internal virtual async Task<ReadOnlyMemory<byte>?> ReadPublishedAsync(string runId, CancellationToken cancellationToken = default)
    {
        _ = await GetAsync(runId, cancellationToken).ConfigureAwait(false);
        return await StoreCalls.ReadAsync(runId, () => _store.LoadAsync(runId, JournalRules.DecisionFile, cancellationToken)).ConfigureAwait(false);
    }

    /// <summary>Waits until something was added to a run or somebody took it or gave it back. May answer too often.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="seen">What this answered last; <see langword="null"/>: the answer is wanted at once.</param>
    /// <param name="atMost">How long to wait; then the answer is the same again.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>What to give as <paramref name="seen"/> next time.</returns>
    internal virtual Task<string> WaitForChangeAsync(string runId, string? seen, TimeSpan atMost, CancellationToken cancellationToken = default)
    {
        JournalRules.CheckId(runId);
        return StoreCalls.ReadAsync(runId, () => _store.WaitForChangeAsync(runId, seen, atMost, cancellationToken));
    }

    /// <summary>Waits until there is a new run, one has changed, or one is gone. May answer too often. Cheap, however many runs there are.</summary>
    /// <param name="seen">What this answered last; <see langword="null"/>: the answer is wanted at once.</param>
    /// <param name="atMost">How long to wait, to about a second; then the answer is the same object again.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    internal virtual Task<RunVersions> WaitForAnyChangeAsync(RunVersions? seen, TimeSpan atMost, CancellationToken cancellationToken = default) =>
        StoreCalls.ReadAsync(Words.Get("journal.all-runs"), () => _changes.WaitForAnyChangeAsync(seen, atMost, cancellationToken));

    /// <summary>A lease that was stored.</summary>
    private protected virtual RunLease Hold(string runId, StoredLease lease, long renewedAt) => new(_store, runId, lease, renewedAt, _time);

    private async Task<IReadOnlyList<RunSummary>> ListAsync(Func<Task<IReadOnlyList<StoredRun>>> list)
    {
        IReadOnlyList<StoredRun> runs = await StoreCalls.ReadAsync(Words.Get("journal.all-runs"), list).ConfigureAwait(false);
        return [.. runs.Select(Summarize).OrderBy(r => r.CreatedAt).ThenBy(r => r.RunId, StringComparer.Ordinal)];
    }

    private async Task<RunLease> AcquireAsync(string runId, TimeSpan wait, bool reopen, CancellationToken cancellationToken)
    {
        VerifiedRun run = await GetAsync(runId, cancellationToken).ConfigureAwait(false);
        (StoredLease lease, long renewedAt) = await _leases.TakeAsync(run, runId, wait, reopen, cancellationToken).ConfigureAwait(false);
        return Hold(runId, lease, renewedAt);
    }

    /// <summary>What a listing shows, from the first and the last record alone.</summary>
    private RunSummary Summarize(StoredRun run)
    {
        RunOwner? owner = null;
        string? damage = run.Damage;
        try
        {
            if (damage is null)
            {
                JournalRecord first = JournalJson.ReadRecord(run.First.Span);
                owner = JournalRules.OwnerOf(first);
                JournalRecord last = JournalJson.ReadRecord(run.Last.Span);
                return new RunSummary
                {
                    RunId = run.RunId,
                    Owner = owner,
                    CreatedAt = first.At,
                    End = JournalRules.EndOf(last),
                    Holder = run.Lease is { IsFree: false } lease ? LeaseTaking.Describe(lease) : null,
                };
            }
        }
        catch (JsonException e)
        {
            damage = e.Message;
        }

        return new RunSummary { RunId = run.RunId, Owner = owner, Damage = $"{_store.Locate(run.RunId, JournalRules.RecordsFile)}: {damage}" };
    }

    private static string Saved(string name) => $"{JournalRules.SavedFiles}/{name}";

    /// <summary>A run that is there.</summary>
    private async ValueTask<VerifiedRun> GetAsync(string runId, CancellationToken cancellationToken)
    {
        JournalRules.CheckId(runId);
        if (_runs.TryGetValue(runId, out VerifiedRun? run))
        {
            return run;
        }

        if (await StoreCalls.ReadAsync(runId, () => _store.FindAsync(runId, cancellationToken)).ConfigureAwait(false) is null)
        {
            throw JournalRules.NoSuchRun(runId);
        }

        if (_runs.Count >= MaxKnownRuns)
        {
            // Only what was verified is forgotten.
            _runs.Clear();
        }

        return _runs.GetOrAdd(runId, new VerifiedRun(_store, runId));
    }
}
