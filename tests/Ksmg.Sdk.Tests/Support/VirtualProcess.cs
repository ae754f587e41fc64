using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>The process is gone: nothing it tries from here on reaches the world or the journal.</summary>
internal sealed class CrashedException() : Exception("The process has crashed.");

/// <summary>
/// A process that drives a run and can die at a numbered point: right before and right after each journal append, and right after each
/// effect, when the answer has not been read yet.
/// </summary>
/// <param name="crashAt">The point at which it dies.</param>
/// <param name="journalFailsAt">The append from which on the disk under its journal is full.</param>
internal sealed class VirtualProcess(int crashAt = int.MaxValue, int journalFailsAt = int.MaxValue)
{
    private int _point;
    private int _appends;

    public bool IsDead { get; private set; }

    /// <summary>What happened at the points passed so far.</summary>
    public List<string> Points { get; } = [];

    public string? DiedAt { get; private set; }

    /// <summary>Called at each point that is passed alive: what somebody else does right then.</summary>
    public Action<string>? At { get; init; }

    public void MustLive()
    {
        if (IsDead)
        {
            throw new CrashedException();
        }
    }

    private void MustWrite()
    {
        if (_appends++ >= journalFailsAt)
        {
            throw new JournalException("The journal cannot be written: no space left. Nothing was written.");
        }
    }

    public void EffectCaused(string what) => Pass($"effect sent, no answer: {what}");

    /// <summary>The journal as this process sees it.</summary>
    public IUpgradeJournal See(IUpgradeJournal journal) => new MortalJournal(journal, this);

    private void Pass(string what)
    {
        MustLive();
        Points.Add(what);
        if (_point++ == crashAt)
        {
            DiedAt = what;
            IsDead = true;
            throw new CrashedException();
        }

        At?.Invoke(what);
    }

    private sealed class MortalJournal(IUpgradeJournal inner, VirtualProcess process) : IUpgradeJournal
    {
        public Task<RunLease> CreateAsync(UpgradePlan plan, CancellationToken cancellationToken = default) => Live(() => inner.CreateAsync(plan, cancellationToken));

        public Task<RunLease> AcquireAsync(string runId, TimeSpan wait, CancellationToken cancellationToken = default) => Live(() => inner.AcquireAsync(runId, wait, cancellationToken));

        public Task<RunLease> ReopenAsync(string runId, TimeSpan wait, CancellationToken cancellationToken = default) => Live(() => inner.ReopenAsync(runId, wait, cancellationToken));

        public Task<IReadOnlyList<RunSummary>> ListAsync(CancellationToken cancellationToken = default) => Live(() => inner.ListAsync(cancellationToken));

        public Task<UpgradePlan> GetPlanAsync(string runId, CancellationToken cancellationToken = default) => Live(() => inner.GetPlanAsync(runId, cancellationToken));

        public Task<IReadOnlyList<JournalRecord>> ReadAsync(string runId, long after = 0, CancellationToken cancellationToken = default) => Live(() => inner.ReadAsync(runId, after, cancellationToken));

        public async Task<JournalRecord> AppendAsync(RunLease lease, JournalEntry entry, CancellationToken cancellationToken = default)
        {
            string what = $"{entry.Kind} {entry.Step} {entry.Outcome}";
            process.Pass("before " + what);
            process.MustWrite();
            JournalRecord record = await inner.AppendAsync(lease, entry, cancellationToken);
            process.Pass("after " + what);
            return record;
        }

        public Task PostCommandAsync(string runId, RunCommand command, CancellationToken cancellationToken = default) => inner.PostCommandAsync(runId, command, cancellationToken);

        public Task<IReadOnlyList<RunCommand>> ReadCommandsAsync(string runId, CancellationToken cancellationToken = default) => Live(() => inner.ReadCommandsAsync(runId, cancellationToken));

        public Task AnswerCommandAsync(RunLease lease, string commandId, RunCommandAnswer answer, CancellationToken cancellationToken = default)
        {
            process.MustLive();
            return inner.AnswerCommandAsync(lease, commandId, answer, cancellationToken);
        }

        public Task<RunCommandAnswer?> GetAnswerAsync(string runId, string commandId, CancellationToken cancellationToken = default) => inner.GetAnswerAsync(runId, commandId, cancellationToken);

        public Task SaveFileAsync(RunLease lease, string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
        {
            process.MustLive();
            return inner.SaveFileAsync(lease, name, content, cancellationToken);
        }

        public Task<ReadOnlyMemory<byte>?> ReadFileAsync(string runId, string name, CancellationToken cancellationToken = default) => Live(() => inner.ReadFileAsync(runId, name, cancellationToken));

        private Task<T> Live<T>(Func<Task<T>> call)
        {
            process.MustLive();
            return call();
        }
    }
}
