using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Ksmg.Sdk.Packages;

/// <summary>
/// Reads one KTGZ once, in full buffers, and proves it on the way: no byte more or less than announced, CRC-32, SHA-256, and the
/// same file as before. The last bytes are handed out only when all of it holds, so nobody ever has a damaged file complete.
/// </summary>
internal sealed class PackageReader : Stream
{
    private readonly PackageSource source;
    private readonly SafeFileHandle file;
    private readonly Stream bytes;
    private readonly string? expectedSha256;
    private readonly IncrementalHash? hash;
    private long position;
    private uint crc;

    /// <summary>From an offset nothing can be hashed; the node's own SHA-256 proves the whole.</summary>
    public PackageReader(PackageSource source, SafeFileHandle file, Stream bytes, string? expectedSha256, long offset)
    {
        this.source = source;
        this.file = file;
        this.bytes = bytes;
        this.expectedSha256 = expectedSha256;
        position = offset;
        hash = offset == 0 ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null;
    }

    /// <summary>SHA-256 of the whole, hex, once the end was read.</summary>
    public string? Sha256 { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => source.Length;

    public override long Position
    {
        get => position;
        set => throw new NotSupportedException();
    }

    /// <summary>Fills the buffer unless the end comes first: an inflater hands out a few KB at a time.</summary>
    /// <exception cref="PackageException">The bytes are damaged, cannot be read, or are not those of before.</exception>
    public override int Read(Span<byte> buffer)
    {
        buffer = buffer[..(int)Math.Min(buffer.Length, source.Length - position)];
        int filled = 0;
        try
        {
            while (filled < buffer.Length)
            {
                int read = bytes.Read(buffer[filled..]);
                if (read == 0)
                {
                    throw source.Refuse($"is damaged: it ends after {position + filled} of {source.Length} bytes. Download it again.");
                }

                filled += read;
            }

            position += filled;
            if (hash is not null && filled > 0)
            {
                crc = source.Crc is null ? 0 : Crc32.Append(crc, buffer);
                hash.AppendData(buffer);
            }

            if (position == source.Length && filled > 0)
            {
                ProveEnd();
            }
        }
        catch (InvalidDataException e)
        {
            throw source.Refuse($"is damaged: the compressed data is broken after {position + filled} bytes. Download it again.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw source.Refuse($"cannot be read after {position + filled} bytes: {e.Message}", e);
        }

        return filled;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            bytes.Dispose();
            file.Dispose();
            hash?.Dispose();
        }

        base.Dispose(disposing);
    }

    private void ProveEnd()
    {
        if (bytes.ReadByte() >= 0)
        {
            throw source.Refuse($"is damaged: it holds more than the {source.Length} bytes announced. Download it again.");
        }

        source.CheckUnchanged(file);
        if (hash is null)
        {
            return;
        }

        if (source.Crc is uint expected && crc != expected)
        {
            throw source.Refuse($"is damaged: CRC-32 is {crc:x8}, the ZIP says {expected:x8}. Download it again.");
        }

        string sha256 = Convert.ToHexStringLower(hash.GetHashAndReset());
        if (expectedSha256 is not null && !string.Equals(sha256, expectedSha256, StringComparison.OrdinalIgnoreCase))
        {
            throw source.Refuse($"is no longer what was verified before: SHA-256 is {sha256}, it was {expectedSha256}. Start again.");
        }

        Sha256 = sha256;
    }
}
