using System.Text.RegularExpressions;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Ksmg.Sdk.Packages;

/// <summary>What a file is that is no ZIP, or not all of one, and how to go on.</summary>
internal static partial class NoZip
{
    private const int LocalSize = 30;
    private const int HasDescriptor = 8;

    /// <summary>Volumes and unfinished downloads, which their names tell; <see langword="null"/> where the name tells nothing.</summary>
    public static string? ByItsName(PackageBytes bytes) => Path.GetFileName(bytes.Path) switch
    {
        string name when VolumeName().IsMatch(name) => Words.Get("package.volume"),
        string name when UnfinishedName().IsMatch(name) => Words.Get("package.unfinished"),
        _ => null,
    };

    /// <summary>An archive of another kind in which a ZIP lies; <see langword="null"/> where it is none.</summary>
    public static string? ByAnotherKind(PackageBytes bytes) => Kind(bytes) is var kind && Content.IsArchive(kind)
        ? Words.Get("package.other-archive", Content.Name(kind))
        : null;

    public static string ByItsBytes(PackageBytes bytes)
    {
        ContentKind kind = Kind(bytes);
        return kind switch
        {
            ContentKind.Volume => Words.Get("package.volume"),
            ContentKind.Zeros => Words.Get("package.unfinished"),
            ContentKind.Zip when DataEnd(bytes) < bytes.Length - Content.Enough => Words.Get("package.unfinished"),
            ContentKind.Zip => CutOff(bytes),
            ContentKind.AppleDouble => Words.Get("package.apple-double"),
            _ when Content.IsPage(kind) => Words.Get("package.page", Content.Name(kind)),
            _ => Words.Get("package.no-zip"),
        };
    }

    /// <summary>The headers before the bytes tell how long these are, so how much is missing at least.</summary>
    private static string CutOff(PackageBytes bytes)
    {
        long at = 0;
        for (int i = 0;
            i < ZipDirectory.MaxEntries && bytes.Read(at, LocalSize) is { Length: LocalSize } local && local.AsSpan().StartsWith("PK\x03\x04"u8);
            i++)
        {
            int nameLength = ReadUInt16LittleEndian(local.AsSpan(26));
            int extraLength = ReadUInt16LittleEndian(local.AsSpan(28));
            long compressed = ReadUInt32LittleEndian(local.AsSpan(18));
            if (compressed == uint.MaxValue)
            {
                // Of ZIP64 the first field holds both sizes, this one behind the other.
                byte[] extra = bytes.Read(at + LocalSize + nameLength, 20);
                compressed = extra.Length == 20 && ReadUInt16LittleEndian(extra) == 1 ? ZipEnd.Int64(extra.AsSpan(12)) : 0;
            }

            long start = at + LocalSize + nameLength + extraLength;
            long missing = compressed - (bytes.Length - start);
            if (missing > 0)
            {
                return Words.Get("package.cut-off-missing", bytes.Length, missing);
            }

            if ((ReadUInt16LittleEndian(local.AsSpan(6)) & HasDescriptor) != 0)
            {
                break;
            }

            at = start + compressed;
        }

        return Words.Get("package.cut-off", bytes.Length);
    }

    /// <summary>
    /// Where the zeros at the end begin: padding, or what is still to come, for some programs give a file its whole length when its
    /// download begins. They are read only where there are many.
    /// </summary>
    public static long DataEnd(PackageBytes bytes)
    {
        const int step = 1 << 20;
        int size = (int)Math.Min(Content.Enough, bytes.Length);
        for (long end = bytes.Length; end > 0; end -= size, size = (int)Math.Min(step, end))
        {
            int last = bytes.Read(end - size, size).AsSpan().LastIndexOfAnyExcept((byte)0);
            if (last >= 0)
            {
                return end - size + last + 1;
            }
        }

        return 0;
    }

    private static ContentKind Kind(PackageBytes bytes) => Content.Recognize(bytes.Read(0, Content.Enough));

    /// <summary>By 7-Zip (.zip.001), zip -s (.z01), split (.zip.aa, xaa), and others (.part1).</summary>
    [GeneratedRegex(@"\.(?:z\d\d+|0\d\d|part\d+)$|\.(?:zip|ktgz)(?:\.\d+|[.-]?x?(?!b[rz])[a-f][a-z])$|^x[a-f][a-z]$", RegexOptions.IgnoreCase, 10_000)]
    private static partial Regex VolumeName();

    [GeneratedRegex(@"\.(?:part|partial|crdownload|opdownload|download|filepart|aria2|!ut|tmp)$", RegexOptions.IgnoreCase, 10_000)]
    private static partial Regex UnfinishedName();
}
