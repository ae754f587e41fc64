namespace Ksmg.Sdk.Packages;

/// <summary>A ZIP with what can be an update package in it. Only what is chosen is judged: what nobody asks for may be as it likes.</summary>
internal sealed class ZipPackage
{
    /// <summary>Deflate reaches 1032:1; what is packed already, as a KTGZ is, stays near 1:1.</summary>
    private const int MaxRatio = 100;

    private const int MaxNameBytes = 1024;
    private const int Shown = 3;

    private static readonly Dictionary<int, string> Methods = new()
    {
        [1] = "Shrink",
        [6] = "Implode",
        [12] = "bzip2",
        [14] = "LZMA",
        [20] = "Zstandard",
        [93] = "Zstandard",
        [95] = "xz",
        [98] = "PPMd",
    };

    private readonly PackageBytes _bytes;
    private readonly ZipDirectory _directory;
    private readonly List<PackageSource> _candidates = [];

    /// <summary>Reads the directory.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="stamp">What it was when it was opened.</param>
    /// <param name="warnings">Takes what is unusual.</param>
    /// <exception cref="PackageException">It is no ZIP, holds no KTGZ, or a name in it leads out of its folder.</exception>
    public ZipPackage(PackageBytes bytes, FileStamp stamp, List<string> warnings)
    {
        _bytes = bytes;
        _directory = new ZipDirectory(bytes);
        foreach (ZipEntry entry in _directory.Entries)
        {
            RefuseEscape(entry.Name);
        }

        ZipEntry[] files = [.. _directory.Entries.Where(e => !e.IsFolder)];
        Entries = [.. files.Select(e => new UpdatePackageEntry(PackageSource.Printable(e.Name), e.Length, e.CompressedLength))];
        ZipEntry[] leftovers = [.. files.Where(e => Leftovers.Include(e.Name))];
        if (leftovers.Length > 0)
        {
            warnings.Add(Words.Get("package.leftovers", List(leftovers)));
        }

        foreach (IGrouping<string, ZipEntry> copies in files.Except(leftovers)
            .Where(e => e.Name.EndsWith(Hop.Extension, StringComparison.OrdinalIgnoreCase)).GroupBy(e => ZipEntry.Plain(e.Name)))
        {
            // The last one wins where a ZIP is unpacked, and of the same bytes it does not matter.
            ZipEntry[] different = [.. copies.Reverse().DistinctBy(e => (e.Length, e.Crc))];
            _candidates.AddRange(different.Select(e => new PackageSource { Path = bytes.Path, Zip = e, Length = e.Length, Stamp = stamp }));
            if (different.Length == 1 && copies.Count() is > 1 and int count)
            {
                warnings.Add(Words.Get("package.copies", PackageSource.Printable(copies.Key), count));
            }
        }

        if (_candidates.Count == 0)
        {
            throw bytes.Refuse(WhyNone(files, leftovers));
        }
    }

    /// <summary>Everything it holds, folders left out.</summary>
    public IReadOnlyList<UpdatePackageEntry> Entries { get; }

    /// <summary>What can be chosen: all by name; without, a link that stands beside files is passed over.</summary>
    public IReadOnlyList<PackageSource> Candidates(bool byName) =>
        byName || _candidates.TrueForAll(c => c.Zip!.IsLink) ? _candidates : [.. _candidates.Where(c => !c.Zip!.IsLink)];

    /// <summary>What was not chosen, and is worth a word.</summary>
    public IEnumerable<string> NotUsed(IEnumerable<PackageSource> chosen) => _candidates.ExceptBy(chosen.Select(c => c.Zip), c => c.Zip)
        .Select(c => Words.Get(c.Zip!.IsLink ? "package.link-not-used" : "package.not-used", PackageSource.Printable(c.Entry!)));

    /// <summary>Judges a chosen one and finds its bytes.</summary>
    /// <exception cref="PackageException">It cannot be used.</exception>
    public PackageSource Choose(PackageSource source)
    {
        ZipEntry entry = source.Zip!;
        string? why = entry switch
        {
            { IsEncrypted: true } => Words.Get("package.encrypted"),
            { IsLink: true } => Words.Get("package.link"),
            { RawName.Length: > MaxNameBytes } => Words.Get("package.long-name", entry.RawName.Length, MaxNameBytes),
            { Method: not (ZipLocation.Stored or ZipLocation.Deflated or ZipLocation.Deflated64) } =>
                Words.Get("package.method", Methods.GetValueOrDefault(entry.Method, "?"), entry.Method),
            { Length: 0 } => Words.Get("package.empty-entry"),
            { Method: ZipLocation.Stored } when entry.Length != entry.CompressedLength => Words.Get("package.two-sizes"),
            _ when entry.Length / MaxRatio > entry.CompressedLength => Words.Get("package.bomb", MaxRatio),
            _ => null,
        };
        return why is null ? source with { Location = _directory.Locate(entry) } : throw source.Refuse(why);
    }

    /// <summary>Nothing is unpacked here, yet a ZIP with such a name was made to do harm elsewhere.</summary>
    private void RefuseEscape(string name)
    {
        string[] folders = name.Split('/', '\\');
        bool hasDrive = folders[0] is [>= 'a' and <= 'z' or >= 'A' and <= 'Z', ':', ..];
        if (folders[0].Length == 0 || hasDrive || folders.Contains(".."))
        {
            throw PackageSource.Refuse(_bytes.Path, name, Words.Get("package.leads-out"));
        }
    }

    private static string WhyNone(ZipEntry[] files, ZipEntry[] leftovers)
    {
        if (Array.Exists(files, e => e.Name.EndsWith(".zip", StringComparison.OrdinalIgnoreCase)))
        {
            return Words.Get("package.zip-inside");
        }

        if (Array.Exists(leftovers, e => e.Name.EndsWith(Hop.Extension, StringComparison.OrdinalIgnoreCase)))
        {
            return Words.Get("package.leftovers-only", List(leftovers));
        }

        return files.Length == 0 ? Words.Get("package.no-ktgz-empty") : Words.Get("package.no-ktgz", List(files));
    }

    private static string List(ZipEntry[] entries) =>
        string.Join(", ", entries.Take(Shown).Select(e => $"'{PackageSource.Printable(e.Name)}'")) + (entries.Length > Shown ? ", …" : string.Empty);
}
