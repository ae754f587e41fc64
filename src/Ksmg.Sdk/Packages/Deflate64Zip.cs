using System.IO.Compression;

namespace Ksmg.Sdk.Packages;

/// <summary>
/// A ZIP of one entry around compressed bytes that lie elsewhere: the framework inflates Deflate64 only behind a
/// <see cref="ZipArchive"/>, and that reads fewer forms of ZIP than we do.
/// </summary>
internal sealed class Deflate64Zip : PositionedStream
{
    private readonly byte[] _head;
    private readonly Stream _bytes;
    private readonly byte[] _tail;

    private Deflate64Zip(Stream bytes, long length)
    {
        _bytes = bytes;
        _head = Head();
        _tail = Tail(_head.Length + bytes.Length, bytes.Length, length);
    }

    public override long Length => _head.Length + _bytes.Length + _tail.Length;

    /// <summary>The inflated bytes.</summary>
    /// <param name="compressed">The bytes in the file, seekable.</param>
    /// <param name="length">How many they become.</param>
    public static Stream Inflate(Stream compressed, long length) =>
        new ZipArchive(new BufferedStream(new Deflate64Zip(compressed, length), PackageSource.BufferSize)).Entries[0].Open();

    protected override int ReadAt(long position, Span<byte> buffer)
    {
        long inTail = position - _head.Length - _bytes.Length;
        if (position < _head.Length)
        {
            return Copy(_head, position, buffer);
        }

        if (inTail >= 0)
        {
            return Copy(_tail, inTail, buffer);
        }

        _bytes.Position = position - _head.Length;
        return _bytes.Read(buffer);
    }

    private static int Copy(byte[] from, long at, Span<byte> to)
    {
        ReadOnlySpan<byte> rest = from.AsSpan((int)Math.Min(at, from.Length));
        rest = rest[..Math.Min(rest.Length, to.Length)];
        rest.CopyTo(to);
        return rest.Length;
    }

    private static byte[] Head() => Write(w =>
    {
        w.Write("PK\x03\x04"u8);
        w.Write((ushort)45);
        w.Write((ushort)0);
        w.Write((ushort)ZipLocation.Deflated64);
        w.Write(new byte[16]);
        w.Write((ushort)1);
        w.Write((ushort)0);
        w.Write((byte)'k');
    });

    /// <summary>The directory and its end, all of ZIP64, since nothing is lost by it.</summary>
    private static byte[] Tail(long start, long compressed, long length) => Write(w =>
    {
        w.Write("PK\x01\x02"u8);
        w.Write((ushort)45);
        w.Write((ushort)45);
        w.Write((ushort)0);
        w.Write((ushort)ZipLocation.Deflated64);
        w.Write(0L);
        w.Write(uint.MaxValue);
        w.Write(uint.MaxValue);
        w.Write((ushort)1);
        w.Write((ushort)20);
        w.Write(new byte[14]);
        w.Write((byte)'k');
        w.Write((ushort)1);
        w.Write((ushort)16);
        w.Write(length);
        w.Write(compressed);
        long size = w.BaseStream.Length;
        w.Write("PK\x06\x06"u8);
        w.Write(44L);
        w.Write((ushort)45);
        w.Write((ushort)45);
        w.Write(0L);
        w.Write(1L);
        w.Write(1L);
        w.Write(size);
        w.Write(start);
        w.Write("PK\x06\x07"u8);
        w.Write(0u);
        w.Write(start + size);
        w.Write(1u);
        w.Write("PK\x05\x06"u8);
        w.Write(0u);
        w.Write(uint.MaxValue);
        w.Write(uint.MaxValue);
        w.Write(uint.MaxValue);
        w.Write((ushort)0);
    });

    private static byte[] Write(Action<BinaryWriter> write)
    {
        using MemoryStream bytes = new();
        using BinaryWriter writer = new(bytes);
        write(writer);
        return bytes.ToArray();
    }
}
