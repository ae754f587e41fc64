using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>The process is gone: nothing it tries from here on reaches the world or the journal.</summary>
internal sealed class CrashedException() : Exception("The process has crashed.");

/// <summary>
/// A process that drives a run and can die at a numbered point. Every step has up to five boundaries: before its intent is appended, after
/// it, when an effect has reached the world and its answer has not been read, when the answer was read and the outcome is not appended,
/// and after the outcome.
/// </summary>
/// <param name="crashAt">The number of the point.</param>
/// <param name="everyPart">Whether every part of an effect in many parts (the bytes of an upload, the files of a copy) is a point; else
/// the first part of each kind.</param>
/// <param name="journalFailsAt">The append from which on the disk under its journal is full.</param>
internal sealed class VirtualProcess(int crashAt = int.MaxValue, bool everyPart = true, int journalFailsAt = int.MaxValue)
{
    public const string BeforeIntent = "before the intent";
    public const string AfterIntent = "after the intent";
    public const string EffectSent = "effect sent, answer not read";
    public const string AnswerRead = "answer read, outcome not appended";
    public const string AfterOutcome = "after the outcome";

    /// <summary>Far more than any run passes: time need not pass in an endless loop, so that no time limit ends it.</summary>
    private const int MostPoints = 5_000;

    private readonly HashSet<string> _open = new(StringComparer.Ordinal);
    private (string Step, string Effect) _lastPart;
    private int _appends;

    public bool IsDead { get; private set; }

    /// <summary>What happened at the points passed so far: the boundary, then the step's key.</summary>
    public List<string> Points { get; } = [];

    public string? DiedAt { get; private set; }

    /// <summary>Called at each point that is passed alive: what somebody else does right then.</summary>
    public Action<string>? At { get; init; }

    /// <summary>The point at which it dies, by how it begins.</summary>
    public string? DiesAt { get; init; }

    /// <summary>Why the inbox cannot be read right now.</summary>
    public Func<Exception?>? InboxFails { get; init; }

    /// <summary>A process beside which somebody does something as soon as it passes a point, given by how it begins.</summary>
    public static VirtualProcess Once(string point, Action act)
    {
        bool done = false;
        return new VirtualProcess
        {
            At = passed =>
            {
                if (!done && passed.StartsWith(point, StringComparison.Ordinal))
                {
                    done = true;
                    act();
                }
            },
        };
    }

    /// <summary>It dies of something else.</summary>
    public void Kill() => IsDead = true;

    public void MustLive()
    {
        if (IsDead)
        {
            throw new CrashedException();
        }
    }

    /// <summary>An effect has reached the world.</summary>
    /// <param name="effect">What it is.</param>
    /// <param name="node">The node it was asked of.</param>
    /// <param name="steps">The numbers of the steps that cause such an effect.</param>
    public void EffectCaused(string effect, string node, params ReadOnlySpan<string> steps)
    {
        MustLive();
        string step = FindOpen(node, steps) ?? "-/" + node;
        if (everyPart || _lastPart != (step, effect))
        {
            _lastPart = (step, effect);
            Pass($"{EffectSent} {step} {effect}");
        }
    }

    /// <summary>The journal as this process sees it.</summary>
    /// <param name="journal">The journal.</param>
    /// <param name="recorded">Called for each record of this process in the moment it is written, even if the process dies right after.</param>
    public UpgradeJournal See(UpgradeJournal journal, Action<JournalRecord>? recorded = null) => new MortalJournal(journal, this, recorded);

    /// <summary>The step under way that the effect belongs to: one of that node, or, since a switch may be set on another node's page, any.</summary>
    private string? FindOpen(string node, ReadOnlySpan<string> steps)
    {
        string? found = null;
        foreach (string key in _open)
        {
            string[] parts = key.Split('/');
            if (steps.Contains(parts[0]))
            {
                found = parts[1] == node ? key : found ?? key;
            }
        }

        return found;
    }

    private void Pass(string what)
    {
        MustLive();
        Points.Add(what);
        if (Points.Count > MostPoints)
        {
            throw new InvalidOperationException($"The process goes round in circles: {string.Join(" / ", Points.TakeLast(8))}");
        }

        if (Points.Count - 1 == crashAt || (DiesAt is not null && what.StartsWith(DiesAt, StringComparison.Ordinal)))
        {
            DiedAt = what;
            IsDead = true;
            throw new CrashedException();
        }

        At?.Invoke(what);
    }

    private void MustWrite()
    {
        if (_appends++ >= journalFailsAt)
        {
            throw new JournalException("The journal cannot be written: no space left. Nothing was written.");
        }
    }

    private (string Before, string After) Boundaries(JournalEntry entry)
    {
        switch (entry.Kind)
        {
            case JournalEntryKind.Intent:
                _open.Add(entry.Step!);
                return ($"{BeforeIntent} {entry.Step}", $"{AfterIntent} {entry.Step}");
            case JournalEntryKind.Outcome:
                _open.Remove(entry.Step!);
                return ($"{AnswerRead} {entry.Step} {entry.Outcome}", $"{AfterOutcome} {entry.Step} {entry.Outcome}");
            default:
                return ($"before {entry.Kind}", $"after {entry.Kind}");
        }
    }

    private sealed class MortalJournal(UpgradeJournal inner, VirtualProcess process, Action<JournalRecord>? recorded) : UpgradeJournal
    {
        public override TimeSpan LeaseDuration => inner.LeaseDuration;

        internal override Task<RunLease> CreateAsync(UpgradePlan plan, CancellationToken cancellationToken = default) =>
            Live(() => inner.CreateAsync(plan, cancellationToken));

        internal override Task<RunLease> AcquireAsync(string runId, TimeSpan wait, CancellationToken cancellationToken = default) =>
            Live(() => inner.AcquireAsync(runId, wait, cancellationToken));

        internal override Task<RunLease> ReopenAsync(string runId, TimeSpan wait, CancellationToken cancellationToken = default) =>
            Live(() => inner.ReopenAsync(runId, wait, cancellationToken));

        public override Task<IReadOnlyList<RunSummary>> ListAsync(CancellationToken cancellationToken = default) =>
            Live(() => inner.ListAsync(cancellationToken));

        public override Task<RunSummary> FindAsync(string runId, CancellationToken cancellationToken = default) =>
            Live(() => inner.FindAsync(runId, cancellationToken));

        public override Task<UpgradePlan> GetPlanAsync(string runId, CancellationToken cancellationToken = default) =>
            Live(() => inner.GetPlanAsync(runId, cancellationToken));

        internal override Task<IReadOnlyList<JournalRecord>> ReadAsync(string runId, long after = 0, CancellationToken cancellationToken = default) =>
            Live(() => inner.ReadAsync(runId, after, cancellationToken));

        internal override async Task<JournalRecord> AppendAsync(RunLease lease, JournalEntry entry, CancellationToken cancellationToken = default)
        {
            (string before, string after) = process.Boundaries(entry);
            process.Pass(before);
            process.MustWrite();
            JournalRecord record = await inner.AppendAsync(lease, entry, cancellationToken);
            recorded?.Invoke(record);
            process.Pass(after);
            return record;
        }

        internal override Task PostCommandAsync(string runId, RunCommand command, CancellationToken cancellationToken = default) =>
            inner.PostCommandAsync(runId, command, cancellationToken);

        internal override Task<IReadOnlyList<RunCommand>> ReadCommandsAsync(string runId, CancellationToken cancellationToken = default) =>
            Live(
                () => process.InboxFails?.Invoke() is { } e
                    ? Task.FromException<IReadOnlyList<RunCommand>>(e)
                    : inner.ReadCommandsAsync(runId, cancellationToken));

        internal override Task AnswerCommandAsync(RunLease lease, string commandId, RunCommandAnswer answer, CancellationToken cancellationToken = default)
        {
            process.MustLive();
            return inner.AnswerCommandAsync(lease, commandId, answer, cancellationToken);
        }

        internal override Task<RunCommandAnswer?> GetAnswerAsync(string runId, string commandId, CancellationToken cancellationToken = default) =>
            inner.GetAnswerAsync(runId, commandId, cancellationToken);

        internal override async Task SaveFileAsync(RunLease lease, string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
        {
            process.MustLive();
            await inner.SaveFileAsync(lease, name, content, cancellationToken);
            process.EffectCaused(name.EndsWith("manifest.json", StringComparison.Ordinal) ? "save-manifest" : "save-file", name.Split('/')[1], "S5", "S12");
        }

        public override Task<ReadOnlyMemory<byte>?> ReadFileAsync(string runId, string name, CancellationToken cancellationToken = default) =>
            Live(() => inner.ReadFileAsync(runId, name, cancellationToken));

        internal override Task PublishAsync(RunLease lease, Func<Task<byte[]>> decision, CancellationToken cancellationToken = default)
        {
            process.MustLive();
            return inner.PublishAsync(lease, decision, cancellationToken);
        }

        internal override Task<ReadOnlyMemory<byte>?> ReadPublishedAsync(string runId, CancellationToken cancellationToken = default) =>
            inner.ReadPublishedAsync(runId, cancellationToken);

        internal override Task<string> WaitForChangeAsync(string runId, string? seen, TimeSpan atMost, CancellationToken cancellationToken = default) =>
            inner.WaitForChangeAsync(runId, seen, atMost, cancellationToken);

        private Task<T> Live<T>(Func<Task<T>> call)
        {
            process.MustLive();
            return call();
        }
    }
}
