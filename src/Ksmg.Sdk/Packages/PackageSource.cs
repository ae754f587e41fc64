using System.IO.Compression;
using Microsoft.Win32.SafeHandles;

namespace Ksmg.Sdk.Packages;

/// <summary>Where the bytes of one KTGZ are: an entry of a ZIP, or a whole file. Each opening has its own file handle.</summary>
internal sealed record PackageSource
{
    /// <summary>Reads of the disk are this large; below, each costs a system call too many, above, nothing is won.</summary>
    public const int BufferSize = 256 << 10;

    public required string Path { get; init; }

    /// <summary>What the ZIP says of it; nothing of a bare KTGZ.</summary>
    public ZipEntry? Zip { get; init; }

    /// <summary>The entry's name with its folders; none for a bare KTGZ.</summary>
    public string? Entry => Zip?.Name;

    /// <summary>Known of a chosen package; of an entry that nobody chose the bytes are not even looked for.</summary>
    public ZipLocation Location { get; init; }

    public required long Length { get; init; }

    /// <summary>A bare KTGZ has none.</summary>
    public uint? Crc => Zip?.Crc;

    /// <summary>What the file was when it was opened: a file that changes under a run is noticed.</summary>
    public required FileStamp Stamp { get; init; }

    /// <summary>Whether a read can begin in the middle at no cost.</summary>
    public bool IsSeekable => Location.Method == ZipLocation.Stored;

    /// <summary>Opens the bytes, from the start, proving them; or, of a seekable source, from an offset, unproven.</summary>
    /// <param name="sha256">What the bytes were proven to be before, if they were.</param>
    /// <param name="offset">Where to begin; only 0 unless <see cref="IsSeekable"/>.</param>
    public PackageReader OpenRead(string? sha256, long offset = 0)
    {
        SafeFileHandle file = OpenFile(Path);
        try
        {
            CheckUnchanged(file);
            return new PackageReader(this, file, Inflate(new RangeStream(file, Location.Offset + offset, Location.Length - offset)), sha256, offset);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <exception cref="PackageException">The file is not what it was.</exception>
    public void CheckUnchanged(SafeFileHandle file)
    {
        if (FileStamp.Of(file) != Stamp)
        {
            throw Refuse(Words.Get("package.replaced"));
        }
    }

    public PackageException Refuse(string why, Exception? innerException = null) => Refuse(Path, Entry, why, innerException);

    /// <summary>One line: the file, the entry, what is wrong and what to do; names cannot move a terminal's cursor.</summary>
    public static PackageException Refuse(string path, string? entry, string why, Exception? innerException = null)
    {
        string subject = entry is null ? Printable(path) : Words.Get("package.entry", Printable(path), Printable(entry));
        return new PackageException($"{subject}: {why}", innerException) { Path = path, Entry = entry };
    }

    /// <summary>A name fit to be shown.</summary>
    public static string Printable(string name)
    {
        const int limit = 200;
        string cut = name.Length <= limit ? name : string.Concat(name.AsSpan(0, limit), "…");
        return string.Create(cut.Length, cut, static (span, text) =>
        {
            for (int i = 0; i < span.Length; i++)
            {
                span[i] = char.IsControl(text[i]) ? '?' : text[i];
            }
        });
    }

    /// <exception cref="PackageException">There is no such file, it is a folder or a pipe, or it may not be read.</exception>
    public static SafeFileHandle OpenFile(string path)
    {
        SafeFileHandle? file = null;
        try
        {
            file = Directory.Exists(path)
                ? throw Refuse(path, null, Words.Get("package.folder"))
                : File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.SequentialScan);
            _ = RandomAccess.GetLength(file);
            return file;
        }
        catch (NotSupportedException e)
        {
            file?.Dispose();
            throw Refuse(path, null, Words.Get("package.pipe"), e);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Refuse(path, null, Words.Get("package.missing"), e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Refuse(path, null, Words.Get("package.locked", e.Message), e);
        }
    }

    /// <summary>The bytes of the KTGZ out of the entry's bytes in the file; the inflater, which reads by 8 KB, gets full buffers too.</summary>
    public Stream Inflate(Stream raw) => Location.Method switch
    {
        ZipLocation.Stored => raw,
        ZipLocation.Deflated64 => Deflate64Zip.Inflate(raw, Length),
        _ => new DeflateStream(new BufferedStream(raw, BufferSize), CompressionMode.Decompress),
    };
}
