using Ksmg.Sdk.Packages;
using Microsoft.Win32.SafeHandles;

namespace Ksmg.Sdk;

/// <summary>
/// The vendor's ZIP (or a bare KTGZ): an ordered list of one or more update packages that lead from one build to another.
/// Nothing is ever unpacked to disk, and no package is held in memory.
/// </summary>
public class UpdatePackage : IAsyncDisposable
{
    /// <summary>Updates have hundreds of MB; pages and messages that are saved in their place have less than this.</summary>
    private const int Small = 64 << 10;

    /// <summary>A text may be larger than a page, yet no update of this size is one.</summary>
    private const int MaxText = 1 << 20;

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
        return Task.Run(() => Open(path, options ?? new UpdatePackageOptions()), cancellationToken).WaitAsync(cancellationToken);
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
        try
        {
            FileStamp stamp = FileStamp.Of(file);
            if (stamp.Length == 0)
            {
                throw PackageSource.Refuse(path, null, Words.Get("package.empty"));
            }

            return path.EndsWith(Hop.Extension, StringComparison.OrdinalIgnoreCase)
                ? OpenBare(path, stamp, options)
                : OpenZip(new PackageBytes(file, path), stamp, options);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw PackageSource.Refuse(path, null, Words.Get("package.unreadable", e.Message), e);
        }
    }

    private static UpdatePackage OpenBare(string path, FileStamp stamp, UpdatePackageOptions options)
    {
        PackageSource bare = new()
        {
            Path = path,
            Location = new ZipLocation(0, stamp.Length, ZipLocation.Stored),
            Length = stamp.Length,
            Stamp = stamp,
        };
        UpdatePackageEntry entry = new(PackageSource.Printable(PackageChain.NameOf(bare)), stamp.Length, stamp.Length);
        return Of(path, new PackageChain(path, options).Order([bare]), [entry], []);
    }

    private static UpdatePackage OpenZip(PackageBytes bytes, FileStamp stamp, UpdatePackageOptions options)
    {
        List<string> warnings = [];
        ZipPackage zip = new(bytes, stamp, warnings);
        IReadOnlyList<PackageSource> candidates = zip.Candidates(byName: options.Files is { Count: > 0 });
        IReadOnlyList<(PackageSource Source, Hop Hop)> chain = new PackageChain(bytes.Path, options).Order(candidates);
        warnings.AddRange(zip.NotUsed(chain.Select(l => l.Source)));
        return Of(bytes.Path, [.. chain.Select(l => (zip.Choose(l.Source), l.Hop))], zip.Entries, warnings);
    }

    private static UpdatePackage Of(
        string path, IReadOnlyList<(PackageSource Source, Hop Hop)> chain, IReadOnlyList<UpdatePackageEntry> entries, List<string> warnings)
    {
        UpdatePackageFile[] files = [.. chain.Select((link, i) => new UpdatePackageFile(
            link.Source, PackageChain.NameOf(link.Source), link.Hop, isPreliminary: i + 1 < chain.Count && chain[i + 1].Hop == link.Hop))];
        foreach (UpdatePackageFile file in files)
        {
            RefuseOtherContent(file.Source);
        }

        warnings.AddRange(files.Where(f => Hop.Parse(f.Name) is null)
            .Select(f => Words.Get("package.taken-as", PackageSource.Printable(f.Name), f.From, f.To)));
        warnings.AddRange(files.Where(f => f.SizeBytes < Small).Select(f => Words.Get("package.small", PackageSource.Printable(f.Name), f.SizeBytes)));
        return new UpdatePackage(path, files, entries, warnings);
    }

    /// <summary>What is in a KTGZ is not known, but what a page or a ZIP begins with is.</summary>
    private static void RefuseOtherContent(PackageSource source)
    {
        byte[] start = new byte[Math.Min(Content.Enough, source.Length)];
        using PackageReader reader = source.OpenRead(sha256: null);
        _ = reader.Read(start);
        ContentKind kind = Content.Recognize(start);
        string? why = kind switch
        {
            ContentKind.Zip => Words.Get("package.zip-as-ktgz"),
            ContentKind.AppleDouble => Words.Get("package.apple-double"),
            ContentKind.Text when source.Length > MaxText => null,
            _ when Content.IsPage(kind) => Words.Get("package.page", Content.Name(kind)),
            _ => null,
        };
        if (why is not null)
        {
            throw source.Refuse(why);
        }
    }
}
