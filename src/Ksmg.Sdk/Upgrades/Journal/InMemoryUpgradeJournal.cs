namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// A journal that lives as long as the object: for tests, rehearsals and simulations, with the same rules as a durable one.
/// Every call completes synchronously; safe for concurrent use.
/// </summary>
public sealed class InMemoryUpgradeJournal : IUpgradeJournal
{
    /// <summary>What a lease is worth after its last renewal, as with the file journal.</summary>
    private static readonly TimeSpan LeaseDuration = TimeSpan.FromSeconds(15);

    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly List<Run> _runs = [];

    /// <summary>Creates an empty journal.</summary>
    /// <param name="timeProvider">The clock; <see langword="null"/>: the system's.</param>
    public InMemoryUpgradeJournal(TimeProvider? timeProvider = null)
    {
        _time = timeProvider ?? TimeProvider.System;
    }

    /// <summary>
    /// Acts as if the process that drives the run had been killed or cut off: its lease can be taken at once. The holder itself is not
    /// told; its lease runs out 15 s later, and whatever it appends after a takeover is refused.
    /// </summary>
    public void Abandon(string runId)
    {
        lock (_gate)
        {
            Get(runId).Holder?.StopRenewing();
        }
    }

    /// <inheritdoc/>
    public Task<RunLease> CreateAsync(UpgradePlan plan, CancellationToken cancellationToken = default)
    {
        JournalRules.CheckPlan(plan);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            JournalRules.RefuseSecondRun(plan, _runs.Select(r => r.Summarize()), id => id);
            Run run = new(plan, JournalChain.Seed(PlanJson.ToBytes(plan)));
            _runs.Add(run);
            run.Append(_time, 1, JournalRules.RunCreated(plan));
            return Task.FromResult<RunLease>(Take(run));
        }
    }

    /// <inheritdoc/>
    public Task<RunLease> AcquireAsync(string runId, TimeSpan wait, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            Run run = Get(runId);
            run.ThrowIfEnded();
            run.ThrowIfHeld();
            return Task.FromResult<RunLease>(Take(run));
        }
    }

    /// <inheritdoc/>
    public Task<RunLease> ReopenAsync(string runId, TimeSpan wait, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            Run run = Get(runId);
            run.ThrowIfHeld();
            JournalRules.RefuseReopening(run.Summarize(), _runs.Select(r => r.Summarize()));
            return Task.FromResult<RunLease>(Take(run));
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<RunSummary>> ListAsync(CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            return Task.FromResult<IReadOnlyList<RunSummary>>([.. _runs.Select(r => r.Summarize())]);
        }
    }

    /// <inheritdoc/>
    public Task<RunSummary> FindAsync(string runId, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            return Task.FromResult(Get(runId).Summarize());
        }
    }

    /// <inheritdoc/>
    public Task<UpgradePlan> GetPlanAsync(string runId, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            return Task.FromResult(Get(runId).Plan);
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<JournalRecord>> ReadAsync(string runId, long after = 0, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            List<JournalRecord> records = Get(runId).Records;
            int from = (int)Math.Clamp(after, 0, records.Count);
            return Task.FromResult<IReadOnlyList<JournalRecord>>(records.GetRange(from, records.Count - from));
        }
    }

    /// <inheritdoc/>
    public Task<JournalRecord> AppendAsync(RunLease lease, JournalEntry entry, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(entry);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            Run run = Check(lease);
            run.ThrowIfEnded();
            return Task.FromResult(run.Append(_time, lease.Epoch, entry));
        }
    }

    /// <inheritdoc/>
    public Task PostCommandAsync(string runId, RunCommand command, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(command);
        _ = JournalRules.CheckCommand(command);
        lock (_gate)
        {
            Run run = Get(runId);
            if (!run.Commands.TryAdd(command.Id, command) && run.Commands[command.Id] != command)
            {
                throw JournalRules.Differs(runId, $"a command {command.Id}");
            }

            return Task.CompletedTask;
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<RunCommand>> ReadCommandsAsync(string runId, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            Run run = Get(runId);
            return Task.FromResult<IReadOnlyList<RunCommand>>(run.Commands.Count == run.Answers.Count
                ? []
                : [.. run.Commands.Values.Where(c => !run.Answers.ContainsKey(c.Id)).OrderBy(c => c.At).ThenBy(c => c.Id, StringComparer.Ordinal)]);
        }
    }

    /// <inheritdoc/>
    public Task AnswerCommandAsync(RunLease lease, string commandId, RunCommandAnswer answer, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(answer);
        lock (_gate)
        {
            Run run = Check(lease);
            if (!run.Commands.ContainsKey(commandId))
            {
                throw new JournalException($"Run {lease.RunId} has no command {commandId}.");
            }

            run.Answers.TryAdd(commandId, answer);
            return Task.CompletedTask;
        }
    }

    /// <inheritdoc/>
    public Task<RunCommandAnswer?> GetAnswerAsync(string runId, string commandId, CancellationToken cancellationToken = default)
    {
        JournalRules.CheckId(commandId);
        lock (_gate)
        {
            return Task.FromResult(Get(runId).Answers.GetValueOrDefault(commandId));
        }
    }

    /// <inheritdoc/>
    public Task SaveFileAsync(RunLease lease, string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        JournalRules.CheckFileName(name);
        JournalRules.CheckFileSize(content);
        lock (_gate)
        {
            Run run = Check(lease);
            if (!run.Files.TryAdd(name, content.ToArray()) && !run.Files[name].AsSpan().SequenceEqual(content.Span))
            {
                throw JournalRules.Differs(lease.RunId, $"a file {name}");
            }

            return Task.CompletedTask;
        }
    }

    /// <inheritdoc/>
    public Task<ReadOnlyMemory<byte>?> ReadFileAsync(string runId, string name, CancellationToken cancellationToken = default)
    {
        JournalRules.CheckFileName(name);
        lock (_gate)
        {
            return Task.FromResult<ReadOnlyMemory<byte>?>(Get(runId).Files.TryGetValue(name, out byte[]? content) ? content : default(ReadOnlyMemory<byte>?));
        }
    }

    private Run Get(string runId)
    {
        JournalRules.CheckId(runId);
        return _runs.Find(r => r.Plan.RunId == runId) ?? throw JournalRules.NoSuchRun(runId);
    }

    private Lease Take(Run run)
    {
        Lease lease = new(this, run.Plan.RunId, ++run.Epoch);
        run.Holder = lease;
        run.Append(_time, run.Epoch, JournalRules.EpochStarted(Guid.NewGuid()));
        return lease;
    }

    private Run Check(RunLease lease)
    {
        ArgumentNullException.ThrowIfNull(lease);
        Run run = Get(lease.RunId);
        return ReferenceEquals(run.Holder, lease) && lease.Remaining > TimeSpan.Zero ? run : throw JournalRules.Lost(lease.RunId, lease.Epoch);
    }

    private sealed class Run(UpgradePlan plan, string seed)
    {
        public UpgradePlan Plan => plan;

        public long Epoch { get; set; }

        public Lease? Holder { get; set; }

        public List<JournalRecord> Records { get; } = [];

        public Dictionary<string, RunCommand> Commands { get; } = new(StringComparer.Ordinal);

        public Dictionary<string, RunCommandAnswer> Answers { get; } = new(StringComparer.Ordinal);

        public Dictionary<string, byte[]> Files { get; } = new(StringComparer.Ordinal);

        public UpgradeEnd? End => JournalRules.EndOf(Records.LastOrDefault());

        public RunSummary Summarize() => new()
        {
            RunId = plan.RunId,
            Owner = RunOwner.Of(plan),
            CreatedAt = Records[0].At,
            End = End,
            Holder = HolderInWords,
        };

        public string? HolderInWords => Holder is { IsRenewed: true } ? $"process {Environment.ProcessId}, epoch {Epoch}" : null;

        public void ThrowIfEnded()
        {
            if (End is { } end)
            {
                throw JournalRules.Ended(plan.RunId, end);
            }
        }

        public void ThrowIfHeld()
        {
            if (HolderInWords is { } holder)
            {
                throw new LeaseHeldException($"Run {plan.RunId} is driven by {holder}.") { Holder = holder };
            }
        }

        public JournalRecord Append(TimeProvider time, long epoch, JournalEntry entry)
        {
            string previous = Records.Count == 0 ? seed : Records[^1].Hash;
            (JournalRecord record, _) = JournalChain.Seal(previous, Records.Count + 1, time.GetUtcNow(), epoch, entry);
            Records.Add(record);
            return record;
        }
    }

    /// <summary>Held without any timer until it is given back or abandoned, so that simulated time can leap.</summary>
    private sealed class Lease(InMemoryUpgradeJournal journal, string runId, long epoch) : RunLease
    {
        private readonly CancellationTokenSource _lost = new(Timeout.InfiniteTimeSpan, journal._time);
        private long _lastRenewal;
        private bool _givenBack;

        public override string RunId => runId;

        public override long Epoch => epoch;

        public bool IsRenewed { get; private set; } = true;

        public override CancellationToken Lost => _lost.Token;

        public override TimeSpan Remaining
        {
            get
            {
                TimeSpan elapsed = IsRenewed ? TimeSpan.Zero : journal._time.GetElapsedTime(_lastRenewal);
                return _givenBack || elapsed >= LeaseDuration ? TimeSpan.Zero : LeaseDuration - elapsed;
            }
        }

        public void StopRenewing()
        {
            if (IsRenewed)
            {
                _lastRenewal = journal._time.GetTimestamp();
                IsRenewed = false;
                _lost.CancelAfter(LeaseDuration);
            }
        }

        public override ValueTask DisposeAsync()
        {
            lock (journal._gate)
            {
                _givenBack = true;
                IsRenewed = false;
                _lost.CancelAfter(Timeout.InfiniteTimeSpan);
            }

            return ValueTask.CompletedTask;
        }
    }
}
