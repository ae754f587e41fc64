using System.Text.Json;

namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// The folder of one run. Remembers where the lines of its journal end, so that reading on and appending cost what is new only.
/// What changes the folder is done under <see cref="Lock"/>.
/// </summary>
internal sealed class RunFolder(string path, FileLock folderLock, Action<FileStream, ReadOnlyMemory<byte>> write)
{
    /// <summary>The largest journal, in bytes.</summary>
    private const int MaxJournalBytes = 64 * 1024 * 1024;

    private readonly System.Threading.Lock _gate = new();

    /// <summary>Where the known lines end.</summary>
    private readonly List<long> _ends = [];

    /// <summary>Up to where the file was handed out, with a torn tail.</summary>
    private long _readTo;

    public string RunId => Path.GetFileName(path);

    public FileLock Lock => folderLock;

    public bool Exists => File.Exists(JournalPath) || File.Exists(PlanPath);

    private string PlanPath { get; } = Path.Combine(path, JournalRules.PlanFile);

    private string JournalPath { get; } = Path.Combine(path, JournalRules.RecordsFile);

    private string LeasePath { get; } = Path.Combine(path, "lease.json");

    private string InboxPath { get; } = Path.Combine(path, JournalRules.Inbox);

    private long End => _ends.Count == 0 ? 0 : _ends[^1];

    public string PathOf(string name) => Path.Combine(path, name.Replace('/', Path.DirectorySeparatorChar));

    /// <summary>Writes the plan and the first records of a run into its folder, which nobody knows yet.</summary>
    public void Initialize(ReadOnlySpan<byte> plan, ReadOnlySpan<byte> lines, LeaseFile lease)
    {
        DurableFiles.CreateFolder(InboxPath);
        DurableFiles.Replace(PlanPath, plan, durable: true);
        DurableFiles.Replace(JournalPath, lines, durable: true);
        WriteLease(lease, durable: true);
    }

    /// <summary>The lines above a number, and a torn tail; <see langword="null"/> when there are not that many.</summary>
    public ReadOnlyMemory<byte>? Read(long after)
    {
        lock (_gate)
        {
            using FileStream journal = OpenJournal(FileAccess.Read);
            long known = after == 0 ? Forget() : End;
            byte[] news = Scan(journal, ref known);
            if (_ends.Count < after)
            {
                return null;
            }

            long from = after == 0 ? 0 : _ends[(int)after - 1];
            _readTo = known + news.Length;
            return from == known ? news : ReadAt(journal, from, _readTo - from);
        }
    }

    /// <summary>Appends a line durably, or nothing. Under <see cref="Lock"/>.</summary>
    /// <returns><see langword="false"/> when there is more, or less, than was read.</returns>
    public bool Append(long after, ReadOnlyMemory<byte> line)
    {
        lock (_gate)
        {
            using FileStream journal = OpenJournal(FileAccess.ReadWrite);
            if (_ends.Count != after || journal.Length < End || (journal.Length > End && journal.Length != _readTo))
            {
                return false;
            }

            long end = End;
            if (end + line.Length > MaxJournalBytes)
            {
                throw new JournalException(Words.Get("journal.full", JournalPath, MaxJournalBytes));
            }

            try
            {
                if (journal.Length > end)
                {
                    journal.SetLength(end);
                }

                journal.Position = end;
                write(journal, line);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new JournalException(Words.Get("journal.not-appended", JournalPath, e.Message, TakeBack(journal, end)), e);
            }

            _ends.Add(end + line.Length);
            return true;
        }
    }

    /// <summary>The first and the last whole line, without looking at the others.</summary>
    public StoredRun Summarize()
    {
        try
        {
            using FileStream journal = OpenJournal(FileAccess.Read);
            long length = journal.Length;
            byte[] head = ReadAt(journal, 0, Math.Min(length, JournalChain.MaxLineBytes));
            byte[] tail = ReadAt(journal, Math.Max(0, length - (2 * JournalChain.MaxLineBytes)), Math.Min(length, 2 * JournalChain.MaxLineBytes));
            ReadOnlyMemory<byte> whole = tail.AsMemory(0, Math.Max(0, tail.AsSpan().LastIndexOf((byte)'\n')));
            return new StoredRun(
                RunId,
                head.AsMemory(0, Math.Max(0, head.AsSpan().IndexOf((byte)'\n'))),
                whole[(whole.Span.LastIndexOf((byte)'\n') + 1)..],
                ReadLease()?.ToStored());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JournalException)
        {
            return new StoredRun(RunId, default, default, null, e.Message);
        }
    }

    /// <summary>What stands in <c>lease.json</c>; <see langword="null"/> when it is missing or no lease.</summary>
    public LeaseFile? ReadLease()
    {
        try
        {
            return DurableFiles.TryRead(LeasePath, JournalRules.MaxCommandBytes) is { } json ? LeaseJson.Read(json) : null;
        }
        catch (Exception e) when (e is JsonException or JournalException)
        {
            return null;
        }
    }

    /// <summary>Under <see cref="Lock"/>.</summary>
    public void WriteLease(LeaseFile lease, bool durable) => DurableFiles.Replace(LeasePath, LeaseJson.ToBytes(lease), durable);

    /// <summary>Makes sure, under <see cref="Lock"/>, that nobody has taken the run.</summary>
    /// <exception cref="LeaseLostException">Somebody has, or may have.</exception>
    public void Check(StoredLease lease)
    {
        if (ReadLease() is not { } now || now.Epoch != lease.Epoch || now.Owner != lease.Owner)
        {
            throw JournalRules.Lost(RunId, lease.Epoch);
        }
    }

    /// <summary>
    /// Something that changes with the folder, for a few looks at names: a record shows in the length, what is replaced or put there in a time.
    /// </summary>
    public string Stamp()
    {
        FileInfo journal = new(JournalPath);
        return string.Join(
            ' ',
            new[] { journal.Exists ? journal.Length : -1, Ticks(journal), Ticks(new FileInfo(LeasePath)), Ticks(new DirectoryInfo(InboxPath)),
                Ticks(new DirectoryInfo(path)) }
                .Select(n => n.ToString(System.Globalization.CultureInfo.InvariantCulture)));

        static long Ticks(FileSystemInfo what) => what.LastWriteTimeUtc.Ticks;
    }

    private FileStream OpenJournal(FileAccess access) =>
        new(JournalPath, FileMode.Open, access, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);

    private long Forget()
    {
        _ends.Clear();
        return 0;
    }

    /// <summary>Reads what is behind the known lines, and notes where lines end there; all of it when the file is shorter than it was.</summary>
    private byte[] Scan(FileStream journal, ref long known)
    {
        long length = journal.Length;
        if (length < known)
        {
            known = Forget();
        }

        if (length > MaxJournalBytes)
        {
            throw JournalRules.Damage(JournalPath, Words.Get("damage.too-long", length, MaxJournalBytes));
        }

        byte[] news = ReadAt(journal, known, length - known);
        int start = 0;
        for (int line; (line = news.AsSpan(start).IndexOf((byte)'\n')) >= 0;)
        {
            start += line + 1;
            _ends.Add(known + start);
        }

        return news;
    }

    private string TakeBack(FileStream journal, long end)
    {
        try
        {
            journal.SetLength(end);
            journal.Flush(flushToDisk: true);
            return Words.Get("journal.nothing-written");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What is left is a torn tail or a whole record whose effect never started: the next reader can live with both.
            return Words.Get("journal.perhaps-written", _ends.Count + 1, e.Message);
        }
    }

    private static byte[] ReadAt(FileStream file, long offset, long count)
    {
        byte[] bytes = new byte[count];
        file.Position = offset;
        int read = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return read == bytes.Length ? bytes : bytes[..read];
    }
}
