using System.Runtime.InteropServices;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Ksmg.Sdk.Packages;

/// <summary>
/// Where the directory of a ZIP lies, told by the record at its end. What stands before the ZIP (a program that unpacks it) or behind it
/// (padding, a signature) is passed over, as other readers do.
/// </summary>
/// <param name="Offset">Where the directory begins in the file.</param>
/// <param name="Size">Its bytes.</param>
/// <param name="Count">How many entries it holds.</param>
/// <param name="Shift">How much further on everything is than the ZIP says.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ZipEnd(long Offset, long Size, long Count, long Shift)
{
    private static ReadOnlySpan<byte> Local => "PK\x03\x04"u8;

    private const int RecordSize = 22;
    private const int Record64Size = 56;
    private const int Locator64Size = 20;

    /// <summary>How far from the end, zeros not counted, the record is looked for; a comment alone can have 64 KB.</summary>
    private const int MaxTail = 16 << 20;

    private const int Step = RecordSize + ushort.MaxValue;

    /// <summary>Bytes that look like the record can stand in a comment or behind it.</summary>
    private const int MaxTries = 64;

    /// <exception cref="PackageException">There is none, or it contradicts the rest; then why, and what to do.</exception>
    public static ZipEnd Find(PackageBytes bytes)
    {
        string? fault = null;
        foreach (long at in Signatures(bytes).Take(MaxTries))
        {
            ZipEnd end = Read(bytes, at, out bool isSplit);
            bool isRecord = IsLast(bytes, at) || end.HasDirectory(bytes);
            string? why = isSplit ? Words.Get("package.volume") : end.Fault(bytes, isRecord);
            if (why is null)
            {
                return end;
            }

            fault ??= why;
            if (isRecord)
            {
                break;
            }
        }

        throw bytes.Refuse(NoZip.ByItsName(bytes) ?? NoZip.ByAnotherKind(bytes) ?? fault ?? NoZip.ByItsBytes(bytes));
    }

    private static IEnumerable<long> Signatures(PackageBytes bytes)
    {
        long last = Math.Min(bytes.Length, NoZip.DataEnd(bytes) + Step);
        for (long end = last; end > Math.Max(0, last - MaxTail); end -= Step)
        {
            // Three bytes more, for a signature that lies across.
            long start = Math.Max(0, end - Step);
            byte[] part = bytes.Read(start, (int)(end - start) + 3);
            int at = part.Length;
            while ((at = part.AsSpan(0, at).LastIndexOf("PK\x05\x06"u8)) >= 0)
            {
                if (bytes.Length - (start + at) >= RecordSize)
                {
                    yield return start + at;
                }
            }
        }
    }

    private static ZipEnd Read(PackageBytes bytes, long at, out bool isSplit)
    {
        ReadOnlySpan<byte> end = bytes.Read(at, RecordSize);
        long disk = ReadUInt16LittleEndian(end[4..]);
        long firstDisk = ReadUInt16LittleEndian(end[6..]);
        long here = ReadUInt16LittleEndian(end[8..]);
        long count = ReadUInt16LittleEndian(end[10..]);
        long size = ReadUInt32LittleEndian(end[12..]);
        long offset = ReadUInt32LittleEndian(end[16..]);
        long limit = at;
        if (Find64(bytes, at) is long at64)
        {
            // Only what did not fit stands there; some programs write it for one value of them.
            ReadOnlySpan<byte> end64 = bytes.Read(at64, Record64Size);
            disk = disk == ushort.MaxValue ? ReadUInt32LittleEndian(end64[16..]) : disk;
            firstDisk = firstDisk == ushort.MaxValue ? ReadUInt32LittleEndian(end64[20..]) : firstDisk;
            here = here == ushort.MaxValue ? Int64(end64[24..]) : here;
            count = count == ushort.MaxValue ? Int64(end64[32..]) : count;
            size = size == uint.MaxValue ? Int64(end64[40..]) : size;
            offset = offset == uint.MaxValue ? Int64(end64[48..]) : offset;
            limit = at64;
        }

        // The directory ends where its record begins; where it does not, the record's own word is taken.
        long place = limit - size;
        if (!IsDirectory(bytes, place) && IsDirectory(bytes, offset) && size <= limit - offset)
        {
            place = offset;
        }

        isSplit = disk != 0 || firstDisk != 0 || here != count;
        return new ZipEnd(place, size, count, Shift: place - offset);
    }

    private string? Fault(PackageBytes bytes, bool isRecord)
    {
        const long plausible = 1L << 40;
        return this switch
        {
            _ when !isRecord || Shift <= -plausible => Words.Get("package.contradiction", Words.Get("package.zip-place")),
            { Shift: < 0 } => Words.Get("package.bytes-missing", -Shift),
            { Shift: > 0 } when Shift % (1L << 32) == 0 => Words.Get("package.no-zip64"),
            { Shift: > 0 } when bytes.Has(0, Local) =>
                bytes.Has(FirstEntry(bytes), Local) ? Words.Get("package.two-zips") : Words.Get("package.bytes-added", Shift),
            _ => null,
        };
    }

    /// <summary>The ZIP64 record, right before its locator or where that says; <see langword="null"/> where there is none.</summary>
    private static long? Find64(PackageBytes bytes, long at)
    {
        byte[] locator = bytes.Read(at - Locator64Size, Locator64Size);
        if (locator.Length < Locator64Size || !locator.AsSpan().StartsWith("PK\x06\x07"u8))
        {
            return null;
        }

        foreach (long place in (long[])[at - Locator64Size - Record64Size, Int64(locator.AsSpan(8))])
        {
            if (place <= at - Locator64Size - Record64Size && bytes.Has(place, "PK\x06\x06"u8))
            {
                return place;
            }
        }

        return null;
    }

    private bool HasDirectory(PackageBytes bytes) => IsDirectory(bytes, Offset) || this is { Count: 0, Shift: 0 };

    /// <summary>Where the entry that the directory begins with should lie.</summary>
    private long FirstEntry(PackageBytes bytes) =>
        bytes.Read(Offset + 42, sizeof(uint)) is { Length: sizeof(uint) } place ? ReadUInt32LittleEndian(place) + Shift : Offset;

    /// <summary>The comment of a record reaches to where the file ends; that of bytes that only look like one does not.</summary>
    private static bool IsLast(PackageBytes bytes, long at) =>
        at + RecordSize + ReadUInt16LittleEndian(bytes.Read(at + RecordSize - sizeof(ushort), sizeof(ushort))) == bytes.Length;

    private static bool IsDirectory(PackageBytes bytes, long place) => bytes.Has(place, "PK\x01\x02"u8);

    /// <summary>A 64-bit value; one beyond any file becomes one that fails every comparison of places and sizes.</summary>
    internal static long Int64(ReadOnlySpan<byte> bytes) => (long)Math.Min(ReadUInt64LittleEndian(bytes), long.MaxValue);
}
