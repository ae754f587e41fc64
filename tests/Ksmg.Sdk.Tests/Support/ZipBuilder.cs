using System.IO.Compression;
using System.Text;
using Ksmg.Sdk.Packages;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>An entry as it is written: every field can be made to lie.</summary>
internal sealed class ZipBuilderEntry(string name, byte[] content)
{
    public byte[] Name { get; set; } = Encoding.UTF8.GetBytes(name);

    public byte[]? LocalName { get; set; }

    /// <summary>What the header before the bytes says otherwise than the directory.</summary>
    public ushort? LocalMethod { get; set; }

    public uint? LocalCrc { get; set; }

    public uint? LocalSizes { get; set; }

    /// <summary>A further field of the directory, with its head.</summary>
    public byte[] Extra { get; set; } = [];

    public byte[] Data { get; set; } = content;

    public ushort Method { get; set; }

    /// <summary>Bit 11: names are UTF-8.</summary>
    public ushort Flags { get; set; } = 1 << 11;

    public uint Crc { get; set; } = System.IO.Hashing.Crc32.HashToUInt32(content);

    public long Size { get; set; } = content.Length;

    public long? CompressedSize { get; set; }

    public long? Offset { get; set; }

    /// <summary>Sizes and CRC follow the data, as a writer does that cannot go back.</summary>
    public bool Descriptor { get; set; }

    public bool DescriptorSignature { get; set; } = true;

    /// <summary>Sizes stand in a ZIP64 extra field though they would fit.</summary>
    public bool Zip64 { get; set; }

    public uint Attributes { get; set; }

    public ushort Disk { get; set; }

    public ZipBuilderEntry Deflate()
    {
        using MemoryStream compressed = new();
        using (DeflateStream deflate = new(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            deflate.Write(Data);
        }

        Data = compressed.ToArray();
        Method = 8;
        return this;
    }

    /// <summary>Deflate64 in its simplest form: one final block that is stored.</summary>
    public ZipBuilderEntry Deflate64()
    {
        ushort length = checked((ushort)Data.Length);
        Data = [1, (byte)length, (byte)(length >> 8), (byte)~length, (byte)(~length >> 8), .. Data];
        Method = 9;
        return this;
    }
}

/// <summary>Writes ZIPs byte by byte, the good, the odd and the hostile.</summary>
internal sealed class ZipBuilder
{
    private readonly List<ZipBuilderEntry> entries = [];

    public byte[] Comment { get; set; } = [];

    public ushort Disk { get; set; }

    public int? Count { get; set; }

    public long? DirectoryOffset { get; set; }

    /// <summary>Writes the ZIP64 end records.</summary>
    public bool Zip64 { get; set; }

    /// <summary>Of these alone the old end record says that they did not fit; 'c', 's', 'o': count, size, offset. All, where nothing is said.</summary>
    public string Zip64For { get; set; } = "cso";

    /// <summary>What stands before the ZIP; its offsets know nothing of it unless <see cref="PrefixCounts"/>.</summary>
    public byte[] Prefix { get; set; } = [];

    public bool PrefixCounts { get; set; }

    /// <summary>What stands between the last entry and the directory, between the directory and its end record, and behind all.</summary>
    public byte[] BeforeDirectory { get; set; } = [];

    public byte[] BehindDirectory { get; set; } = [];

    public byte[] Trailer { get; set; } = [];

    public ZipBuilder Add(string name, byte[] content, Action<ZipBuilderEntry>? change = null)
    {
        ZipBuilderEntry entry = new(name, content);
        change?.Invoke(entry);
        entries.Add(entry);
        return this;
    }

    public byte[] Build()
    {
        MemoryStream bytes = new();
        BinaryWriter writer = new(bytes);
        writer.Write(Prefix);
        long origin = PrefixCounts ? 0 : Prefix.Length;
        List<long> offsets = [];
        foreach (ZipBuilderEntry entry in entries)
        {
            offsets.Add(bytes.Position - origin);
            WriteLocal(writer, entry);
        }

        writer.Write(BeforeDirectory);
        long directory = bytes.Position;
        for (int i = 0; i < entries.Count; i++)
        {
            WriteRecord(writer, entries[i], entries[i].Offset ?? offsets[i]);
        }

        long size = bytes.Position - directory;
        writer.Write(BehindDirectory);
        WriteEnd(writer, DirectoryOffset ?? directory - origin, size, bytes.Position - origin);
        writer.Write(Trailer);
        return bytes.ToArray();
    }

    private static void WriteLocal(BinaryWriter writer, ZipBuilderEntry entry)
    {
        long compressed = entry.CompressedSize ?? entry.Data.Length;
        byte[] name = entry.LocalName ?? entry.Name;
        writer.Write(0x04034b50u);
        writer.Write((ushort)20);
        writer.Write((ushort)(entry.Flags | (entry.Descriptor ? 8 : 0)));
        writer.Write(entry.LocalMethod ?? entry.Method);
        writer.Write(0u);
        writer.Write(entry.LocalCrc ?? (entry.Descriptor ? 0 : entry.Crc));
        writer.Write(entry.LocalSizes ?? (entry.Descriptor ? 0 : entry.Zip64 ? uint.MaxValue : (uint)compressed));
        writer.Write(entry.LocalSizes ?? (entry.Descriptor ? 0 : entry.Zip64 ? uint.MaxValue : (uint)entry.Size));
        writer.Write((ushort)name.Length);
        writer.Write((ushort)(entry.Zip64 ? 20 : 0));
        writer.Write(name);
        if (entry.Zip64)
        {
            writer.Write((ushort)1);
            writer.Write((ushort)16);
            writer.Write(entry.Size);
            writer.Write(compressed);
        }

        writer.Write(entry.Data);
        if (entry.Descriptor)
        {
            writer.Write(entry.DescriptorSignature ? "PK\x07\x08"u8 : []);
            writer.Write(entry.Crc);
            writer.Write((uint)compressed);
            writer.Write((uint)entry.Size);
        }
    }

    private static void WriteRecord(BinaryWriter writer, ZipBuilderEntry entry, long offset)
    {
        long compressed = entry.CompressedSize ?? entry.Data.Length;
        writer.Write(0x02014b50u);
        writer.Write((ushort)((3 << 8) | 45));
        writer.Write((ushort)45);
        writer.Write((ushort)(entry.Flags | (entry.Descriptor ? 8 : 0)));
        writer.Write(entry.Method);
        writer.Write(0u);
        writer.Write(entry.Crc);
        writer.Write(entry.Zip64 ? uint.MaxValue : (uint)compressed);
        writer.Write(entry.Zip64 ? uint.MaxValue : (uint)entry.Size);
        writer.Write((ushort)entry.Name.Length);
        writer.Write((ushort)((entry.Zip64 ? 28 : 0) + entry.Extra.Length));
        writer.Write((ushort)0);
        writer.Write(entry.Disk);
        writer.Write((ushort)0);
        writer.Write(entry.Attributes);
        writer.Write(entry.Zip64 ? uint.MaxValue : (uint)offset);
        writer.Write(entry.Name);
        if (entry.Zip64)
        {
            writer.Write((ushort)1);
            writer.Write((ushort)24);
            writer.Write(entry.Size);
            writer.Write(compressed);
            writer.Write(offset);
        }

        writer.Write(entry.Extra);
    }

    private void WriteEnd(BinaryWriter writer, long directory, long size, long position)
    {
        int count = Count ?? entries.Count;
        if (Zip64)
        {
            writer.Write(0x06064b50u);
            writer.Write(44L);
            writer.Write((ushort)45);
            writer.Write((ushort)45);
            writer.Write((uint)Disk);
            writer.Write(0u);
            writer.Write((long)count);
            writer.Write((long)count);
            writer.Write(size);
            writer.Write(directory);
            writer.Write(0x07064b50u);
            writer.Write(0u);
            writer.Write(position);
            writer.Write(1u);
        }

        writer.Write(0x06054b50u);
        writer.Write(Disk);
        writer.Write((ushort)0);
        writer.Write(DidNotFit('c') ? ushort.MaxValue : (ushort)count);
        writer.Write(DidNotFit('c') ? ushort.MaxValue : (ushort)count);
        writer.Write(DidNotFit('s') ? uint.MaxValue : (uint)size);
        writer.Write(DidNotFit('o') ? uint.MaxValue : (uint)directory);
        writer.Write((ushort)Comment.Length);
        writer.Write(Comment);
    }

    private bool DidNotFit(char what) => Zip64 && Zip64For.Contains(what);
}
