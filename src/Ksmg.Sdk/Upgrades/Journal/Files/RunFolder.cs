using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// The folder of one run. Remembers how far its journal was verified, so that reading on and appending cost what is new only.
/// What changes the folder is done under <see cref="Lock"/>.
/// </summary>
internal sealed class RunFolder
{
    /// <summary>The largest journal, in bytes.</summary>
    private const int MaxJournalBytes = 64 * 1024 * 1024;

    private const int MaxPlanBytes = 16 * 1024 * 1024;

    private readonly string _path;
    private readonly Action<FileStream, ReadOnlyMemory<byte>> _write;
    private readonly System.Threading.Lock _gate = new();
    private readonly List<JournalRecord> _records = [];
    private UpgradePlan? _plan;
    private string _hash = "";
    private long _offset;

    public RunFolder(string path, FileLock folderLock, Action<FileStream, ReadOnlyMemory<byte>> write)
    {
        _path = path;
        _write = write;
        Lock = folderLock;
    }

    public string RunId => Path.GetFileName(_path);

    public FileLock Lock { get; }

    public string InboxPath => Path.Combine(_path, "inbox");

    public string FilesPath => Path.Combine(_path, "files");

    private string PlanPath => Path.Combine(_path, "plan.json");

    private string JournalPath => Path.Combine(_path, "journal.jsonl");

    private string LeasePath => Path.Combine(_path, "lease.json");

    public bool Exists => File.Exists(JournalPath) || File.Exists(PlanPath);

    /// <summary>Writes the plan and the first records of a run into its folder, which nobody knows yet.</summary>
    public void Initialize(UpgradePlan plan, LeaseFile lease, IEnumerable<JournalEntry> entries)
    {
        byte[] planFile = PlanJson.ToBytes(plan);
        if (planFile.Length > MaxPlanBytes)
        {
            throw new JournalException($"A plan has up to {MaxPlanBytes} bytes; this one has {planFile.Length}. Nothing was written.");
        }

        DurableFiles.CreateFolder(InboxPath);
        DurableFiles.Replace(PlanPath, planFile, durable: true);
        using MemoryStream lines = new();
        string hash = JournalChain.Seed(planFile);
        long sequence = 0;
        foreach (JournalEntry entry in entries)
        {
            (JournalRecord record, byte[] line) = JournalChain.Seal(hash, ++sequence, lease.Since, lease.Epoch, entry);
            lines.Write(line);
            hash = record.Hash;
        }

        DurableFiles.Replace(JournalPath, lines.ToArray(), durable: true);
        WriteLease(lease, durable: true);
    }

    /// <summary>The plan, verified as the one the run was created with.</summary>
    public UpgradePlan ReadPlan()
    {
        lock (_gate)
        {
            CatchUp();
            return _plan!;
        }
    }

    /// <summary>The records above a sequence.</summary>
    public IReadOnlyList<JournalRecord> Read(long after)
    {
        lock (_gate)
        {
            CatchUp();
            int from = (int)Math.Clamp(after, 0, _records.Count);
            return _records.GetRange(from, _records.Count - from);
        }
    }

    /// <summary>Appends a record durably, or nothing. Under <see cref="Lock"/>, by the holder of the lease.</summary>
    public JournalRecord Append(long epoch, DateTimeOffset now, JournalEntry entry)
    {
        lock (_gate)
        {
            using FileStream journal = OpenJournal(FileAccess.ReadWrite);
            CatchUp(journal);
            if (entry.Kind != JournalEntryKind.EpochStarted && JournalRules.EndOf(_records[^1]) is { } end)
            {
                throw JournalRules.Ended(RunId, end);
            }

            (JournalRecord record, byte[] line) = JournalChain.Seal(_hash, _records.Count + 1, now, epoch, entry);
            if (_offset + line.Length > MaxJournalBytes)
            {
                throw new JournalException($"{JournalPath} is full: it may have {MaxJournalBytes} bytes. Nothing was written.");
            }

            try
            {
                if (journal.Length > _offset)
                {
                    journal.SetLength(_offset);
                }

                journal.Position = _offset;
                _write(journal, line);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new JournalException($"{JournalPath} cannot be written: {e.Message} {TakeBack(journal)}", e);
            }

            Accept(record, line.Length);
            return record;
        }
    }

    /// <summary>What a listing shows, from the first and the last record alone.</summary>
    public RunSummary Summarize()
    {
        RunOwner? owner = null;
        try
        {
            using FileStream journal = OpenJournal(FileAccess.Read);
            long length = journal.Length;
            byte[] head = ReadAt(journal, 0, Math.Min(length, JournalChain.MaxLineBytes));
            JournalRecord first = UpgradeJson.ReadRecord(head.AsSpan(0, Math.Max(0, head.AsSpan().IndexOf((byte)'\n'))));
            byte[] tail = ReadAt(journal, Math.Max(0, length - (2 * JournalChain.MaxLineBytes)), Math.Min(length, 2 * JournalChain.MaxLineBytes));
            owner = JournalRules.OwnerOf(first);
            ReadOnlySpan<byte> whole = tail.AsSpan(0, Math.Max(0, tail.AsSpan().LastIndexOf((byte)'\n')));
            JournalRecord last = UpgradeJson.ReadRecord(whole[(whole.LastIndexOf((byte)'\n') + 1)..]);
            return new RunSummary
            {
                RunId = RunId,
                Owner = owner,
                CreatedAt = first.At,
                End = JournalRules.EndOf(last),
                Holder = ReadLease() is { } lease && !lease.IsFree() ? lease.ToString() : null,
            };
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException or JournalException)
        {
            return new RunSummary { RunId = RunId, Owner = owner, Damage = $"{JournalPath}: {e.Message}" };
        }
    }

    /// <summary>What stands in <c>lease.json</c>; <see langword="null"/> when it is missing or no lease.</summary>
    public LeaseFile? ReadLease()
    {
        try
        {
            return DurableFiles.TryRead(LeasePath, JournalRules.MaxCommandBytes) is { } json ? UpgradeJson.ReadLease(json) : null;
        }
        catch (Exception e) when (e is JsonException or JournalException)
        {
            return null;
        }
    }

    /// <summary>Under <see cref="Lock"/>. A beat need not survive a power cut: the next boot is another one. An epoch must.</summary>
    public void WriteLease(LeaseFile lease, bool durable) => DurableFiles.Replace(LeasePath, UpgradeJson.ToBytes(lease), durable);

    private FileStream OpenJournal(FileAccess access) =>
        new(JournalPath, FileMode.Open, access, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);

    private void CatchUp()
    {
        using FileStream journal = OpenJournal(FileAccess.Read);
        CatchUp(journal);
    }

    /// <summary>Verifies what is new. What contradicts the known part is read once more from the beginning before it is called damage:
    /// a holder may have taken back a record whose flush failed.</summary>
    private void CatchUp(FileStream journal)
    {
        if (_plan is not null)
        {
            if (TryReadOn(journal, out _))
            {
                return;
            }

            _plan = null;
        }

        _records.Clear();
        _offset = 0;
        byte[] planFile = DurableFiles.TryRead(PlanPath, MaxPlanBytes) ?? throw Damage(PlanPath, "the file is missing");
        _hash = JournalChain.Seed(planFile);
        if (!TryReadOn(journal, out JournalException? damage))
        {
            // The chain begins with the plan: a plan that was changed shows as a wrong first line.
            throw PlanDocument.Changed(planFile) is { } changed ? new JournalException($"{damage.Message} {PlanPath}: {changed}", damage) : damage;
        }

        if (_records.Count == 0)
        {
            throw Damage(JournalPath, "line 1: there is no whole record");
        }

        _plan = ParsePlan(planFile);
    }

    private UpgradePlan ParsePlan(byte[] planFile)
    {
        UpgradePlan plan;
        try
        {
            plan = PlanJson.ReadPlan(planFile);
        }
        catch (JsonException e)
        {
            throw Damage(PlanPath, $"the plan cannot be read ({e.Message}); a newer version may have written it");
        }

        if (plan.Schema != UpgradePlan.CurrentSchema)
        {
            throw new JournalException($"{PlanPath} has the format {plan.Schema}; this version reads {UpgradePlan.CurrentSchema}. Nothing was changed. Go on with the version that began the run.");
        }

        return _records[0].Entry is { Kind: JournalEntryKind.RunCreated } created && created.Values?.GetValueOrDefault(JournalRules.PlanHash) == plan.Hash && plan.RunId == RunId
            ? plan
            : throw Damage(JournalPath, $"line 1: it was written for another plan than {PlanPath}");
    }

    /// <summary>Verifies whole lines from the known offset on. A tail without a newline was torn by a crash and is left out.</summary>
    private bool TryReadOn(FileStream journal, [NotNullWhen(false)] out JournalException? damage)
    {
        damage = null;
        long length = journal.Length;
        if (length < _offset || length > MaxJournalBytes)
        {
            damage = Damage(JournalPath, $"it has {length} bytes, {_offset} to {MaxJournalBytes} are expected");
            return false;
        }

        ReadOnlySpan<byte> rest = ReadAt(journal, _offset, length - _offset);
        int end;
        while ((end = rest.IndexOf((byte)'\n')) >= 0)
        {
            if (!JournalChain.TryOpen(rest[..end], _hash, _records.Count + 1, out JournalRecord? record, out string? defect))
            {
                damage = Damage(JournalPath, $"line {_records.Count + 1}: {defect}");
                return false;
            }

            Accept(record, end + 1);
            rest = rest[(end + 1)..];
        }

        // A torn tail is the beginning of a record, never more than one.
        if (rest.Length > JournalChain.MaxLineBytes || (rest.Length > 1 && JournalChain.TryOpen(rest[..^1], _hash, _records.Count + 1, out _, out _)))
        {
            damage = Damage(JournalPath, $"line {_records.Count + 1}: its end was changed");
            return false;
        }

        return true;
    }

    private void Accept(JournalRecord record, int lineLength)
    {
        _records.Add(record);
        _hash = record.Hash;
        _offset += lineLength;
    }

    private string TakeBack(FileStream journal)
    {
        try
        {
            journal.SetLength(_offset);
            journal.Flush(flushToDisk: true);
            return "Nothing was written.";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What is left is a torn tail or a whole record whose effect never started: the next reader can live with both.
            return $"Record {_records.Count + 1} may or may not stand there, since the file could not be shortened either ({e.Message}).";
        }
    }

    private static byte[] ReadAt(FileStream file, long offset, long count)
    {
        byte[] bytes = new byte[count];
        file.Position = offset;
        int read = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return read == bytes.Length ? bytes : bytes[..read];
    }

    private static JournalException Damage(string path, string defect) => new(
        $"{path}, {defect}. Nothing was changed. The run cannot be driven from a damaged journal: bring the file back from a copy, or bring the nodes to a known state by hand and move the run's folder elsewhere; docs/journal.md says how.");
}
