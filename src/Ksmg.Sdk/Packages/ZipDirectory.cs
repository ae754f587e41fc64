using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

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
/// Reads of a ZIP's directory what <see cref="System.IO.Compression.ZipArchive"/> does not tell, and must be asked before it:
/// it takes every entry into memory however many there are, never says where an entry's bytes lie (so entries may share them),
/// and never compares the header before the bytes with the directory. Names, sizes and contents are its business.
/// </summary>
internal sealed class ZipDirectory
{
    /// <summary>The vendor's ZIPs hold a handful of entries.</summary>
    public const int MaxEntries = 1000;

    public const int MaxNameBytes = 1024;
    private const int MaxDirectoryBytes = 8 << 20;

    private const uint EndSignature = 0x06054b50;
    private const uint End64Signature = 0x06064b50;
    private const uint Locator64Signature = 0x07064b50;
    private const uint EntrySignature = 0x02014b50;
    private const uint LocalSignature = 0x04034b50;
    private const int EndSize = 22;
    private const int End64Size = 56;
    private const int Locator64Size = 20;
    private const int EntrySize = 46;
    private const int LocalSize = 30;

    private readonly SafeFileHandle _file;
    private readonly long _fileLength;
    private readonly string _path;

    private ZipDirectory(SafeFileHandle file, long fileLength, string path)
    {
        _file = file;
        _fileLength = fileLength;
        _path = path;
    }

    /// <summary>The location of each entry, in the order of the directory.</summary>
    /// <exception cref="PackageException">The directory is missing, too large, or contradicts itself.</exception>
    public static IReadOnlyList<ZipLocation> Read(SafeFileHandle file, string path) =>
        new ZipDirectory(file, RandomAccess.GetLength(file), path).Read();

    private List<ZipLocation> Read()
    {
        (long offset, long size, long count) = FindDirectory();
        if (count > MaxEntries || size > MaxDirectoryBytes)
        {
            throw Refuse(Words.Get("package.too-many-entries", count, size, MaxEntries));
        }

        byte[] directory = ReadAt(offset, (int)size);
        List<ZipLocation> locations = [];
        List<(long Start, long End)> extents = [];
        int position = 0;
        while (position < directory.Length)
        {
            ReadOnlySpan<byte> rest = directory.AsSpan(position);
            if (rest.Length < EntrySize || Int32(rest) != EntrySignature || locations.Count == count)
            {
                throw Contradiction(Words.Get("package.zip-directory"));
            }

            int nameLength = Int16(rest[28..]);
            int extraLength = Int16(rest[30..]);
            int length = EntrySize + nameLength + extraLength + Int16(rest[32..]);
            if (length > rest.Length)
            {
                throw Contradiction(Words.Get("package.zip-directory"));
            }

            if (nameLength > MaxNameBytes)
            {
                throw Refuse(Words.Get("package.long-name", nameLength, MaxNameBytes));
            }

            Record record = ReadRecord(rest, nameLength, extraLength);
            (ZipLocation location, long end) = Locate(record, offset);
            locations.Add(location);
            extents.Add((record.LocalOffset, end));
            position += length;
        }

        if (locations.Count != count)
        {
            throw Contradiction(Words.Get("package.zip-count"));
        }

        extents.Sort();
        for (int i = 1; i < extents.Count; i++)
        {
            if (extents[i].Start < extents[i - 1].End)
            {
                throw Refuse(Words.Get("package.shared-bytes"));
            }
        }

        return locations;
    }

    private (long Offset, long Size, long Count) FindDirectory()
    {
        byte[] tail = ReadAt(Math.Max(0, _fileLength - EndSize - ushort.MaxValue), (int)Math.Min(_fileLength, EndSize + ushort.MaxValue));
        int found = tail.AsSpan().LastIndexOf("PK\x05\x06"u8);
        if (found < 0 || tail.Length - found < EndSize)
        {
            throw LooksLikeZip()
                ? Refuse(Words.Get("package.cut-off"))
                : Refuse(Words.Get("package.no-zip"));
        }

        ReadOnlySpan<byte> end = tail.AsSpan(found);
        long endOffset = _fileLength - tail.Length + found;
        long disk = Int16(end[4..]);
        long firstDisk = Int16(end[6..]);
        long here = Int16(end[8..]);
        long count = Int16(end[10..]);
        long size = Int32(end[12..]);
        long offset = Int32(end[16..]);
        long limit = endOffset;

        bool tooSmall = disk == ushort.MaxValue || count == ushort.MaxValue || offset == uint.MaxValue;
        if (tooSmall
            && endOffset >= Locator64Size
            && ReadAt(endOffset - Locator64Size, Locator64Size) is byte[] locator
            && Int32(locator) == Locator64Signature)
        {
            long end64Offset = Int64(locator.AsSpan(8));
            byte[] end64 = end64Offset <= endOffset - End64Size ? ReadAt(end64Offset, End64Size) : [];
            if (end64.Length == 0 || Int32(end64) != End64Signature)
            {
                throw Contradiction(Words.Get("package.zip-zip64"));
            }

            disk = Int32(end64.AsSpan(16));
            firstDisk = Int32(end64.AsSpan(20));
            here = Int64(end64.AsSpan(24));
            count = Int64(end64.AsSpan(32));
            size = Int64(end64.AsSpan(40));
            offset = Int64(end64.AsSpan(48));
            limit = end64Offset;
        }

        if (disk != 0 || firstDisk != 0 || here != count)
        {
            throw Refuse(Words.Get("package.split"));
        }

        return offset <= limit && size <= limit - offset ? (offset, size, count) : throw Contradiction(Words.Get("package.zip-place"));
    }

    private Record ReadRecord(ReadOnlySpan<byte> entry, int nameLength, int extraLength)
    {
        long length = Int32(entry[24..]);
        long compressedLength = Int32(entry[20..]);
        long localOffset = Int32(entry[42..]);
        ReadOnlySpan<byte> extra = entry.Slice(EntrySize + nameLength, extraLength);
        while (extra.Length >= 4)
        {
            int fieldLength = Math.Min(Int16(extra[2..]), extra.Length - 4);
            if (Int16(extra) == 1)
            {
                // ZIP64: holds only the values that did not fit, in this order.
                ReadOnlySpan<byte> field = extra.Slice(4, fieldLength);
                length = Wide(length, ref field);
                compressedLength = Wide(compressedLength, ref field);
                localOffset = Wide(localOffset, ref field);
            }

            extra = extra[(4 + fieldLength)..];
        }

        return new Record(
            Flags: Int16(entry[8..]), Method: Int16(entry[10..]), Crc: Int32(entry[16..]), compressedLength, length, localOffset,
            Name: entry.Slice(EntrySize, nameLength).ToArray());

        static long Wide(long value, ref ReadOnlySpan<byte> field)
        {
            if (value != uint.MaxValue || field.Length < sizeof(ulong))
            {
                return value;
            }

            value = Int64(field);
            field = field[sizeof(ulong)..];
            return value;
        }
    }

    /// <summary>Reads the header before the bytes; it must say what the directory says, and the bytes must lie before the directory.</summary>
    private (ZipLocation Location, long End) Locate(Record record, long directoryOffset)
    {
        if (record.LocalOffset > directoryOffset - LocalSize)
        {
            throw Contradiction(Words.Get("package.zip-entry-place"));
        }

        byte[] local = ReadAt(record.LocalOffset, LocalSize);
        int nameLength = Int16(local.AsSpan(26));
        long dataOffset = record.LocalOffset + LocalSize + nameLength + Int16(local.AsSpan(28));
        if (dataOffset > directoryOffset || record.CompressedLength > directoryOffset - dataOffset)
        {
            throw Contradiction(Words.Get("package.zip-entry-place"));
        }

        // With a data descriptor (flag 3) the sizes follow the bytes; in a ZIP64 entry they stand elsewhere.
        bool descriptor = (record.Flags & 8) != 0;
        bool agrees = Int32(local) == LocalSignature
            && Int16(local.AsSpan(8)) == record.Method
            && ReadAt(record.LocalOffset + LocalSize, nameLength).AsSpan().SequenceEqual(record.Name)
            && (descriptor || Int32(local.AsSpan(14)) == record.Crc)
            && (descriptor || Int32(local.AsSpan(18)) is uint.MaxValue || Int32(local.AsSpan(18)) == record.CompressedLength)
            && (descriptor || Int32(local.AsSpan(22)) is uint.MaxValue || Int32(local.AsSpan(22)) == record.Length);
        return agrees
            ? (new ZipLocation(dataOffset, record.CompressedLength, record.Method), dataOffset + record.CompressedLength)
            : throw Contradiction(Words.Get("package.zip-entry-header"));
    }

    private bool LooksLikeZip() => _fileLength >= 4 && ReadAt(0, 4).AsSpan().SequenceEqual("PK\x03\x04"u8);

    private byte[] ReadAt(long offset, int count)
    {
        byte[] bytes = new byte[count];
        int filled = 0;
        while (filled < count)
        {
            int read = RandomAccess.Read(_file, bytes.AsSpan(filled), offset + filled);
            if (read == 0)
            {
                throw Contradiction(Words.Get("package.zip-length"));
            }

            filled += read;
        }

        return bytes;
    }

    private PackageException Contradiction(string what) => Refuse(Words.Get("package.contradiction", what));

    private PackageException Refuse(string why) => PackageSource.Refuse(_path, null, why);

    private static int Int16(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt16LittleEndian(bytes);

    private static uint Int32(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt32LittleEndian(bytes);

    /// <summary>A 64-bit value; one beyond any file becomes one that fails every comparison of places and sizes.</summary>
    private static long Int64(ReadOnlySpan<byte> bytes) => (long)Math.Min(BinaryPrimitives.ReadUInt64LittleEndian(bytes), long.MaxValue);

    private sealed record Record(int Flags, int Method, uint Crc, long CompressedLength, long Length, long LocalOffset, byte[] Name);
}
