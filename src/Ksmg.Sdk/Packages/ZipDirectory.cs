using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Ksmg.Sdk.Packages;

/// <summary>Where the bytes of an entry lie, and how they are compressed.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ZipLocation(long Offset, long Length, int Method)
{
    public const int Stored = 0;
    public const int Deflated = 8;

    /// <summary>What the Windows Explorer writes for entries above 2 GB.</summary>
    public const int Deflated64 = 9;
}

/// <summary>
/// The directory of a ZIP. It alone says what an entry is: the header before the bytes is read of the chosen entries only, for their place
/// and their name, since programs leave the rest of it empty or write it otherwise; CRC-32 and size of the directory prove the bytes.
/// </summary>
internal sealed class ZipDirectory
{
    /// <summary>The vendor's ZIPs hold a handful of entries.</summary>
    public const int MaxEntries = 1000;

    private const int MaxDirectoryBytes = 8 << 20;
    private const int EntrySize = 46;
    private const int LocalSize = 30;
    private const int Utf8Names = 1 << 11;

    private readonly PackageBytes _bytes;
    private readonly ZipEnd _end;
    private readonly List<ZipEntry> _entries = [];

    /// <summary>Reads the directory.</summary>
    /// <exception cref="PackageException">The directory is missing, too large, or contradicts itself.</exception>
    public ZipDirectory(PackageBytes bytes)
    {
        _bytes = bytes;
        _end = ZipEnd.Find(bytes);
        if (_end.Count > MaxEntries || _end.Size > MaxDirectoryBytes)
        {
            throw bytes.Refuse(Words.Get("package.too-many-entries", _end.Count, _end.Size, MaxEntries));
        }

        ReadOnlySpan<byte> rest = bytes.Read(_end.Offset, (int)_end.Size);
        while (rest.Length > 0)
        {
            if (rest.Length < EntrySize || !rest.StartsWith("PK\x01\x02"u8) || _entries.Count == _end.Count)
            {
                throw Contradiction(Words.Get("package.zip-directory"));
            }

            int nameLength = ReadUInt16LittleEndian(rest[28..]);
            int extraLength = ReadUInt16LittleEndian(rest[30..]);
            int length = EntrySize + nameLength + extraLength + ReadUInt16LittleEndian(rest[32..]);
            if (length > rest.Length)
            {
                throw Contradiction(Words.Get("package.zip-directory"));
            }

            _entries.Add(ReadEntry(rest, nameLength, extraLength));
            rest = rest[length..];
        }

        if (_entries.Count != _end.Count)
        {
            throw Contradiction(Words.Get("package.zip-count"));
        }
    }

    public IReadOnlyList<ZipEntry> Entries => _entries;

    /// <summary>Where the bytes of an entry are. They must lie before the directory and be its own.</summary>
    /// <exception cref="PackageException">They do not, or the header before them is another entry's.</exception>
    public ZipLocation Locate(ZipEntry entry)
    {
        byte[] local = _bytes.Read(entry.Offset, LocalSize);
        if (local.Length < LocalSize || !local.AsSpan().StartsWith("PK\x03\x04"u8))
        {
            throw Contradiction(Words.Get("package.zip-entry-place"));
        }

        byte[] name = _bytes.Read(entry.Offset + LocalSize, ReadUInt16LittleEndian(local.AsSpan(26)));
        long start = entry.Offset + LocalSize + name.Length + ReadUInt16LittleEndian(local.AsSpan(28));
        if (start > _end.Offset || entry.CompressedLength > _end.Offset - start)
        {
            throw Contradiction(Words.Get("package.zip-entry-place"));
        }

        if (_entries.Exists(e => e != entry && e.Offset >= entry.Offset && e.Offset < start + entry.CompressedLength))
        {
            throw _bytes.Refuse(Words.Get("package.shared-bytes"));
        }

        return IsSameFile(name, entry.RawName)
            ? new ZipLocation(start, entry.CompressedLength, entry.Method)
            : throw Contradiction(Words.Get("package.zip-entry-header"));
    }

    /// <summary>Builds stand in the name of a file, so it must not say two things; folders, slashes and code pages may differ.</summary>
    private static bool IsSameFile(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other)
    {
        ReadOnlySpan<byte> slashes = "/\\"u8;
        one = one[(one.LastIndexOfAny(slashes) + 1)..];
        other = other[(other.LastIndexOfAny(slashes) + 1)..];
        return one.SequenceEqual(other) || !Ascii.IsValid(one) || !Ascii.IsValid(other);
    }

    private ZipEntry ReadEntry(ReadOnlySpan<byte> entry, int nameLength, int extraLength)
    {
        int flags = ReadUInt16LittleEndian(entry[8..]);
        long length = ReadUInt32LittleEndian(entry[24..]);
        long compressedLength = ReadUInt32LittleEndian(entry[20..]);
        long localOffset = ReadUInt32LittleEndian(entry[42..]);
        ReadOnlySpan<byte> rawName = entry.Slice(EntrySize, nameLength);
        ReadOnlySpan<byte> extra = entry.Slice(EntrySize + nameLength, extraLength);
        string name = Decode(rawName, (flags & Utf8Names) != 0);
        while (extra.Length >= 4)
        {
            int fieldLength = Math.Min(ReadUInt16LittleEndian(extra[2..]), extra.Length - 4);
            ReadOnlySpan<byte> field = extra.Slice(4, fieldLength);
            switch (ReadUInt16LittleEndian(extra))
            {
                case 1:
                    // ZIP64: holds only the values that did not fit, in this order.
                    length = Wide(length, ref field);
                    compressedLength = Wide(compressedLength, ref field);
                    localOffset = Wide(localOffset, ref field);
                    break;

                case 0x7075 when field.Length > 5 && field[0] == 1 && ReadUInt32LittleEndian(field[1..]) == Crc32.HashToUInt32(rawName):
                    // Info-ZIP: the name in UTF-8, good as long as nobody has changed the other one.
                    name = Decode(field[5..], isUtf8: true);
                    break;

                default:
                    break;
            }

            extra = extra[(4 + fieldLength)..];
        }

        return new ZipEntry
        {
            Name = name,
            RawName = rawName.ToArray(),
            Flags = flags,
            Method = ReadUInt16LittleEndian(entry[10..]),
            Crc = ReadUInt32LittleEndian(entry[16..]),
            Length = length,
            CompressedLength = compressedLength,
            Offset = localOffset > long.MaxValue - _end.Shift ? long.MaxValue : localOffset + _end.Shift,
            Attributes = ReadUInt32LittleEndian(entry[38..]),
        };
    }

    /// <summary>Which code page an old name is in is told nowhere; Latin-1 keeps its bytes apart.</summary>
    private static string Decode(ReadOnlySpan<byte> name, bool isUtf8) =>
        isUtf8 || Utf8.IsValid(name) ? Encoding.UTF8.GetString(name) : Encoding.Latin1.GetString(name);

    private static long Wide(long value, ref ReadOnlySpan<byte> field)
    {
        if (value != uint.MaxValue || field.Length < sizeof(ulong))
        {
            return value;
        }

        value = ZipEnd.Int64(field);
        field = field[sizeof(ulong)..];
        return value;
    }

    private PackageException Contradiction(string what) => _bytes.Refuse(NoZip.ByAnotherKind(_bytes) ?? Words.Get("package.contradiction", what));
}
