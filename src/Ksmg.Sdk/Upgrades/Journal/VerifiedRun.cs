using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// The records of a run as far as their chain was verified, so that reading on and appending cost what is new only.
/// </summary>
internal sealed class VerifiedRun(IRunStore store, string runId)
{
    private readonly Lock _gate = new();
    private Known _known = new();

    /// <summary>What was verified; shared by readers that come at once, and left behind when the run turns out to be another.</summary>
    private sealed class Known
    {
        public List<JournalRecord> Records { get; } = [];

        public string Hash { get; set; } = string.Empty;

        public UpgradePlan? Plan { get; set; }
    }

    /// <summary>The first records of a run that is to be, as lines.</summary>
    public ReadOnlyMemory<byte> Begin(UpgradePlan plan, byte[] planFile, StoredLease lease, IEnumerable<JournalEntry> entries)
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

    /// <summary>The plan, verified as the one the run was created with.</summary>
    public async Task<UpgradePlan> ReadPlanAsync(CancellationToken cancellationToken) => (await CatchUpAsync(cancellationToken).ConfigureAwait(false)).Plan!;

    /// <summary>The records above a sequence.</summary>
    public async Task<IReadOnlyList<JournalRecord>> ReadAsync(long after, CancellationToken cancellationToken)
    {
        List<JournalRecord> records = (await CatchUpAsync(cancellationToken).ConfigureAwait(false)).Records;
        lock (_gate)
        {
            int from = (int)Math.Clamp(after, 0, records.Count);
            return records.GetRange(from, records.Count - from);
        }
    }

    /// <summary>Appends a record durably, or nothing.</summary>
    /// <param name="lease">The lease.</param>
    /// <param name="now">When.</param>
    /// <param name="entry">What.</param>
    /// <param name="afterEnd">Whether it takes up again what has ended.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public async Task<JournalRecord> AppendAsync(StoredLease lease, DateTimeOffset now, JournalEntry entry, bool afterEnd, CancellationToken cancellationToken)
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
                Accept(known, count, records, planFile is null ? null : ParsePlan(planFile, records));
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

    private UpgradePlan ParsePlan(byte[] planFile, List<JournalRecord> records)
    {
        if (records.Count == 0)
        {
            throw Damage(OfLine(1, Words.Get("damage.no-record")));
        }

        UpgradePlan plan;
        string place = store.Locate(runId, JournalRules.PlanFile);
        try
        {
            plan = PlanJson.ReadPlan(planFile);
        }
        catch (JsonException e)
        {
            throw JournalRules.Damage(place, Words.Get("damage.plan", e.Message));
        }

        if (plan.Schema != UpgradePlan.CurrentSchema)
        {
            string how = Words.Get("error.run-format", runId, plan.Schema, UpgradePlan.CurrentSchema, store.Locate(runId));
            throw new RunFormatException(how) { RunId = runId, Format = plan.Schema, Supported = UpgradePlan.CurrentSchema };
        }

        return records[0].Entry is { Kind: JournalEntryKind.RunCreated } created
            && created.Values?.GetValueOrDefault(JournalRules.PlanHash) == plan.Hash
            && plan.RunId == runId
            ? plan
            : throw Damage(OfLine(1, Words.Get("damage.other-plan", place)));
    }

    /// <summary>Whoever verified the same at once was faster, or not.</summary>
    private void Accept(Known known, int count, List<JournalRecord> records, UpgradePlan? plan)
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

    private static string OfLine(int number, string defect) => Words.Get("damage.line", number, defect);

    private JournalException Damage(string defect) => JournalRules.Damage(store.Locate(runId, JournalRules.RecordsFile), defect);
}
