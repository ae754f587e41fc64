using System.Text.Json;

namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// The folder of one run. Remembers where the lines of its journal end, so that reading on and appending cost what is new only.
/// What changes the folder is done under <see cref="Lock"/>.
/// </summary>
internal sealed class RunFolder(string path, FileLock folderLock, DurableFiles files)
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
        files.CreateFolder(InboxPath);
        files.Replace(PlanPath, plan, durable: true);
        files.Replace(JournalPath, lines, durable: true);
        WriteLease(lease, durable: true);
    }

    /// <summary>The lines above a number, and a torn tail; <see langword="null"/> when there are not that many.</summary>
    public ReadOnlyMemory<byte>? Read(long after)
    {
        lock (_gate)
        {
            using FileStream journal = OpenJournal(FileAccess.Read);
            long known = after == 0 ? Forget() : End;
            ReadOnlyMemory<byte> news = Scan(journal, ref known);
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
                files.Append(journal, line.Span);
                files.Flush(journal);
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
            ReadOnlyMemory<byte> head = ReadAt(journal, 0, JournalChain.MaxLineBytes);
            ReadOnlyMemory<byte> tail = ReadAt(journal, Math.Max(0, journal.Length - (2 * JournalChain.MaxLineBytes)), 2 * JournalChain.MaxLineBytes);
            ReadOnlyMemory<byte> whole = tail[..Math.Max(0, tail.Span.LastIndexOf((byte)'\n'))];
            return new StoredRun(
                RunId,
                head[..Math.Max(0, head.Span.IndexOf((byte)'\n'))],
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
            return files.TryRead(LeasePath, JournalRules.MaxCommandBytes) is { } json ? LeaseJson.Read(json) : null;
        }
        catch (Exception e) when (e is JsonException or JournalException)
        {
            return null;
        }
    }

    /// <summary>Under <see cref="Lock"/>.</summary>
    public void WriteLease(LeaseFile lease, bool durable) => files.Replace(LeasePath, LeaseJson.ToBytes(lease), durable);

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
            new[] { journal.Exists ? journal.Length : 0, Ticks(journal), Ticks(new FileInfo(LeasePath)), Ticks(new DirectoryInfo(InboxPath)),
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
    private ReadOnlyMemory<byte> Scan(FileStream journal, ref long known)
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

        ReadOnlyMemory<byte> news = ReadAt(journal, known, MaxJournalBytes);
        ReadOnlySpan<byte> bytes = news.Span;
        int start = 0;
        for (int line; (line = bytes[start..].IndexOf((byte)'\n')) >= 0;)
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
            files.Flush(journal);
            return Words.Get("journal.nothing-written");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What is left is a torn tail or a whole record whose effect never started: the next reader can live with both.
            return Words.Get("journal.perhaps-written", _ends.Count + 1, e.Message);
        }
    }

    /// <summary>What stands in a file from there on, and less where it becomes shorter meanwhile.</summary>
    private static ReadOnlyMemory<byte> ReadAt(FileStream file, long offset, long atMost)
    {
        byte[] bytes = new byte[Math.Clamp(file.Length - offset, 0, atMost)];
        file.Position = offset;
        return bytes.AsMemory(0, file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false));
    }
}
