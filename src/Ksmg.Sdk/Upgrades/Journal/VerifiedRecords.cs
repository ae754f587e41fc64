using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// The records of something in a <see cref="IRunStore"/> as far as their chain was verified, so that reading on and appending cost what is new
/// only. The chain begins with a document, its plan.
/// </summary>
/// <typeparam name="TPlan">What the document says.</typeparam>
internal abstract class VerifiedRecords<TPlan>(IRunStore store, string runId) : VerifiedRecords
    where TPlan : class
{
    private readonly Lock _gate = new();
    private Known _known = new();

    /// <summary>What was verified; shared by readers that come at once, and left behind when the run turns out to be another.</summary>
    private sealed class Known
    {
        public List<JournalRecord> Records { get; } = [];

        public string Hash { get; set; } = string.Empty;

        public TPlan? Plan { get; set; }
    }

    /// <summary>The first records of a run that is to be, as lines.</summary>
    public ReadOnlyMemory<byte> Begin(TPlan plan, byte[] planFile, StoredLease lease, IEnumerable<JournalEntry> entries)
    {
        using MemoryStream lines = new();
        _known.Plan = plan;
        _known.Hash = JournalChain.Seed(planFile);
        foreach (JournalEntry entry in entries)
        {
            (JournalRecord record, byte[] line) = JournalChain.Seal(_known.Hash, _known.Records.Count + 1, lease.Since, lease.Epoch, entry);
            lines.Write(line);
            _known.Records.Add(record);
            _known.Hash = record.Hash;
        }

        return lines.ToArray();
    }

    /// <summary>The plan, verified as the one that the records began with.</summary>
    public async Task<TPlan> ReadPlanAsync(CancellationToken cancellationToken) => (await CatchUpAsync(cancellationToken).ConfigureAwait(false)).Plan!;

    /// <inheritdoc/>
    public override async Task<IReadOnlyList<JournalRecord>> ReadAsync(long after, CancellationToken cancellationToken)
    {
        List<JournalRecord> records = (await CatchUpAsync(cancellationToken).ConfigureAwait(false)).Records;
        lock (_gate)
        {
            int from = (int)Math.Clamp(after, 0, records.Count);
            return records.GetRange(from, records.Count - from);
        }
    }

    /// <inheritdoc/>
    public override async Task<JournalRecord> AppendAsync(
        StoredLease lease, DateTimeOffset now, JournalEntry entry, bool afterEnd, CancellationToken cancellationToken)
    {
        // What the holder itself did not know of is a record that it could neither write nor take back: that is learnt once.
        for (bool again = false; ; again = true)
        {
            (Known known, int count, string hash, JournalRecord? last) = Look();
            if (last is null || again)
            {
                await CatchUpAsync(cancellationToken).ConfigureAwait(false);
                (known, count, hash, last) = Look();
            }

            if (!afterEnd && JournalRules.EndOf(last) is { } end)
            {
                throw JournalRules.Ended(runId, end);
            }

            (JournalRecord record, byte[] line) = JournalChain.Seal(hash, count + 1, now, lease.Epoch, entry);
            if (await store.AppendAsync(runId, lease, count, line, cancellationToken).ConfigureAwait(false))
            {
                Accept(known, count, [record], plan: null);
                return record;
            }

            if (again)
            {
                throw new JournalException(Words.Get("journal.changes", store.Locate(runId, JournalRules.RecordsFile)));
            }
        }
    }

    private (Known Known, int Count, string Hash, JournalRecord? Last) Look()
    {
        lock (_gate)
        {
            return (_known, _known.Records.Count, _known.Hash, _known.Records.LastOrDefault());
        }
    }

    /// <summary>Verifies what is new. What contradicts the known part is read once more from the beginning before it is called damage:
    /// a holder may have taken back a record whose flush failed.</summary>
    private async Task<Known> CatchUpAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            (Known known, int count, string hash, _) = Look();
            byte[]? planFile = null;
            if (count == 0)
            {
                planFile = await store.LoadAsync(runId, JournalRules.PlanFile, cancellationToken).ConfigureAwait(false) is { } file
                    ? file.ToArray()
                    : throw JournalRules.Damage(store.Locate(runId, JournalRules.PlanFile), Words.Get("damage.file-missing"));
                hash = JournalChain.Seed(planFile);
            }

            ReadOnlyMemory<byte>? news = await store.ReadAsync(runId, count, cancellationToken).ConfigureAwait(false);
            List<JournalRecord> records = [];
            if (TryOpen(news, count, hash, records, out string? defect))
            {
                if (count + records.Count == 0)
                {
                    throw Damage(OfLine(1, Words.Get("damage.no-record")));
                }

                Accept(known, count, records, planFile is null ? null : ParsePlan(planFile, records[0]));
                return known;
            }

            if (planFile is not null)
            {
                // The chain begins with the plan: a plan that was changed shows as a wrong first line.
                JournalException damage = Damage(defect);
                throw PlanDocument.Changed(planFile) is { } changed
                    ? new JournalException($"{damage.Message} {store.Locate(runId, JournalRules.PlanFile)}: {changed}", damage)
                    : damage;
            }

            lock (_gate)
            {
                _known = ReferenceEquals(_known, known) ? new Known() : _known;
            }
        }
    }

    /// <summary>Opens whole lines. A tail without a newline was torn by a crash and is left out.</summary>
    private static bool TryOpen(ReadOnlyMemory<byte>? lines, int count, string hash, List<JournalRecord> records, [NotNullWhen(false)] out string? defect)
    {
        defect = lines is null ? OfLine(Math.Max(count, 1), Words.Get("damage.line-missing")) : null;
        ReadOnlySpan<byte> rest = lines.GetValueOrDefault().Span;
        int end;
        while (defect is null && (end = rest.IndexOf((byte)'\n')) >= 0)
        {
            int number = count + records.Count + 1;
            if (JournalChain.TryOpen(rest[..end], hash, number, out JournalRecord? record, out string? wrong))
            {
                records.Add(record);
                hash = record.Hash;
                rest = rest[(end + 1)..];
            }
            else
            {
                defect = OfLine(number, wrong);
            }
        }

        // A torn tail is the beginning of a record, never more than one.
        int next = count + records.Count + 1;
        if (defect is null && (rest.Length > JournalChain.MaxLineBytes || (rest.Length > 1 && JournalChain.TryOpen(rest[..^1], hash, next, out _, out _))))
        {
            defect = OfLine(next, Words.Get("damage.line-end"));
        }

        return defect is null;
    }

    /// <summary>Whoever verified the same at once was faster, or not.</summary>
    private void Accept(Known known, int count, List<JournalRecord> records, TPlan? plan)
    {
        lock (_gate)
        {
            if (known.Records.Count == count && records.Count > 0)
            {
                known.Records.AddRange(records);
                known.Hash = records[^1].Hash;
                known.Plan ??= plan;
            }
        }
    }

    private protected IRunStore Store => store;

    private protected string RunId => runId;

    /// <summary>What the document says, which is to be the one that the first record names.</summary>
    protected abstract TPlan ParsePlan(byte[] planFile, JournalRecord first);

    private protected static string OfLine(int number, string defect) => Words.Get("damage.line", number, defect);

    private protected JournalException Damage(string defect) => JournalRules.Damage(store.Locate(runId, JournalRules.RecordsFile), defect);
}

/// <inheritdoc cref="VerifiedRecords{TPlan}"/>
internal abstract class VerifiedRecords
{
    /// <summary>The records above a sequence.</summary>
    public abstract Task<IReadOnlyList<JournalRecord>> ReadAsync(long after, CancellationToken cancellationToken);

    /// <summary>Appends a record durably, or nothing.</summary>
    /// <param name="lease">The lease.</param>
    /// <param name="now">When.</param>
    /// <param name="entry">What.</param>
    /// <param name="afterEnd">Whether it takes up again what has ended.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public abstract Task<JournalRecord> AppendAsync(
        StoredLease lease, DateTimeOffset now, JournalEntry entry, bool afterEnd, CancellationToken cancellationToken);
}
