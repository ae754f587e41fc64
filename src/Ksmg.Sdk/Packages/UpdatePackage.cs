using System.IO.Compression;
using Ksmg.Sdk.Packages;
using Microsoft.Win32.SafeHandles;

namespace Ksmg.Sdk;

/// <summary>
/// The vendor's ZIP (or a bare KTGZ): an ordered list of one or more update packages that lead from one build to another.
/// Nothing is ever unpacked to disk, and no package is held in memory.
/// </summary>
public class UpdatePackage : IAsyncDisposable
{
    /// <summary>Deflate reaches 1032:1; what is packed already, as a KTGZ is, stays near 1:1.</summary>
    private const int MaxRatio = 100;

    private readonly UpdatePackageFile[] _files;

    /// <summary>For mocks.</summary>
    protected UpdatePackage()
        : this(string.Empty, [], [], [])
    {
    }

    private UpdatePackage(string path, UpdatePackageFile[] files, IReadOnlyList<UpdatePackageEntry> entries, IReadOnlyList<string> warnings)
    {
        Path = path;
        _files = files;
        Entries = entries;
        Warnings = warnings;
    }

    /// <summary>The path of the file.</summary>
    public virtual string Path { get; }

    /// <summary>The packages in the order of their installation.</summary>
    public virtual IReadOnlyList<UpdatePackageFile> Files => _files;

    /// <summary>The build the first package starts from.</summary>
    public virtual BuildNumber From => Files[0].From;

    /// <summary>The build the last package leads to.</summary>
    public virtual BuildNumber To => Files[^1].To;

    /// <summary>Everything the ZIP holds, folders left out; of a bare KTGZ the file itself.</summary>
    public virtual IReadOnlyList<UpdatePackageEntry> Entries { get; }

    /// <summary>What is unusual but not wrong.</summary>
    public virtual IReadOnlyList<string> Warnings { get; }

    /// <summary>Opens a package and reads its directory; contents are read by <see cref="VerifyAsync"/> or by an upload.</summary>
    /// <param name="path">The vendor's ZIP, or a file named <c>*.ktgz</c>.</param>
    /// <param name="options">What the file names do not tell.</param>
    /// <param name="cancellationToken">Ends the waiting for a slow disk.</param>
    /// <exception cref="PackageException">The file cannot be used.</exception>
    public static Task<UpdatePackage> OpenAsync(string path, UpdatePackageOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Task.Run(() => Open(path, options ?? new UpdatePackageOptions()), cancellationToken);
    }

    /// <summary>Reads everything: proves sizes and CRC-32, and computes <see cref="UpdatePackageFile.Sha256"/>.</summary>
    /// <param name="progress">Bytes read so far, over all packages. Called inline and in order.</param>
    /// <param name="cancellationToken">Ends the reading; the package stays usable.</param>
    /// <exception cref="PackageException">The file is damaged.</exception>
    public virtual Task VerifyAsync(IProgress<long>? progress = null, CancellationToken cancellationToken = default) => Task.Run(
        () =>
        {
            byte[] buffer = new byte[PackageSource.BufferSize];
            long total = 0;
            foreach (UpdatePackageFile file in _files)
            {
                using PackageReader reader = file.Open();
                int read;
                while ((read = reader.Read(buffer)) > 0)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    progress?.Report(total += read);
                }

                file.Sha256 = reader.Sha256;
            }
        },
        cancellationToken);

    /// <summary>Nothing is kept open between reads.</summary>
    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    private static UpdatePackage Open(string path, UpdatePackageOptions options)
    {
        using SafeFileHandle file = PackageSource.OpenFile(path);
        List<string> warnings = [];
        try
        {
            FileStamp stamp = FileStamp.Of(file);
            if (stamp.Length == 0)
            {
                throw PackageSource.Refuse(path, null, Words.Get("package.empty"));
            }

            List<PackageSource> candidates;
            List<UpdatePackageEntry> entries;
            if (path.EndsWith(Hop.Extension, StringComparison.OrdinalIgnoreCase))
            {
                PackageSource bare = new()
                {
                    Path = path,
                    Location = new ZipLocation(0, stamp.Length, ZipLocation.Stored),
                    Length = stamp.Length,
                    Stamp = stamp,
                };
                candidates = [bare];
                entries = [new UpdatePackageEntry(PackageSource.Printable(PackageChain.NameOf(bare)), stamp.Length, stamp.Length)];
            }
            else
            {
                (candidates, entries) = ReadZip(file, path, stamp, warnings);
            }

            IReadOnlyList<(PackageSource Source, Hop Hop)> chain = new PackageChain(path, options).Order(candidates);
            UpdatePackageFile[] files = [.. chain.Select((link, i) => new UpdatePackageFile(
                link.Source, PackageChain.NameOf(link.Source), link.Hop, isPreliminary: i + 1 < chain.Count && chain[i + 1].Hop == link.Hop))];
            foreach ((PackageSource source, _) in chain)
            {
                RefuseNestedZip(source);
            }

            warnings.AddRange(candidates.Except(chain.Select(l => l.Source))
                .Select(left => Words.Get("package.not-used", PackageSource.Printable(left.Entry!))));
            warnings.AddRange(files.Where(f => Hop.Parse(f.Name) is null)
                .Select(f => Words.Get("package.taken-as", PackageSource.Printable(f.Name), f.From, f.To)));
            return new UpdatePackage(path, files, entries, warnings);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw PackageSource.Refuse(path, null, Words.Get("package.unreadable", e.Message), e);
        }
    }

    private static (List<PackageSource> Candidates, List<UpdatePackageEntry> Entries) ReadZip(
        SafeFileHandle file, string path, FileStamp stamp, List<string> warnings)
    {
        IReadOnlyList<ZipLocation> locations = ZipDirectory.Read(file, path);
        using ZipArchive zip = new(new BufferedStream(new RangeStream(file, 0, stamp.Length), PackageSource.BufferSize));
        List<PackageSource> candidates = [];
        List<UpdatePackageEntry> entries = [];
        for (int i = 0; i < zip.Entries.Count; i++)
        {
            ZipArchiveEntry entry = zip.Entries[i];
            if (zip.Entries.Count != locations.Count || entry.CompressedLength != locations[i].Length)
            {
                throw PackageSource.Refuse(path, entry.FullName, Words.Get("package.two-directories"));
            }

            RefuseEscape(path, entry.FullName);
            if (entry.FullName.EndsWith('/'))
            {
                continue;
            }

            entries.Add(new UpdatePackageEntry(PackageSource.Printable(entry.FullName), entry.Length, entry.CompressedLength));
            if (!entry.FullName.EndsWith(Hop.Extension, StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            if (entry.FullName.StartsWith("__MACOSX/", StringComparison.Ordinal))
            {
                // What the macOS Finder adds of its own beside each file: attributes under the file's name.
                warnings.Add(Words.Get("package.macos", PackageSource.Printable(entry.FullName)));
                continue;
            }

            PackageSource source = new()
            {
                Path = path,
                Entry = entry.FullName,
                Index = i,
                Location = locations[i],
                Length = entry.Length,
                Crc = entry.Crc32,
                Stamp = stamp,
            };
            RefuseEntry(source, entry);
            candidates.Add(source);
        }

        return candidates.Count > 0 ? (candidates, entries) : throw PackageSource.Refuse(path, null,
            zip.Entries.Any(e => e.FullName.EndsWith(".zip", StringComparison.OrdinalIgnoreCase))
                ? Words.Get("package.zip-inside")
                : Words.Get("package.no-ktgz"));
    }

    /// <summary>Nothing is unpacked here, yet a ZIP with such a name was made to do harm elsewhere.</summary>
    private static void RefuseEscape(string path, string name)
    {
        string[] folders = name.Split('/', '\\');
        if (folders[0].Length == 0 || folders[0].Contains(':') || folders.Contains(".."))
        {
            throw PackageSource.Refuse(path, name, Words.Get("package.leads-out"));
        }
    }

    private static void RefuseEntry(PackageSource source, ZipArchiveEntry entry)
    {
        const int symbolicLink = 0xA000;
        string? why = source switch
        {
            _ when entry.IsEncrypted => Words.Get("package.encrypted"),
            _ when ((entry.ExternalAttributes >> 16) & 0xF000) == symbolicLink => Words.Get("package.link"),
            { Location.Method: not (ZipLocation.Stored or ZipLocation.Deflated or ZipLocation.Deflated64) } =>
                Words.Get("package.method", source.Location.Method),
            { Length: 0 } => Words.Get("package.empty"),
            { Location.Method: ZipLocation.Stored } when source.Length != source.Location.Length =>
                Words.Get("package.two-sizes"),
            _ when source.Length / MaxRatio > source.Location.Length =>
                Words.Get("package.bomb", MaxRatio),
            _ => null,
        };
        if (why is not null)
        {
            throw source.Refuse(why);
        }
    }

    private static void RefuseNestedZip(PackageSource source)
    {
        Span<byte> start = stackalloc byte[4];
        using PackageReader reader = source.OpenRead(sha256: null);
        if (source.Length > start.Length && reader.Read(start) == start.Length && start.SequenceEqual("PK\x03\x04"u8))
        {
            throw source.Refuse(Words.Get("package.zip-as-ktgz"));
        }
    }
}
